"""Where the unix socket of a server of ours stands, and other things whose path may not be just any."""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from migrator.database.postgres.programs import Programs
from migrator.errors import UnavailableError

_SOCKET_LIMIT = 103 if sys.platform == "darwin" else 107


def socket_folder(directory: Path, installed: Programs) -> Path:
    """The data directory itself, or a folder of the server's account alone where no socket can be in that path.

    It may be too long, or hold a comma, which parts the hosts of an address.
    """
    if len(os.fsencode(directory / ".s.PGSQL.65535")) <= _SOCKET_LIMIT and "," not in str(directory):
        return directory
    return private_folder(directory, installed)


def private_folder(directory: Path, installed: Programs) -> Path:
    """A folder of the server's account alone among the temporary files, always the same one for a data directory.

    Raises `UnavailableError` where somebody else has it.
    """
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
