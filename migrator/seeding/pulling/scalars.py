"""A text as a scalar of a seed file that reads back exactly: plain where it can be, else in quotes.

Rows are written in one line each, so every scalar has to stand in a flow mapping: `- {name: value}`.
"""

import re

from migrator.seeding.files.nodes import NULL_WORDS

NULL = "null"
"""SQL NULL in a seed file."""

_INNER = r"""[\w./+()<>$^@%;=~*&!|'"-]"""
_PLAIN = re.compile(rf"(?:[\w./+(<$^]|-(?=[\w.])){_INNER}*(?:[ :]{_INNER}+)*|\\x[0-9a-f]+")
"""What no reader of YAML takes for anything but a text: no indicator first, no `: ` and no ` #` inside."""

_LONGEST_PLAIN = 200
"""In characters; a longer text is easier to read in quotes."""

LONGEST_KEY = 1000
"""In characters, quotes included: YAML takes no more than 1,024 on one line."""

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")

_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}

_COMMAND = "##["
"""Begins a command of GitHub's runner, wherever it stands in a log; a file that is shown there must not give any."""


def scalar(text: str) -> str:
    """The text as a value: plain, or in the quotes that need fewer escapes."""
    if len(text) <= _LONGEST_PLAIN and text not in NULL_WORDS and _PLAIN.fullmatch(text):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """The text in quotes: in single ones where nothing but its own quotes and backslashes would need an escape."""
    if ('"' in text or "\\" in text) and text.isprintable() and _COMMAND not in text:
        return "'" + text.replace("'", "''") + "'"
    return double(text)


def double(text: str) -> str:
    """The text in double quotes; whatever is not printable is an escape, so that it is one line."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        inside = text
    else:
        inside = "".join([_escape(character) for character in text])
    return '"' + inside.replace(_COMMAND, "#\\x23[") + '"'


def key(name: str) -> str:
    """The name of a table or column, or a key of JSON, as a key."""
    return name if _KEY.fullmatch(name) and name not in NULL_WORDS else double(name)


def comment(text: str) -> str:
    """A text for a comment: on one line, and nothing in it ends the comment or moves a terminal."""
    return "".join(
        character if character.isprintable() else _escape(character) for character in " ".join(text.split())
    ).replace(_COMMAND, "##\\x5b")


def _escape(character: str) -> str:
    named = _NAMED.get(character)
    if named is not None:
        return named
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 - two digits are enough up to here
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - likewise four
