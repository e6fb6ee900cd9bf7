"""`docker:IMAGE` addresses: a PostgreSQL in a container that lives as long as one command, through testcontainers."""

import asyncio
import contextlib
import secrets
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from migrator.database.address.target import Host, Secret, Target, Tls
from migrator.database.launching.uninterrupted import to_its_end
from migrator.database.supabase import containers, prelude
from migrator.errors import InputError, UnavailableError
from migrator.events import Emit, ignore
from migrator.events.server import ServerStarted

INSTALL = "pip install 'migrator[docker]'"

USER = "postgres"
DATABASE = "postgres"
PORT = 5432
_PATIENCE = 5


@asynccontextmanager
async def container(
    image: str, origin: str, emit: Emit = ignore, *, supabase: bool | None = None, automatic_grants: bool = False
) -> AsyncIterator[Target]:
    """A fresh server of an image, removed with its data at the end of the block.

    `supabase`: with what a Supabase project expects, and `automatic_grants` as before 2026-10-30; None goes by the
    image's name.
    Raises `InputError` when no image is named or the extra is not installed, `UnavailableError` when no Docker engine
    answers or the image does not start.
    """
    image = image.strip()
    if not image:
        raise InputError(
            f"the address from {origin} names no image", code="docker-image", hint="write `docker:postgres:17`"
        )
    began = time.monotonic()
    password = secrets.token_urlsafe(16)
    for_supabase = containers.is_own_image(image) if supabase is None else supabase
    superuser = prelude.ADMIN if for_supabase else USER
    running = await to_its_end(lambda: _start(image, password, superuser), undo=lambda made: made.stop())
    try:
        if for_supabase:
            await asyncio.to_thread(containers.settle, running, image, password, automatic_grants=automatic_grants)
        host = Host(name=running.get_container_host_ip(), port=int(running.get_exposed_port(PORT)))
        emit(ServerStarted(kind="docker", where=image, duration=time.monotonic() - began, created=True))
        yield Target(
            hosts=(host,),
            user=USER,
            database=DATABASE,
            password=Secret(password),
            tls=Tls(mode="disable"),
            origin=origin,
            kind="docker",
        )
    finally:
        await asyncio.to_thread(running.stop)


def answers() -> bool:
    """A Docker engine answers, and the extra for it is installed. Starts nothing; a few seconds at most."""
    try:
        with warnings.catch_warnings():
            # docker-py leaves its socket open where nobody answers
            warnings.simplefilter("ignore")
            import docker  # type: ignore[import-untyped]
            import testcontainers.postgres  # noqa: F401
            from docker.errors import DockerException  # type: ignore[import-untyped]

            try:
                with contextlib.closing(docker.from_env(timeout=_PATIENCE)) as client:
                    return bool(client.ping())
            except (DockerException, OSError):
                return False
    except ImportError:
        return False


def _start(image: str, password: str, superuser: str) -> Any:
    try:
        with warnings.catch_warnings():
            # testcontainers warns about its own old names when it is imported
            warnings.simplefilter("ignore")
            from docker.errors import DockerException
            from testcontainers.postgres import PostgresContainer
    except ImportError:
        raise InputError(
            "`docker:` needs an extra that is not installed", code="extra-missing", hint=f"run `{INSTALL}`"
        ) from None
    made: Any = None
    try:
        made = PostgresContainer(image, port=PORT, username=superuser, password=password, dbname=DATABASE, driver=None)
        return made.start()
    except (DockerException, OSError, RuntimeError) as error:  # a wait that times out is an OSError, too
        if made is not None:
            _discard(made, DockerException)
        text = str(error).replace(password, "***")
        raise UnavailableError(
            f"no container of `{image}` could be started",
            code="docker-unavailable",
            detail=text.splitlines()[0] if text else type(error).__name__,
            hint="is the Docker engine running, and is the image's name right? `docker run` tells more",
        ) from None


def _discard(made: Any, docker_error: type[Exception]) -> None:
    """Remove a container that did not become ready; one that does not exist is no concern."""
    try:
        made.stop()
    except (docker_error, OSError, RuntimeError, AttributeError):
        return
