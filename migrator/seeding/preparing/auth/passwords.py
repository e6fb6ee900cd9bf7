"""Passwords as the hashes that Supabase's login compares with. The only import of bcrypt.

Facts: the login takes bcrypt, argon2 and Firebase's scrypt, and makes a bcrypt hash anew whose cost is above 10
(https://github.com/supabase/auth, internal/models/user.go, `Authenticate`). bcrypt reads 72 bytes of a password, and
the login takes no more (internal/crypto/password.go). Of the prefixes that mean the same today, pgcrypto's `crypt`
knows `$2a$` alone (https://www.postgresql.org/docs/current/pgcrypto.html), so that is what we write.
"""

import re
from types import ModuleType

from migrator.errors import InputError
from migrator.source import Span

INSTALL = "pip install 'migrator[supabase]'"

MOST_BYTES = 72
"""Of a password."""

COST = 10
"""The logarithm of how often bcrypt goes round: some 50 ms of a core."""

_HASH = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}|\$argon2id?\$.+|\$fbscrypt\$.+")


def is_hash(text: str) -> bool:
    """Whether the login can compare a password with this text."""
    return _HASH.fullmatch(text) is not None


def needed(where: Span) -> None:
    """Raise `InputError` where passwords cannot be hashed, because an extra is not installed."""
    try:
        _bcrypt()
    except ImportError:
        raise InputError(
            "`password` of `auth.users` needs an extra that is not installed",
            code="extra-missing",
            where=where,
            outcome="nothing was loaded",
            hint=f"run `{INSTALL}`, or write `password_hash`",
        ) from None


def hashed(password: str, known: str | None) -> str:
    """A hash of a password: the one that is known, if it is of this password, else a new one. Takes 50 ms or more."""
    bcrypt = _bcrypt()
    secret = password.encode()
    if known is not None and known.startswith("$2") and is_hash(known) and bcrypt.checkpw(secret, known.encode()):
        return known
    made: bytes = bcrypt.hashpw(secret, bcrypt.gensalt(COST, b"2a"))
    return made.decode()


def _bcrypt() -> ModuleType:
    import bcrypt

    return bcrypt
