"""A PostgreSQL server of ours, seen from its data directory: is it running, where does it answer, which process is it.

Only files and sockets are read here, so the everyday case (the server runs already) imports nothing and starts nothing.
Format of `postmaster.pid`: https://github.com/postgres/postgres/blob/master/src/include/utils/pidfile.h
"""

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import UnavailableError

PID_FILE = "postmaster.pid"
ORIGIN = "origin"
"""The file beside data that is kept elsewhere, which says for whom."""

OPTIONS_FILE = "postmaster.opts"
LOG = "server.log"

_LINES = 8
_PROGRAM = "postgres"
_CONNECT_TIMEOUT = 2.0
_NO_PROCESS = 2**31 - 1  # higher than any system's limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """What `postmaster.pid` says.

    Attributes:
        pid: the postmaster's process id.
        directory: the data directory as the server knows it.
        port: the number in the name of its socket, and the port that it listens on.
        sockets: the folder of its socket.
        host: the address that it listens on beside the socket; empty where it does not.
        ready: it said that it accepts connections.
    """

    pid: int
    directory: str
    port: int
    sockets: str
    host: str
    ready: bool


def is_data(directory: Path) -> bool:
    """The folder is a data directory of PostgreSQL. Raises `UnavailableError` when it is another user's."""
    try:
        return (directory / "PG_VERSION").exists()
    except PermissionError:
        raise foreign(directory) from None


def borrowed(directory: Path) -> bool:
    """The data is kept elsewhere, for another project folder, which still has it: this one is its copy."""
    try:
        place = directory.readlink()
        origin = Path(os.fsdecode((place.parent / ORIGIN).read_bytes()))
        return origin != here(directory) and origin.readlink() == place
    except OSError:
        return False


def here(directory: Path) -> Path:
    """The data directory's own place, also where its data is kept elsewhere."""
    return directory.parent.resolve() / directory.name


def read(directory: Path) -> Postmaster | None:
    """What the pid file says; None when there is none or it is not written to its end.

    Raises `UnavailableError` when the data directory is another user's.
    """
    try:
        lines = os.fsdecode((directory / PID_FILE).read_bytes()).split("\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise foreign(directory) from None
    if not lines or not lines[0].strip().isdigit():
        return None
    padded = lines + [""] * _LINES
    return Postmaster(
        pid=int(lines[0]),
        directory=padded[1],
        port=int(padded[3]) if padded[3].strip().isdigit() else 0,
        sockets=padded[4],
        host=padded[5].strip(),
        ready=padded[7].strip() == "ready",
    )


def foreign(directory: Path) -> UnavailableError:
    """The data directory belongs to somebody else."""
    return UnavailableError(
        f"the data directory `{directory}` belongs to another user of this machine",
        code="embedded-permission",
        hint="run the command as the user who first ran it here, or move the directory away",
    )


def shared(directory: Path) -> UnavailableError:
    """Somebody answers at the data directory's own socket, and is no process that can be seen from here."""
    return UnavailableError(
        f"a PostgreSQL server that is no process here works in `{directory}`",
        code="embedded-shared",
        outcome="it was neither stopped nor was one started beside it",
        hint="another container shares the folder: stop the server there, or name another folder",
    )


def answering(directory: Path) -> Postmaster | None:
    """The server of this data directory if it accepts connections; at most two seconds, usually under a millisecond."""
    found = read(directory)
    if found is None or not found.ready or found.directory != str(directory.resolve()):
        return None
    return found if accepts(found.sockets, found.port) else None


def accepts(folder: str, port: int) -> bool:
    """Somebody accepts connections at the socket in this folder; at most two seconds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_TIMEOUT)
        try:
            probe.connect(f"{folder}/.s.PGSQL.{port}")
        except OSError:
            return False
    return True


def started_with(directory: Path) -> tuple[Path | None, int | None]:
    """The program that was last started on the data directory, and the port that it was told; None where unknown."""
    try:
        words = os.fsdecode((directory / OPTIONS_FILE).read_bytes())
    except OSError:
        return None, None
    port = re.search(r'"port=(\d+)"', words)
    program = words.partition(' "')[0].strip()
    return (Path(program) if program else None), (int(port[1]) if port else None)


def orphans(directory: Path) -> tuple[int, ...]:
    """Processes of PostgreSQL that work in the data directory, as far as the system shows them.

    Where its server does not run, they outlive one that was killed.
    """
    real = directory.resolve()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == real and (process / "exe").readlink().name.startswith(_PROGRAM):
                found.append(int(process.name))
        except OSError:
            continue
    return tuple(sorted(found))


def holds(pid: int, directory: Path) -> bool:
    """The process lives and, as far as can be seen, is this directory's server and not a later owner of its id."""
    owner = directory.stat().st_uid
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        if owner == os.geteuid():
            return False  # another user's process; PostgreSQL runs as the owner of its data alone
    process = Path(f"/proc/{pid}")
    try:
        if process.stat().st_uid != owner:
            return False
        # a postmaster's current folder is its data directory, also after the directory was renamed
        works_there = (process / "cwd").readlink() == directory.resolve()
        return works_there and (process / "exe").readlink().name.startswith(_PROGRAM)
    except FileNotFoundError:
        return not Path("/proc/self").exists()  # where there is a /proc, a process without a folder has ended
    except OSError:
        return True


def disown(directory: Path, sockets: Path) -> None:
    """Make lock files that name a process which is not this server name none, so that the server can start.

    PostgreSQL takes any living process of its own account with that id for the server, be it a later one or one that
    was killed and that nobody has reaped. The rest of the files stays: by it PostgreSQL finds backends of a killed
    server that still run, and does not start beside them.
    """
    for file in (directory / PID_FILE, *sockets.glob(".s.PGSQL.*.lock")):
        try:
            pid, newline, rest = os.fsdecode(file.read_bytes()).partition("\n")
            if pid.strip().isdigit() and not holds(int(pid), directory):
                file.write_bytes(os.fsencode(f"{_NO_PROCESS}{newline}{rest}"))
        except FileNotFoundError:
            continue
