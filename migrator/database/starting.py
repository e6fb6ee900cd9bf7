"""The start of a server of ours on a data directory that exists."""

import os
import shlex
import time
from pathlib import Path

from migrator.database import postmaster, programs
from migrator.database.launch import Launch
from migrator.database.postmaster import LOG
from migrator.database.programs import Programs, complaint
from migrator.database.sockets import socket_folder
from migrator.database.supabase import prelude
from migrator.errors import UnavailableError

_LOG_LIMIT = 10_000_000
_POLL = 0.05
_PATIENCE = 30.0


def start(directory: Path, installed: Programs, wanted: Launch, text: str | None = None) -> None:  # noqa: ARG001 - settings of the start will come from it
    """Start the server and wait until it answers, with the prelude `text` where it is one for Supabase.

    Raises `UnavailableError` when it does not.
    """
    major = (directory / "PG_VERSION").read_text(encoding="ascii", errors="replace").strip()
    if major != installed.major:
        raise _other_version(directory, major, installed)
    log = directory / LOG
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.unlink()
    # the shell of pg_ctl would read these characters in a path; in the folder itself no path is needed
    name = "." if set(str(directory)) & set('"$`\\') else str(directory)
    sockets = socket_folder(directory, installed)
    postmaster.disown(directory, sockets)
    quoted = str(sockets).replace('"', '""')
    options = ["-c", "listen_addresses=", "-c", f'unix_socket_directories="{quoted}"']
    arguments = ["start", "-w", "-s", "-t", "60", "-D", name, "-l", LOG if name == "." else str(log)]
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            more = prelude.settle(directory, installed, text) if text is not None else []
        except UnavailableError as error:
            failure = error
        else:
            code, said = installed.run("pg_ctl", [*arguments, "-o", shlex.join([*options, *more])], folder=directory)
            if code == 0:
                return
            failure = failed(directory, said)
        # backends of a server that was killed end by themselves, but not at once
        if "still in use" not in (failure.detail or "") or time.monotonic() > deadline:
            raise failure
        time.sleep(_POLL)


def failed(directory: Path, text: str) -> UnavailableError:
    """The server did not start: what its log says last, or else what `pg_ctl` said."""
    try:
        with (directory / LOG).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
            text = log.read().decode(errors="replace") or text
    except OSError:
        pass
    return UnavailableError(
        f"the PostgreSQL server in `{directory}` does not start",
        code="embedded-start",
        detail=complaint(text),
        hint=f"its log is `{directory / LOG}`; without it, move the directory away to begin anew",
    )


def _other_version(directory: Path, major: str, installed: Programs) -> UnavailableError:
    theirs = programs.of_major(major) if major.isdigit() else None
    return UnavailableError(
        f"the data directory `{directory}` belongs to PostgreSQL {major or 'of no version'}, "
        f"and the programs in `{installed.folder}` are {installed.version}",
        code="embedded-version",
        outcome="nothing there was changed",
        hint=(
            f"`embedded:...?bin={theirs}` goes on with it; "
            if theirs
            else f"`embedded:...?bin=DIR` goes on with it, where DIR holds the programs of PostgreSQL {major}; "
        )
        + f"for {installed.major}, dump it with those (`pg_dumpall`), move it away and restore, "
        "or move it away and run `migrate up` and `migrate seed`",
    )
