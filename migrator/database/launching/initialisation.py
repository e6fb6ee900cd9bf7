"""A new data directory: `initdb`, with what each major version of it understands."""

import glob
import os
import shutil
import tempfile
import time
from pathlib import Path

from migrator.database.postgres.programs import Programs, complaint
from migrator.database.supabase import prelude
from migrator.errors import UnavailableError

_BUILTIN_LOCALES = 17
"""The first major version whose `initdb` knows `--locale-provider builtin`."""

_POLL = 0.02
_PATIENCE = 5.0


def create(directory: Path, installed: Programs, user: str, text: str | None = None) -> None:
    """Make a data directory beside its place and move it there, so that a killed start leaves no half of one.

    `user` is its superuser, `text` the prelude of one for Supabase. Raises `UnavailableError` where the folder holds
    something else, or `initdb` or the prelude fails.
    """
    if directory.exists() and any(directory.iterdir()):
        raise UnavailableError(
            f"`{directory}` is not empty and is no data directory of PostgreSQL",
            code="embedded-directory",
            hint="name another folder, as in `embedded:.migrator/other`, or move what is there away",
        )
    for left in directory.parent.glob(f"{glob.escape(directory.name)}.new.*"):
        remove(left)  # a killed start's
    # a name of its own: the `initdb` of a killed start may still be writing
    making = Path(tempfile.mkdtemp(prefix=f"{directory.name}.new.", dir=directory.parent))
    making.chmod(0o700)
    if installed.account:
        os.chown(making, installed.account.uid, installed.account.gid)
    code, said = _initdb(making, installed, user)
    if code != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise UnavailableError(
            f"no data directory could be made in `{directory}`",
            code="embedded-start",
            detail=complaint(said),
            hint="name another folder, as in `embedded:/var/tmp/pg`, or the address of a server",
        )
    with (making / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write("\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n")
        if text is not None:
            settings.write("wal_level = logical  # as on the platform, where publications are subscribed to\n")
    (making / ".gitignore").write_text("*\n", encoding="ascii")
    if text is not None:
        prelude.settle(making, installed, text, fresh=True)
    if directory.exists():
        directory.rmdir()
    making.rename(directory)


def remove(left: Path) -> None:
    """Remove a folder in which the `initdb` of a killed start may still be writing: without the folder it ends.

    It is moved first, so that nothing more can be written by its path while it is emptied. Its new name is one that the
    next start looks for, too.
    """
    moved = left.with_name(f"{left.name}.gone")
    try:
        left.rename(moved)
    except OSError:
        moved = left
    deadline = time.monotonic() + _PATIENCE
    while moved.exists() and time.monotonic() < deadline:
        shutil.rmtree(moved, ignore_errors=True)
        time.sleep(_POLL)


def _initdb(making: Path, installed: Programs, user: str) -> tuple[int, str]:
    """The same order of texts on every machine and version, which needs no installed locale: that of their bytes."""
    arguments = ["--pgdata", str(making), "--username", user, "--encoding", "UTF8"]
    arguments += ["--auth-local", "trust", "--auth-host", "scram-sha-256"]
    arguments += ["--no-sync", "--no-instructions", "--lc-collate", "C"]
    if int(installed.major) >= _BUILTIN_LOCALES:
        builtin = ("--locale-provider", "builtin", "--locale", "C.UTF-8", "--lc-ctype", "C")
        return installed.run("initdb", [*arguments, *builtin], folder=Path("/"))
    code, text = installed.run("initdb", [*arguments, "--locale", "C", "--lc-ctype", "C.UTF-8"], folder=Path("/"))
    if code != 0 and "C.UTF-8" in text:  # a system without that locale: `upper` and `~*` then know ASCII alone
        code, text = installed.run("initdb", [*arguments, "--locale", "C"], folder=Path("/"))
    return code, text
