"""A PostgreSQL server of ours, seen from its data directory: is it running, where does it answer, which process is it.

Only files and sockets are read here, so the everyday case (the server runs already) imports nothing and starts nothing.
Format of `postmaster.pid`: https://github.com/postgres/postgres/blob/master/src/include/utils/pidfile.h
"""

import contextlib
import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import UnavailableError

PID_FILE = "postmaster.pid"
LOG = "server.log"

_LINES = 8
_CONNECT_TIMEOUT = 2.0
_POLL = 0.01
_NO_PROCESS = 2**31 - 1  # higher than any system's limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """What `postmaster.pid` says.

    Attributes:
        pid: the postmaster's process id.
        directory: the data directory as the server knows it.
        port: the number in the name of its socket.
        sockets: the folder of its socket.
        ready: it said that it accepts connections.
    """

    pid: int
    directory: str
    port: int
    sockets: str
    ready: bool


def read(directory: Path) -> Postmaster | None:
    """What the pid file says; None when there is none or it is not written to its end.

    Raises `UnavailableError` when the data directory is another user's.
    """
    try:
        lines = (directory / PID_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
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
        ready=padded[7].strip() == "ready",
    )


def foreign(directory: Path) -> UnavailableError:
    """The data directory belongs to somebody else."""
    return UnavailableError(
        f"the data directory `{directory}` belongs to another user of this machine",
        code="embedded-permission",
        hint="run the command as the user who first ran it here, or move the directory away",
    )


def answering(directory: Path) -> Postmaster | None:
    """The server of this data directory if it accepts connections; at most two seconds, usually under a millisecond."""
    found = read(directory)
    if found is None or not found.ready or found.directory != str(directory.resolve()):
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_TIMEOUT)
        try:
            probe.connect(f"{found.sockets}/.s.PGSQL.{found.port}")
        except OSError:
            return None
    return found


def holds(pid: int, directory: Path) -> bool:
    """The process lives and, as far as can be seen, is this directory's server and not a later owner of its id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        # a postmaster's current folder is its data directory, also after the directory was renamed
        return Path(f"/proc/{pid}/cwd").readlink() == directory.resolve()
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
            pid, newline, rest = file.read_text(encoding="utf-8").partition("\n")
            if pid.strip().isdigit() and not holds(int(pid), directory):
                file.write_text(f"{_NO_PROCESS}{newline}{rest}", encoding="utf-8")
        except FileNotFoundError:
            continue


def stop(directory: Path, patience: float) -> int | None:
    """End the server of this data directory, its clients' transactions rolled back; its pid, None when none ran.

    Waits at most `patience` seconds. Raises `UnavailableError` when it is another user's or does not end.
    """
    found = read(directory)
    if found is None or not holds(found.pid, directory):
        return None
    try:
        os.kill(found.pid, signal.SIGINT)
    except PermissionError:
        raise foreign(directory) from None
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if read(directory) is None or not holds(found.pid, directory):
            if found.sockets != str(directory.resolve()):
                with contextlib.suppress(OSError):
                    Path(found.sockets).rmdir()  # made for the socket because of the length of the directory's path
            return found.pid
        time.sleep(_POLL)
    raise UnavailableError(
        f"the PostgreSQL server with pid {found.pid} does not stop",
        code="embedded-stuck",
        hint=f"its log is `{directory / LOG}`",
    )
