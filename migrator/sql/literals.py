"""What a token of SQL means: the text of a literal, the name behind an identifier."""

import re
import sys

_ESCAPE = re.compile(
    r"\\(?:(?P<octal>[0-7]{1,3})|x(?P<hex>[0-9A-Fa-f]{1,2})|u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})"
    r"|(?P<other>.))|''",
    re.DOTALL,
)
_CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_UNICODE = re.compile(r"\\(?:(?P<short>[0-9A-Fa-f]{4})|\+(?P<long>[0-9A-Fa-f]{6})|\\)")
_FIRST_SURROGATE, _LAST_SURROGATE = 0xD800, 0xDFFF
_DOLLAR = re.compile(r"\$[^$]*\$")


def is_literal(token: str) -> bool:
    """The token is a string constant of any spelling, bit strings included."""
    return token[-1] == "'" or (token[0] == "$" and token[-1] == "$" and len(token) > 1)


def is_word(token: str) -> bool:
    """The token is a bare word, which may be a keyword: neither a quoted identifier nor a literal with a prefix."""
    return token[-1] not in "'\"" and (token[0].isalpha() or token[0] == "_" or not token[0].isascii())


def upper(word: str) -> str:
    """The word in capitals if it can be a keyword: PostgreSQL folds ASCII only, Python also U+017F to `S`."""
    return word.upper() if word.isascii() else word


def literal_text(token: str) -> str:
    """The text that a string constant stands for. `UESCAPE` and constants written over several lines are not undone.

    The spellings: https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS.
    """
    if delimiter := _DOLLAR.match(token):
        return token[delimiter.end() : -delimiter.end()]
    prefix, _, rest = token.partition("'")
    inside = rest[:-1]
    if prefix in {"E", "e"}:
        # octal and hexadecimal escapes are bytes, and several of them may be one character
        return _ESCAPE.sub(_unescaped, inside).encode(errors="surrogateescape").decode(errors="replace")
    inside = inside.replace("''", "'")
    return _UNICODE.sub(_codepoint, inside) if prefix in {"U&", "u&"} else inside


def identifier_name(token: str) -> str:
    """The name that a bare word or a quoted identifier stands for: bare ones fold to lower case."""
    if not token.endswith('"'):
        return token.lower() if token.isascii() else token
    prefix, _, rest = token.partition('"')
    inside = rest[:-1].replace('""', '"')
    return _UNICODE.sub(_codepoint, inside) if prefix else inside


def _unescaped(match: re.Match[str]) -> str:
    if match["other"] is not None:
        return _CONTROL.get(match["other"], match["other"])
    if match.group() == "''":
        return "'"
    if match["octal"] or match["hex"]:
        byte = int(match["octal"], 8) if match["octal"] else int(match["hex"], 16)
        return bytes([byte & 0xFF]).decode(errors="surrogateescape")
    return _codepoint(match)


def _codepoint(match: re.Match[str]) -> str:
    digits = match["short"] or match["long"]
    if digits is None:
        return "\\"
    code = int(digits, 16)
    # the server refuses what is no character, and takes two surrogates for one, which nobody writes
    return chr(code) if code <= sys.maxunicode and not _FIRST_SURROGATE <= code <= _LAST_SURROGATE else "\ufffd"
