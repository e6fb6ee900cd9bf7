"""The password of a server of ours that listens on a port: made once, kept in a file that its user alone can read.

Over the socket no password is asked for: only who may enter the data directory gets there.
"""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import replace
from pathlib import Path

from migrator.database.address.target import Target
from migrator.database.postgres.postmaster import foreign
from migrator.errors import UnavailableError
from migrator.sql.names import literal, quote

FILE = "migrator.password"

_ITERATIONS = 4096  # PostgreSQL's own number
_LOCK = 0x6D6967_70617373  # any number that nobody else locks


def kept(directory: Path) -> str | None:
    """The password of the server in this data directory; None where it has got none yet."""
    try:
        return (directory / FILE).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except PermissionError:
        raise foreign(directory) from None


async def ensure(directory: Path, target: Target) -> None:
    """Give the role of the target a password unless it has got one; several commands may do so at once.

    The file is written after the role has it, so that a killed command leaves none that does not work. Raises
    `UnavailableError` where nobody gets in, as into a data directory of others that has no such role.
    """
    if kept(directory) is not None:
        return
    # late: it is needed once in a server's life
    from migrator.database.sessions.opening import open_session
    from migrator.database.supabase import marks, prelude

    # before PostgreSQL 16 a role with REPLICATION, as `postgres` is on Supabase, cannot change even itself
    superuser = prelude.ADMIN if marks.found(directory) is not None else target.user
    session = await open_session(replace(target, user=superuser))
    try:
        await session.run(f"select pg_advisory_lock({_LOCK})")
        if kept(directory) is None:
            text = secrets.token_urlsafe(24)
            await session.run(f"alter role {quote(target.user)} password {literal(verifier(text))}")
            _keep(directory, text)
    except OSError as error:
        raise UnavailableError(
            f"the password of the server's port cannot be kept in `{directory}`",
            code="embedded-permission",
            detail=error.strerror or str(error),
            hint="make room there, or use the address without `port`, which needs none",
        ) from None
    finally:
        await session.close()


def verifier(password: str) -> str:
    """What PostgreSQL keeps of an ASCII password (RFC 5803), so that no log of the server ever holds the password."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)
    client = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, client, server)]
    return f"SCRAM-SHA-256${_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


def _keep(directory: Path, text: str) -> None:
    making = directory / f"{FILE}.new"
    making.unlink(missing_ok=True)
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
    if os.geteuid() == 0:
        owner = directory.stat()
        os.chown(making, owner.st_uid, owner.st_gid)
    making.chmod(0o600)
    making.replace(directory / FILE)
