"""A data directory of PostgreSQL: made once, its server started when it does not run.

Everything here happens under a lock of the directory, so that several commands may begin at once.
"""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrator.database.address.launch import Launch
from migrator.database.launching import initialisation, placement, starting
from migrator.database.postgres import postmaster, programs
from migrator.database.postgres.postmaster import LOG, Postmaster
from migrator.database.postgres.programs import Programs
from migrator.database.supabase import marks, prelude, trusted
from migrator.errors import UnavailableError
from migrator.events.database import Told

OWN_FOLDER = ".migrator"
"""The folder of a project that is ours and that git ignores."""

_POLL = 0.05
_PATIENCE = 30.0


def launch(wanted: Launch, user: str) -> tuple[Postmaster, bool | None, tuple[Told, ...]]:
    """Start the server of a data directory under a lock, making the directory first where there is none.

    Returns the server, whether its directory is new (None: it runs already), and what the user should hear. `user` is
    the superuser of a new one that is not for Supabase. Raises `InputError`, `StateError` for a directory that was made
    the other way, and `UnavailableError`.
    """
    directory = wanted.directory
    try:
        _prepare(directory.parent)
        with _locked(directory):
            return _launch(wanted, user)
    except OSError as error:
        if isinstance(error, PermissionError) and _is_foreign(directory):
            raise postmaster.foreign(directory) from None
        raise UnavailableError(
            f"no PostgreSQL server can be kept in `{directory}`",
            code="embedded-permission",
            detail=error.strerror or str(error),
            hint="name another folder, as in `embedded:/var/tmp/pg`, or the address of a server",
        ) from None


def _launch(wanted: Launch, user: str) -> tuple[Postmaster, bool | None, tuple[Told, ...]]:
    directory = wanted.directory
    told = placement.give_back(directory)
    found = postmaster.answering(directory)
    if found is not None:
        return found, None, ()
    installed = programs.find(directory, wanted.programs)
    found = _clear(directory)
    if found is not None:
        return found, None, ()
    told += (*_copied(directory), *placement.place(directory, installed))
    real = directory.resolve()
    created = not postmaster.is_data(real)
    if not created:
        marks.refuse_other(directory, supabase=wanted.supabase)
    supabase = bool(wanted.supabase) if created else marks.found(real) is not None
    text = prelude.script(automatic_grants=wanted.automatic_grants) if supabase else None
    if created:
        if text is not None:
            told += _unequalled(installed)
        initialisation.create(real, installed, user if text is None else prelude.ADMIN, text)
    starting.start(real, installed, wanted, text)
    found = postmaster.answering(directory)
    if found is None:
        raise starting.failed(real, "the server does not answer")
    return found, created, told


def _unequalled(installed: Programs) -> tuple[Told, ...]:
    missing = trusted.lacking(installed)
    if not missing:
        return ()
    message = (
        f"PostgreSQL {installed.version} of `{installed.folder}` has no stand-ins of extensions, PostgreSQL 18 has: "
        f"{', '.join(f'`{name}`' for name in missing)} cannot be created"
    )
    return (Told(code="extensions-missing", message=message),)


def _prepare(folder: Path) -> None:
    for path in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        path.mkdir(exist_ok=True)
        # whatever the umask is: nobody else writes where our data is, and the server's account enters it
        path.chmod(0o755 if os.geteuid() == 0 else path.stat().st_mode & 0o755 | stat.S_IRWXU)
        _hand_over(path)
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
        if os.fstat(descriptor).st_uid == os.geteuid():
            os.fchmod(descriptor, 0o600)
        _hand_over(file)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _clear(directory: Path) -> Postmaster | None:
    """Wait for a server that is just starting or stopping; the one that answers then, if any."""
    deadline = time.monotonic() + _PATIENCE
    while (found := postmaster.read(directory)) is not None:
        real = str(directory.resolve())
        if not postmaster.holds(found.pid, directory):
            if postmaster.accepts(real, found.port):
                raise postmaster.shared(directory)
            return None  # the server was killed
        if found.directory != real and found.directory:
            raise UnavailableError(
                f"the PostgreSQL server in `{directory}` was started when that folder was `{found.directory}`",
                code="embedded-moved",
                outcome="it still runs, for who is connected",
                hint="`migrate server stop` ends it, and the next command starts it where it is now",
            )
        if postmaster.answering(directory) is not None:
            return found
        if time.monotonic() > deadline:
            raise UnavailableError(
                f"the PostgreSQL server with pid {found.pid} holds `{directory}` and does not answer",
                code="embedded-stuck",
                hint=f"stop it with `migrate server stop`; its log is `{directory / LOG}`",
            )
        time.sleep(_POLL)
    return None


def _copied(directory: Path) -> tuple[Told, ...]:
    """The data was copied from under a server that runs: it may start, and yet be none."""
    found = postmaster.read(directory)
    if found is None or not found.directory or found.directory == str(directory.resolve()):
        return ()
    if not Path(found.directory).is_dir() or not postmaster.holds(found.pid, Path(found.directory)):
        return ()
    message = (
        f"the data in `{directory}` was copied from `{found.directory}` while the server there ran, "
        "so it may be damaged; copy it again after `migrate server stop` there, or remove it to begin anew"
    )
    return (Told(code="embedded-copied", message=message),)


def _is_foreign(directory: Path) -> bool:
    try:
        return os.geteuid() not in {0, directory.stat().st_uid}
    except FileNotFoundError:
        return False
    except OSError:
        return True
