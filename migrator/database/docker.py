"""`docker:IMAGE` addresses: a PostgreSQL in a container that lives as long as one command, through testcontainers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from migrator.database.target import Host, Secret, Target
from migrator.errors import InputError, UnavailableError
from migrator.events import Emit, ignore
from migrator.events.database import ServerStarted

INSTALL = "pip install 'migrator[docker]'"

USER = "postgres"
DATABASE = "postgres"
PORT = 5432


@asynccontextmanager
async def container(image: str, origin: str, emit: Emit = ignore) -> AsyncIterator[Target]:
    """A fresh server of an image, removed with its data at the end of the block.

    Raises `InputError` when no image is named or the extra is not installed, `UnavailableError` when no Docker engine
    answers or the image does not start.
    """
    if not image.strip():
        raise InputError(
            f"the address from {origin} names no image", code="docker-image", hint="write `docker:postgres:17`"
        )
    began = time.monotonic()
    running = await asyncio.to_thread(_start, image.strip())
    try:
        host = Host(name=running.get_container_host_ip(), port=int(running.get_exposed_port(PORT)))
        emit(ServerStarted(kind="docker", where=image, duration=time.monotonic() - began, created=True))
        yield Target(
            hosts=(host,),
            user=USER,
            database=DATABASE,
            password=Secret(running.password),
            origin=origin,
            kind="docker",
        )
    finally:
        await asyncio.to_thread(running.stop)


def _start(image: str) -> Any:
    try:
        from docker.errors import DockerException  # type: ignore[import-untyped]
        from testcontainers.postgres import PostgresContainer
    except ImportError:
        raise InputError(
            "`docker:` needs an extra that is not installed", code="extra-missing", hint=f"run `{INSTALL}`"
        ) from None
    try:
        made = PostgresContainer(image, port=PORT, username=USER, dbname=DATABASE, driver=None)
        return made.start()
    except DockerException as error:
        raise UnavailableError(
            f"no container of `{image}` could be started",
            code="docker-unavailable",
            detail=str(error).splitlines()[0] if str(error) else type(error).__name__,
            hint="is the Docker engine running, and is the image's name right? `docker run` tells more",
        ) from None
