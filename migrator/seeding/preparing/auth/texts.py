"""What the login takes as an id, an address, a number, a password: the text as it is stored, or what is wrong with it.

Facts: https://github.com/supabase/auth, internal/models/user.go (addresses are lowered), internal/api/phone.go (a
number is E.164 without its `+`).
"""

import json
import re
import uuid
from collections.abc import Callable

from migrator.seeding.preparing.auth import passwords
from migrator.seeding.preparing.refusal import ValueRefusedError

_PHONE = re.compile(r"[1-9][0-9]{1,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

WORDS = {**dict.fromkeys(("true", "yes", "on"), True), **dict.fromkeys(("false", "no", "off"), False)}
"""What `confirmed` is."""


def _id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ValueRefusedError(f"`{text}` is not a uuid", None, hint="write one, or `{$id: label}`") from None


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueRefusedError(f"`{text}` is not an email address", None)
    return text.lower()


def _phone(text: str) -> str:
    digits = text.removeprefix("+").replace(" ", "")
    if not _PHONE.fullmatch(digits):
        raise ValueRefusedError(
            f"`{text}` is not a telephone number", None, hint="write it with its country's code: +420 123 456 789"
        )
    return digits


def _password(text: str) -> str:
    # the text is in none of these messages
    if not text or "\0" in text:
        raise ValueRefusedError("this password is empty" if not text else "this password holds a NUL", None)
    if len(text.encode()) > passwords.MOST_BYTES:
        raise ValueRefusedError(
            f"this password is longer than {passwords.MOST_BYTES} bytes, which is bcrypt's most", None
        )
    return text


def _password_hash(text: str) -> str:
    if not passwords.is_hash(text):
        raise ValueRefusedError(
            "`password_hash` is no hash that the login reads", None, hint="it is bcrypt's, such as `$2a$10$...`"
        )
    return text


def _object(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueRefusedError("metadata is a mapping", None, hint="write `{name: value}`")
    return text


def _confirmed(text: str) -> str:
    if text.lower() not in WORDS:
        raise ValueRefusedError("`confirmed` is `true` or `false`", None)
    return text.lower()


CHECKS: dict[str, Callable[[str], str]] = {
    "id": _id,
    "email": _email,
    "phone": _phone,
    "password": _password,
    "password_hash": _password_hash,
    "user_metadata": _object,
    "app_metadata": _object,
    "confirmed": _confirmed,
    "role": str,
}
"""By the column of the form; each raises `ValueRefusedError`."""
