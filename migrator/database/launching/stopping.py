"""The end of a server of ours: in order, at once where that takes too long; and of what a killed one left behind."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from migrator.database.postgres.postmaster import LOG, Postmaster, accepts, foreign, holds, orphans, read, shared
from migrator.errors import UnavailableError

_POLL = 0.01
_PATIENCE_AT_ONCE = 15.0  # a postmaster kills after 5 s what has not ended by then


def stop(directory: Path, patience: float) -> tuple[int | None, bool]:
    """End the server of this data directory, its clients' transactions rolled back.

    Gives its pid, None when none ran, and whether it ended in order: one that has not after `patience` seconds is ended
    at once, and recovers when it starts again. Backends that outlive a killed server are ended, too. Raises
    `UnavailableError` when it is another user's or another container's, or does not end.
    """
    found = read(directory)
    if found is None or not holds(found.pid, directory):
        if found is not None and accepts(str(directory.resolve()), found.port):
            raise shared(directory)
        left = orphans(directory)
        _signal(left, signal.SIGQUIT, directory)
        if not _until(lambda: not orphans(directory), patience):
            raise _stuck(orphans(directory)[0], directory)
        return (left[0] if left else None), not left
    _signal((found.pid,), signal.SIGINT, directory)
    in_order = _until(lambda: _gone(found, directory), patience)
    if not in_order:
        _signal((found.pid,), signal.SIGQUIT, directory)
        if not _until(lambda: _gone(found, directory), _PATIENCE_AT_ONCE):
            raise _stuck(found.pid, directory)
    if found.sockets != str(directory.resolve()):
        with contextlib.suppress(OSError):
            Path(found.sockets).rmdir()  # made for the socket alone
    return found.pid, in_order


def _signal(pids: tuple[int, ...], number: int, directory: Path) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
        except PermissionError:
            raise foreign(directory) from None


def _gone(found: Postmaster, directory: Path) -> bool:
    """The process has ended: its pid file goes a moment before it does."""
    return not directory.exists() or not holds(found.pid, directory)


def _until(done: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _stuck(pid: int, directory: Path) -> UnavailableError:
    return UnavailableError(
        f"the PostgreSQL server with pid {pid} does not stop",
        code="embedded-stuck",
        hint=f"its log is `{directory / LOG}`",
    )
