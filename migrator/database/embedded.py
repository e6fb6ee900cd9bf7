"""`embedded:` addresses: a real PostgreSQL in a folder of the project, started when needed and left running.

The server listens on a unix socket alone, inside a folder that only its user can enter; so it asks for no password.
"""

import asyncio
import time
from pathlib import Path
from typing import Literal

from migrator.database import postmaster
from migrator.database.launch import Launch
from migrator.database.postmaster import LOG, Postmaster
from migrator.database.supabase import marks
from migrator.database.target import Host, Target
from migrator.errors import UnavailableError
from migrator.events import Emit, ignore
from migrator.events.database import ServerResult, ServerStarted

USER = "postgres"
DATABASE = "postgres"


async def start(launch: Launch, emit: Emit = ignore) -> ServerResult:
    """Make sure that the server of a data directory runs, making the directory first where there is none.

    Several processes may do so at once: one starts it, the others wait for that. Emits `ServerStarted` when this call
    started it. Raises `InputError` when the extra is missing, `StateError` when the directory was made for Supabase and
    is not wanted so, or the other way round, and `UnavailableError` when the server cannot be started.
    """
    directory = launch.directory
    found = postmaster.answering(directory)
    if found is not None:
        marks.refuse_other(directory, supabase=launch.supabase)
        return _result("start", directory, found)
    began = time.monotonic()
    # late: it imports what only a start needs
    from migrator.database import cluster

    found, created, told = await asyncio.to_thread(cluster.launch, launch, USER)
    for notice in told:
        emit(notice)
    if created is None:
        return _result("start", directory, found)
    emit(ServerStarted(kind="embedded", where=str(directory), duration=time.monotonic() - began, created=created))
    return _result("start", directory, found, changed=True)


async def stop(directory: Path, patience: float = 30.0) -> ServerResult:
    """End the server of this data directory; open transactions are rolled back. Waits at most `patience` seconds."""
    pid = await asyncio.to_thread(postmaster.stop, directory, patience)
    return ServerResult(action="stop", running=False, directory=str(directory), pid=pid, changed=pid is not None)


def status(directory: Path) -> ServerResult:
    """Whether the server of this data directory runs. Starts nothing, writes nothing."""
    return _result("status", directory, postmaster.answering(directory))


def url(directory: Path) -> ServerResult:
    """The server's address for psql and applications, while it runs. Starts nothing, writes nothing."""
    return _result("url", directory, postmaster.answering(directory))


async def target(launch: Launch, origin: str, emit: Emit = ignore) -> Target:
    """The server of a data directory as a target, started if need be; raises as `start` does."""
    directory = launch.directory
    found = postmaster.answering(directory)
    if found is not None:
        marks.refuse_other(directory, supabase=launch.supabase)
    else:
        await start(launch, emit)
        found = postmaster.answering(directory)
    if found is None:
        raise UnavailableError(
            f"the PostgreSQL server in `{directory}` ended right after its start",
            code="embedded-start",
            hint=f"its log is `{directory / LOG}`",
        )
    return _target(found, origin)


def running(directory: Path, origin: str) -> Target | None:
    """The server of this data directory as a target; None while it does not run. Starts nothing."""
    found = postmaster.answering(directory)
    return None if found is None else _target(found, origin)


def _target(found: Postmaster, origin: str) -> Target:
    host = Host(name=found.sockets, port=found.port)
    return Target(hosts=(host,), user=USER, database=DATABASE, origin=origin, kind="embedded")


def _result(
    action: Literal["start", "status", "url"], directory: Path, found: Postmaster | None, *, changed: bool = False
) -> ServerResult:
    return ServerResult(
        action=action,
        running=found is not None,
        directory=str(directory),
        url=str(_target(found, "")) if found else None,
        pid=found.pid if found else None,
        changed=changed,
    )
