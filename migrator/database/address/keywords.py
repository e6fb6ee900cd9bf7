r"""libpq's keyword form of a database address: `host=db.example.com dbname=app password='it\'s'`.

Grammar: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE.
"""

import re

from migrator.database.address.parameters import Written
from migrator.errors import InputError

LOOKS_LIKE_KEYWORDS = re.compile(r"\s*[A-Za-z_][A-Za-z0-9_]*\s*=", re.ASCII)

# a space is what it is in C: a password may hold other ones
_KEY = re.compile(r"\s*([^\s=]+)\s*=\s*", re.ASCII)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'(?=\s|$)", re.DOTALL | re.ASCII)
_PLAIN = re.compile(r"(?:[^\s\\]|\\.)*", re.DOTALL | re.ASCII)
_BLANK = re.compile(r"\s*", re.ASCII)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def read_keywords(text: str, origin: str) -> list[Written]:
    """The parameters in the order in which they stand there.

    Raises `InputError` for what cannot be read. A word behind an unquoted password may be a piece of it, so none is
    shown from there on.
    """
    written: list[Written] = []
    hidden = False
    at = 0
    while not _BLANK.fullmatch(text, at):
        key = _KEY.match(text, at)
        if key is None:
            raise InputError(
                f"the address from {origin} holds a word that is not `key=value`",
                code="address-keywords",
                hint="a value with spaces is written in single quotes, as in `password='two words'`",
            )
        value = _QUOTED.match(text, key.end()) if text.startswith("'", key.end()) else _PLAIN.match(text, key.end())
        if value is None:
            raise InputError(
                f"a quoted value in the address from {origin} does not end",
                code="address-keywords",
                hint="inside single quotes, `'` is written `\\'` and `\\` is written `\\\\`",
            )
        raw = value[1] if value.re is _QUOTED else value[0]
        name = key[1]
        written.append(Written(key=name, value=_ESCAPE.sub(r"\1", raw), hidden=hidden))
        hidden = hidden or name.lower() == "password"
        at = value.end()
    return written
