"""Scratch databases: an empty database in which a command may do what it likes, gone when the command ends.

What `--scratch` names: `embedded:` and `docker:IMAGE`, a server for the command alone; `create`, a new database on the
server of the configured one; or the address of an empty database, which alone keeps what is made in it.
"""

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from migrator.config import Address, Config
from migrator.database.address import launch
from migrator.database.address.dsn import parse
from migrator.database.address.own_servers import DOCKER, EMBEDDED
from migrator.database.address.target import Target
from migrator.database.beside import database_beside
from migrator.database.connect import connect, describe
from migrator.database.given import configured, given_database, shares_server
from migrator.database.launching.docker import container
from migrator.database.launching.servers import holding
from migrator.database.launching.temporary import Temporary
from migrator.database.launching.uninterrupted import to_its_end
from migrator.database.sessions.opening import open_session
from migrator.database.sessions.session import Session
from migrator.database.supabase import prelude
from migrator.errors import InputError
from migrator.events import Emit
from migrator.events.database import DatabaseInfo, Told
from migrator.sql.names import literal, quote

CREATE = "create"
DEFAULT = Address(EMBEDDED, "the default of `--scratch`")
LOGIN = "postgres"

Kind = Literal["embedded", "docker", "create", "address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """An empty database.

    Attributes:
        config: the configuration with this database instead of the configured one.
        database: which it is, in a form that is the same in the next run.
        kind: what it is made by.
        superuser: who may make roles there; None where the server is somebody else's.
    """

    config: Config
    database: DatabaseInfo
    kind: Kind
    superuser: Target | None

    @property
    def again(self) -> bool:
        """Another one can be had, as empty."""
        return self.kind != "address"

    async def make_roles(self, names: Sequence[str], *, powerful: bool = False) -> None:
        """Make roles that nobody can log in as, unless they exist; `powerful`: as superusers. Writes.

        Nothing is made on a server that is not the command's alone.
        """
        if self.superuser is None or not names:
            return
        rights = "superuser" if powerful else "nologin"
        session = await open_session(self.superuser)
        try:
            for name in names:
                found = await session.read(
                    f"select to_jsonb(1) from pg_catalog.pg_roles where rolname = {literal(name)}"
                )
                if not found:
                    await session.run(f"create role {quote(name)} {rights}")
        finally:
            await session.close()


@asynccontextmanager
async def scratch(
    config: Config,
    *,
    supabase: bool,
    login: str = LOGIN,
    database: str | None = None,
    roles: Sequence[str] = (),
    emit: Emit,
    live: Session | None = None,
) -> AsyncIterator[Scratch]:
    """An empty database where `config.scratch` says, for the block; a temporary server of ours where it says nothing.

    Args:
        config: names the scratch database, and the configured one, which is used for `create` alone.
        supabase: it is to hold what a Supabase project expects.
        login: who logs in to a temporary server.
        database: the name of the database, where the server is the command's alone.
        roles: roles that are to exist there.
        emit: hears what happens.
        live: the database that it must not be, where it is connected to.

    Raises `InputError` for an address that cannot be read or is that of the configured database or of one that is
    not empty, `UnavailableError` where no server can be had.
    """
    address = config.scratch or DEFAULT
    text = address.text.strip()
    if text.startswith(EMBEDDED):
        made = _embedded(config, address, supabase=supabase, login=login)
    elif text.startswith(DOCKER):
        made = _container(config, address, supabase=supabase, emit=emit)
    elif text == CREATE:
        made = _beside(config, emit)
    else:
        made = _given(config, address, emit, live)
    async with made as (kind, shown, given, superuser):
        target = given
        if superuser is not None and database not in {None, target.database} and not supabase:
            target = await _called(str(database), target, superuser)
        held = Address(f"scratch:{secrets.token_hex(8)}", address.origin)
        inside = replace(config, database=held, scratch=None, supabase=supabase)
        with holding(held, target):
            async with connect(inside) as session:
                found = describe(session)
            info = replace(found, address=shown, origin=address.origin, supabase=supabase)
            place = Scratch(config=inside, database=info, kind=kind, superuser=superuser)
            # as whom files run must be able to do there whatever it was given the right to elsewhere
            await place.make_roles([] if config.role is None else [config.role], powerful=True)
            await place.make_roles([*config.readers, *roles])
            yield place


async def _called(name: str, target: Target, superuser: Target) -> Target:
    """Another database on a server of ours, by this name."""
    session = await open_session(superuser)
    try:
        await session.run(f"create database {quote(name)} owner {quote(target.user)} template template0")
    finally:
        await session.close()
    return replace(target, database=name)


def on_live_server(config: Config, live: Target | None = None) -> bool:
    """The scratch database is on the server of the configured one, or of `live`: what is the server's is shared.

    Starts nothing. Raises `InputError` for a scratch address that cannot be read.
    """
    if config.scratch is None or config.scratch.text.strip().startswith((EMBEDDED, DOCKER)):
        return False
    if config.scratch.text.strip() == CREATE:
        return True
    return shares_server(parse(config.scratch, config.environ), live or configured(config))


_Made = tuple[Kind, str, Target, Target | None]


@asynccontextmanager
async def _embedded(config: Config, address: Address, *, supabase: bool, login: str) -> AsyncIterator[_Made]:
    wanted = launch.read(config, address)
    folder, _, _ = address.text.strip().removeprefix(EMBEDDED).partition("?")
    if folder or wanted.port is not None:
        raise InputError(
            f"the scratch address from {address.origin} names a {'folder' if folder else 'port'}, and a scratch server "
            "has its data and its socket among the temporary files",
            code="address-value",
            hint="write `embedded:`, or `embedded:?bin=/usr/lib/postgresql/17/bin` for another version",
        )
    server = Temporary(
        wanted.programs,
        login=prelude.DATABASE if supabase else login,
        supabase=supabase,
        automatic_grants=config.automatic_grants,
    )
    try:
        with _another_way():
            await to_its_end(server.begin)
        target = server.target(address.origin)
        yield "embedded", address.text.strip(), target, server.target(address.origin, superuser=True)
    finally:
        await to_its_end(server.end)


@contextmanager
def _another_way() -> Iterator[None]:
    """What cannot be had may be had elsewhere."""
    try:
        yield
    except InputError as error:
        if error.code == "extra-missing":
            error.hint = f"{error.hint}, or name another server: `--scratch docker:postgres:17`, or an empty database"
        raise


@asynccontextmanager
async def _container(config: Config, address: Address, *, supabase: bool, emit: Emit) -> AsyncIterator[_Made]:
    image = address.text.strip().removeprefix(DOCKER)
    async with container(
        image, address.origin, emit, supabase=supabase, automatic_grants=config.automatic_grants
    ) as target:
        superuser = replace(target, user=prelude.ADMIN) if supabase else target
        yield "docker", address.text.strip(), target, superuser


@asynccontextmanager
async def _beside(config: Config, emit: Emit) -> AsyncIterator[_Made]:
    async with database_beside(config, emit) as target:
        message = f"the database `{target.database}` was made beside the configured one, and is dropped at the end"
        emit(Told(code="scratch-created", message=message))
        yield "create", CREATE, target, None


@asynccontextmanager
async def _given(config: Config, address: Address, emit: Emit, live: Session | None) -> AsyncIterator[_Made]:
    async with given_database(config, address, emit, live) as target:
        yield "address", str(target), target, None
