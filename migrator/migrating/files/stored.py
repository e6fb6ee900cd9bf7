"""A file's statements as the Supabase CLI stores them with its entry, and whether a file still holds what is stored.

The CLI cuts a file behind every semicolon that ends a statement, takes the semicolons and the white space around each
piece away, and stores what is left, comments included: those before a statement are the statement's, those behind the
last one are a piece of their own (https://github.com/supabase/cli, `pkg/parser/token.go`; white space is what Go's
`strings.TrimSpace` takes for it). Where a file has an escape string that its reader and ours see differently, ours is
PostgreSQL's.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from migrator.errors import InputError
from migrator.source import Source

Likeness: TypeAlias = Literal["same", "comments", "other"]
"""The file is what is stored; is it but for comments and white space; holds other code."""

SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""Unicode's white space, which is less than what Python's `str.strip` takes away."""

_BETWEEN = re.compile(f"[{SPACE};]*")


def stored(source: Source) -> list[str]:
    """What the CLI would store of a file: no texts for one that holds nothing."""
    from migrator.sql.script import cut

    pieces = (piece.rstrip(";").strip(SPACE) for piece in cut(source))
    return [piece for piece in pieces if piece]


def likeness(statements: Sequence[str], source: Source) -> Likeness:
    """How much a file is what is stored."""
    if holds(source.text, statements) or stored(source) == list(statements):
        return "same"
    return "comments" if code(statements) == _code(source) else "other"


def code(statements: Sequence[str]) -> bytes | None:
    """A key of what is stored, comments and layout aside: `Migration.sha256_without_comments` of its file.

    None where it cannot be read: the CLI stores what its own reader makes of a file.
    """
    try:
        return _code(Source(path="", text="\n;\n".join(statements)))
    except InputError:
        return None


def _code(source: Source) -> bytes:
    from migrator.sql.script import without_comments

    return hashlib.sha256(without_comments(source).encode()).digest()


def holds(text: str, statements: Sequence[str]) -> bool:
    """The text is these statements, one after another, with nothing but semicolons and white space in between.

    Styles of line ends make no difference. Reads no SQL, so it is fast; where it cannot tell without, it says no.
    """
    text = text.replace("\r\n", "\n")
    at = 0
    before: str | None = None
    for statement in statements:
        code = statement.replace("\r\n", "\n").strip(SPACE + ";")
        between = _BETWEEN.match(text, at)
        start = between.end() if between else at
        if not text.startswith(code, start) or (before is not None and not _ended(before, text[at:start])):
            return False
        at = start + len(code)
        before = code
    return not text[at:].strip(SPACE + ";")


def _ended(before: str, between: str) -> bool:
    """What stands between two statements ends the first one; behind a comment that takes a line of its own."""
    if "--" in before[before.rfind("\n") + 1 :]:
        between = between.partition("\n")[2]
    return ";" in between
