"""A server of ours for one command: a data directory among the temporary files, made, started, and gone at the end.

The command holds a lock on its folder while it lives. A folder that nobody holds is that of a command which was killed:
the next one that wants such a server ends what runs there and removes it.
"""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from migrator.database.address.launch import Launch
from migrator.database.address.target import Host, Target
from migrator.database.launching import initialisation, starting, stopping
from migrator.database.postgres import postmaster, programs
from migrator.database.postgres.programs import Programs
from migrator.database.supabase import prelude
from migrator.errors import MigratorError, UnavailableError

PREFIX = "migrator-scratch-"
"""How the folders begin."""

DATABASE = "postgres"
_DATA = "pg"

# nothing in there is worth waiting for the disk
_CARELESS = "\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\nautovacuum = off\n"


class Temporary:
    """One such server. `begin` and `end` block, so they are for a thread; `end` is due whatever became of `begin`.

    Attributes:
        programs: the PostgreSQL that it is, once it runs.
    """

    def __init__(self, bin_folder: Path | None, *, login: str, supabase: bool, automatic_grants: bool) -> None:
        self.programs: Programs | None = None
        self._bin = bin_folder
        self._login = login
        self._supabase = supabase
        self._automatic_grants = automatic_grants
        self._folder: Path | None = None
        self._descriptor: int | None = None

    def begin(self) -> None:
        """Make and start it, after what killed commands have left is removed.

        Raises `InputError` where the programs are missing, `UnavailableError` where it cannot be made or started.
        """
        try:
            sweep()
            folder = self._take()
            directory = folder / _DATA
            self.programs = installed = programs.find(directory, self._bin)
            if installed.account is not None and not programs.reaches(installed.account, folder):
                self._drop()
                directory = self._take(programs.system_folder()) / _DATA
            text = prelude.script(automatic_grants=self._automatic_grants) if self._supabase else None
            initialisation.create(directory, installed, self._login if text is None else prelude.ADMIN, text)
            with (directory / "postgresql.conf").open("a", encoding="utf-8") as settings:
                settings.write(_CARELESS)
            starting.start(directory, installed, Launch(directory=directory, supabase=self._supabase), text)
        except OSError as error:
            raise UnavailableError(
                f"no temporary PostgreSQL server can be kept in `{tempfile.gettempdir()}`",
                code="embedded-permission",
                detail=error.strerror or str(error),
                hint="name another folder in `TMPDIR`, or another server with `--scratch`",
            ) from None

    def target(self, origin: str, *, superuser: bool = False) -> Target:
        """Where it answers, for the login that it was made for or for its superuser. Raises `UnavailableError`."""
        found = None if self._folder is None else postmaster.answering(self._folder / _DATA)
        if found is None:
            raise UnavailableError("the temporary server does not answer", code="embedded-start")
        user = prelude.ADMIN if superuser and self._supabase else self._login
        host = Host(name=found.sockets, port=found.port)
        return Target(hosts=(host,), user=user, database=DATABASE, origin=origin, kind="embedded")

    def end(self) -> None:
        """Stop it and remove all that there is of it; raises nothing."""
        self._drop()

    def _take(self, parent: Path | None = None) -> Path:
        """A new folder that is locked for as long as this process lives."""
        while True:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            descriptor = _lock(folder)
            if descriptor is None:  # somebody who sweeps was faster than the lock
                continue
            self._folder, self._descriptor = folder.resolve(), descriptor
            folder.chmod(0o711)  # the server's account passes through to its data
            return self._folder

    def _drop(self) -> None:
        if self._folder is not None:
            _remove(self._folder)
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._folder = self._descriptor = None


def sweep() -> None:
    """End and remove what commands that were killed have left of such servers."""
    for folder in _left():
        descriptor = _lock(folder)
        if descriptor is None:
            continue
        _remove(folder)
        os.close(descriptor)


def _left() -> Iterator[Path]:
    places = {Path(tempfile.gettempdir())}
    if os.geteuid() == 0 and programs.SYSTEM_FOLDER.is_dir():
        places.add(programs.SYSTEM_FOLDER)
    for place in sorted(places):
        yield from sorted(place.glob(f"{PREFIX}*"))


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None where it is held, is gone, or is not ours to take."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held, there = os.fstat(descriptor), folder.lstat()
        # what another user has put there by such a name is nothing that we would end or remove
        if held.st_uid == os.geteuid() and (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino):
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _remove(folder: Path) -> None:
    directory = folder / _DATA
    if directory.exists():
        with contextlib.suppress(MigratorError, OSError):
            stopping.stop(directory, 0.0)
    initialisation.remove(folder)
