"""The start of a server of ours on a data directory that exists."""

import os
import shlex
import time
from pathlib import Path

from migrator.database.address.launch import ANY_PORT, Launch
from migrator.database.postgres import ports, postmaster, programs
from migrator.database.postgres.postmaster import LOG
from migrator.database.postgres.programs import Programs, complaint
from migrator.database.postgres.sockets import socket_folder
from migrator.database.supabase import prelude
from migrator.errors import InputError, UnavailableError

_LOG_LIMIT = 10_000_000
_POLL = 0.05
_PATIENCE = 30.0
_LOG_END = 4096

# backends of a server that was killed end by themselves, but not at once; a server may just be starting
_PASSING = ("still in use", 'lock file "postmaster.pid" already exists')

_ACCESS_FILE = "migrator_hba.conf"
_ACCESS = """# Written at each start of a server that listens on a port, which every user of the machine reaches.
local all all trust
local replication all trust
host all all 127.0.0.1/32 scram-sha-256
"""


def start(directory: Path, installed: Programs, wanted: Launch, text: str | None = None) -> None:
    """Start the server and wait until it answers, with the prelude `text` where it is one for Supabase.

    Raises `UnavailableError` when it does not.
    """
    major = (directory / "PG_VERSION").read_text(encoding="ascii", errors="replace").strip()
    if major != installed.major:
        raise _other_version(directory, major, installed)
    log = directory / LOG
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.unlink()
    sockets = socket_folder(directory, installed)
    postmaster.disown(directory, sockets)
    if wanted.port is None:
        _run(directory, installed, text, [*_socket(sockets), "-c", "listen_addresses="])
        return
    (directory / _ACCESS_FILE).write_text(_ACCESS, encoding="ascii")
    (directory / _ACCESS_FILE).chmod(0o644)  # root has written it, and the server's account reads it
    for port in ports.candidates(directory) if wanted.port == ANY_PORT else (wanted.port,):
        try:
            if ports.is_free(port):
                _run(directory, installed, text, [*_socket(sockets), *_network(port)])
                return
        except UnavailableError as error:
            # between the question and the start somebody else has taken it
            if "could not create any TCP/IP sockets" not in (error.detail or ""):
                raise
    raise ports.taken(port)


def _socket(folder: Path) -> list[str]:
    quoted = str(folder).replace('"', '""')
    return ["-c", f'unix_socket_directories="{quoted}"']


def _network(port: int) -> list[str]:
    settings = (
        f"listen_addresses={ports.HOST}",
        f"port={port}",
        f"hba_file={_ACCESS_FILE}",
        "password_encryption=scram-sha-256",
    )
    return [word for setting in settings for word in ("-c", setting)]


def _run(directory: Path, installed: Programs, text: str | None, options: list[str]) -> None:
    # the shell of pg_ctl would read these characters in a path; in the folder itself no path is needed
    name = "." if set(str(directory)) & set('"$`\\') else str(directory)
    log = directory / LOG
    arguments = ["start", "-w", "-s", "-t", "60", "-D", name, "-l", LOG if name == "." else str(log)]
    deadline = time.monotonic() + _PATIENCE
    while True:
        before = log.stat().st_size if log.exists() else 0
        try:
            more = prelude.settle(directory, installed, text) if text is not None else []
        except UnavailableError as error:
            failure = error
        else:
            code, said = installed.run("pg_ctl", [*arguments, "-o", shlex.join([*options, *more])], folder=directory)
            # one that a killed command has begun to start may be first
            if code == 0 or postmaster.answering(directory) is not None:
                return
            failure = failed(directory, said, before)
        if not any(words in (failure.detail or "") for words in _PASSING):
            raise failure
        if time.monotonic() > deadline:
            raise _orphaned(directory) or failure
        time.sleep(_POLL)


def failed(directory: Path, text: str, before: int = 0) -> UnavailableError:
    """The server did not start: what its log says last behind its first `before` bytes, or else what `pg_ctl` said."""
    try:
        with (directory / LOG).open("rb") as log:
            log.seek(max(before, log.seek(0, os.SEEK_END) - _LOG_END))
            text = log.read().decode(errors="replace") or text
    except OSError:
        pass
    return UnavailableError(
        f"the PostgreSQL server in `{directory}` does not start",
        code="embedded-start",
        detail=complaint(text),
        hint=f"its log is `{directory / LOG}`; without it, move the directory away to begin anew",
    )


def _orphaned(directory: Path) -> UnavailableError | None:
    left = ", ".join(map(str, postmaster.orphans(directory)))
    if not left:
        return None
    return UnavailableError(
        f"processes of a PostgreSQL server that was killed still work in `{directory}`: {left}",
        code="embedded-stuck",
        outcome="no server was started beside them",
        hint="`migrate server stop` ends them; what is committed stays",
    )


def _other_version(directory: Path, major: str, installed: Programs) -> UnavailableError:
    theirs = programs.of_major(major) if major.isdigit() else None
    if _is_wheels(directory, major):
        way = "the address without `bin` goes on with it; "
    elif theirs:
        way = f"`embedded:...?bin={theirs}` goes on with it; "
    else:
        way = f"`embedded:...?bin=DIR` goes on with it, where DIR holds the programs of PostgreSQL {major}; "
    return UnavailableError(
        f"the data directory `{directory}` belongs to PostgreSQL {major or 'of no version'}, "
        f"and the programs in `{installed.folder}` are {installed.version}",
        code="embedded-version",
        outcome="nothing there was changed",
        hint=way + f"for {installed.major}, dump it with those (`pg_dumpall`), move it away and restore, "
        "or move it away and run `migrate up` and `migrate seed`",
    )


def _is_wheels(directory: Path, major: str) -> bool:
    try:
        return programs.find(directory).major == major
    except (InputError, UnavailableError):  # there is no wheel, or it does not run
        return False
