"""Where root keeps data: in the project where the server's account can enter it, else below `programs.SYSTEM_FOLDER`.

There every project has a folder of its own, and a link in the project leads to it.
"""

import os
import tempfile
from pathlib import Path

from migrator.database.postgres import postmaster, programs
from migrator.database.postgres.programs import Programs
from migrator.events.database import Told


def give_back(directory: Path) -> tuple[Told, ...]:
    """Make a copied project let go of the original's data, to which its link leads; it gets data of its own."""
    if not postmaster.borrowed(directory):
        return ()
    place = directory.readlink()
    directory.unlink()
    message = f"this project is a copy of one whose data is in `{place}`: it shares none of it, and begins anew"
    return (Told(code="embedded-copied", message=message),)


def place(directory: Path, installed: Programs) -> tuple[Told, ...]:
    """As root: make sure that the server's account can reach the directory, elsewhere if it cannot reach it here."""
    account = installed.account
    if directory.is_symlink() and directory.readlink().is_relative_to(programs.SYSTEM_FOLDER):
        if directory.exists():
            _note(directory, directory.readlink().parent)  # the project may have been moved
        else:
            directory.unlink()  # somebody has removed the data there, or it was never made
    if account is None or directory.is_symlink() or postmaster.is_data(directory):
        return ()
    told = [Told(code="embedded-account", message=f"PostgreSQL does not run as root: it runs as `{account.name}`")]
    if not programs.reaches(account, directory.parent):
        # never a folder that is there already: whoever removes a project's folder wants its data no more
        elsewhere = Path(tempfile.mkdtemp(prefix="data-", dir=programs.system_folder()))
        elsewhere.chmod(0o755)
        _note(directory, elsewhere)
        if directory.exists():
            directory.rmdir()
        directory.symlink_to(elsewhere / "pg")
        message = f"`{account.name}` cannot enter `{directory.parent}`: the data is in `{elsewhere}`"
        told.append(Told(code="embedded-elsewhere", message=message))
    return tuple(told)


def _note(directory: Path, elsewhere: Path) -> None:
    (elsewhere / postmaster.ORIGIN).write_bytes(os.fsencode(postmaster.here(directory)))
