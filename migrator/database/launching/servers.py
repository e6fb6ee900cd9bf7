"""From a configured address to a target that can be connected to: a DSN as it is, a server of ours once it runs."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from migrator.config import Address, Config
from migrator.database.address.dsn import parse
from migrator.database.address.own_servers import DOCKER, EMBEDDED
from migrator.database.address.target import Target
from migrator.errors import InputError
from migrator.events import Emit, ignore
from migrator.events.database import Told

# addresses that other tools leave in the environment and that we do not take without being told to
_KNOWN_VARIABLES = ("SUPABASE_DB_URL", "POSTGRES_URL_NON_POOLING")


_held: ContextVar[Mapping[Address, Target]] = ContextVar("held", default=MappingProxyType({}))
"""The servers that the command has for its own time, which all of its parts connect to."""


@contextmanager
def holding(address: Address, target: Target) -> Iterator[None]:
    """Let this address mean this target within the block."""
    token = _held.set({**_held.get(), address: target})
    try:
        yield
    finally:
        _held.reset(token)


@asynccontextmanager
async def one_server(config: Config, emit: Emit = ignore) -> AsyncIterator[None]:
    """For a command that connects several times: a `docker:` address is one container for all of the block.

    Starts nothing for other addresses. Raises as `locate` does.
    """
    if config.database is None or not config.database.text.strip().startswith(DOCKER):
        yield
        return
    async with locate(config, emit) as target:
        with holding(config.database, target):
            yield


@asynccontextmanager
async def locate(config: Config, emit: Emit = ignore) -> AsyncIterator[Target]:
    """The target that the configuration names; emits what the user should hear about it.

    An `embedded:` server is started when it does not run, and left running; a `docker:` one lives as long as the block.
    Raises `InputError` when no address was given or it cannot be read, `UnavailableError` when a server does not start.
    """
    address = config.database
    if address is None:
        raise no_address(config)
    held = _held.get().get(address)
    if held is not None:
        yield held
        return
    text = address.text.strip()
    # late, each of them: most addresses are those of servers that others run
    if text.startswith(EMBEDDED):
        from migrator.database.address import launch
        from migrator.database.launching import embedded

        yield await embedded.target(launch.read(config, address), address.origin, emit)
        return
    if text.startswith(DOCKER):
        from migrator.database.launching.docker import container

        image = text.removeprefix(DOCKER)
        grants = config.automatic_grants
        async with container(image, address.origin, emit, supabase=config.supabase, automatic_grants=grants) as target:
            yield target
        return
    target = parse(address, config.environ)
    for name, where in target.origins:
        emit(Told(code="setting", message=f"`{name}` of the address is from {where}", verbose=True))
    for notice in target.told:
        emit(notice)
    yield target


def standing(config: Config) -> Target | None:
    """The target that the configuration names, without starting anything for it.

    None where it names none, an embedded server that does not run, or a container. Raises `InputError` for an address
    that cannot be read.
    """
    address = config.database
    if address is None or address.text.strip().startswith(DOCKER):
        return None
    if address.text.strip().startswith(EMBEDDED):
        from migrator.database.launching import embedded, project_server

        return embedded.running(project_server.directory(config), address.origin)
    return parse(address, config.environ)


def no_address(config: Config) -> InputError:
    """Nothing named a database: what to do, going by what the environment holds."""
    for name in _KNOWN_VARIABLES:
        if config.environ.get(name):
            return InputError(
                "no database address",
                code="no-address",
                # it may stand in `.env`, which no shell reads
                hint=f'`{name}` is set: write `database = "${{{name}}}"` in the configuration, or set DATABASE_URL to '
                "its value",
            )
    return InputError(
        "no database address",
        code="no-address",
        hint='give `--database ADDRESS`, set DATABASE_URL, or write `database = "..."` in migrator.toml, or '
        "under `[tool.migrator]` in pyproject.toml; `embedded:` is a PostgreSQL that needs no server",
    )
