"""SQL text as lexemes, by PostgreSQL's own rules, at two speeds.

`marks` jumps from one thing that can hide or end a statement to the next: literals, quoted identifiers, comments,
parentheses, semicolons. `lexemes` also tells the words, numbers and operators in between. Everything that reads SQL in
this project goes through one of the two, so that there is one opinion on where a literal ends.

The rules are those of the server and of psql (src/backend/parser/scan.l and src/fe_utils/psqlscan.l in PostgreSQL),
with `standard_conforming_strings` on. Both take time linear in the text and no memory besides it; so no pattern here
repeats a group over user text, which `re` pays for with memory, or, possessively, gets wrong before Python 3.11.5
(https://github.com/python/cpython/issues/106052).
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import TypeAlias

SPACE = " \t\n\r\f\v"
"""What separates lexemes. Nothing else does: a no-break space is a letter to PostgreSQL."""

# Letters, `_` and everything beyond ASCII; then with digits, then with `$`, too. These are written as what they leave
# out, because `re` takes 50 ms to compile a few ranges up to U+10FFFF.
_LETTER = r"[^\x00-@\[-^`{-\x7f]"
_LETTER_OR_DIGIT = r"[^\x00-/:-@\[-^`{-\x7f]"
_IN_WORD = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
_TAG = rf"(?:{_LETTER}{_LETTER_OR_DIGIT}*)?"
# An operator ends in a sign only if it holds a character that SQL's own operators lack: `a=-1` is `a = -1`, but `?-` is
# one. The bounds keep this linear; 63 characters are the longest operator there can be.
_OPERATOR = r"[+\-*/<>=]{0,62}[~!@#^&|`?%][~!@#^&|`?%+\-*/<>=]*|[+\-*/<>=]{0,62}[*/<>=]|[+\-]"
_NUMBER = r"0[xXoObB][0-9A-Za-z_]+|(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?"
_WORD = rf"{_LETTER}{_IN_WORD}*"
_SIGN = rf"{_NUMBER}|{_OPERATOR}|::|:=|\.\.|\$[0-9]+|[^{SPACE}]"

_MARK = re.compile(rf"""'[^']*'?|"[^"]*"?|\${_TAG}\$|--[^\n\r]*|/\*|\(|\)|;|\\""")
_PLAIN = re.compile(f"({_WORD})|{_SIGN}")
_PLAIN_TEXT = re.compile(f"{_WORD}|{_SIGN}")
_WORD_REST = re.compile(f"{_IN_WORD}*")
_WORD_GOES_ON = re.compile(_IN_WORD)
_ESCAPED = re.compile(r"\\.|''|'", re.DOTALL)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_PREFIXES = frozenset("eEbBxX")
_UNICODE_PREFIXES = frozenset({"u&", "U&"})
_LINE_REST = re.compile(r"[^\n\r]*")
_SPACES = re.compile(rf"[{SPACE}]*")
_BETWEEN = re.compile(rf"[{SPACE};]*")


class Lexeme(Enum):
    """What a piece of SQL text is."""

    COMMENT = auto()
    LITERAL = auto()
    QUOTED_IDENTIFIER = auto()
    OPEN = auto()
    CLOSE = auto()
    SEMICOLON = auto()
    BACKSLASH = auto()
    WORD = auto()
    OTHER = auto()
    """A number, an operator, or another sign."""


Piece: TypeAlias = tuple[Lexeme, int, int]
"""A lexeme with its first offset and the one behind its last, in characters."""


class UnterminatedError(ValueError):
    """`opened` stands at offset `start`, and the text ends before it is closed."""

    def __init__(self, start: int, opened: str) -> None:
        super().__init__(f"{opened} at {start} is never closed")
        self.start = start
        self.opened = opened


_WHOLE = {"(": Lexeme.OPEN, ")": Lexeme.CLOSE, ";": Lexeme.SEMICOLON, "\\": Lexeme.BACKSLASH, "-": Lexeme.COMMENT}


def marks(text: str, start: int = 0, end: int | None = None) -> Iterator[Piece]:
    """Yield what can hide or end a statement, in order: every lexeme but words, numbers, operators and other signs.

    `start` and `end` have to lie between lexemes. Raises `UnterminatedError` when it gets to a literal, quoted
    identifier or comment that is not closed before `end`.
    """
    end = len(text) if end is None else end
    while start < end:
        for mark in _MARK.finditer(text, start, end):
            at, behind = mark.span()
            first = text[at]
            if whole := _WHOLE.get(first):
                yield whole, at, behind
            elif first in "'\"":
                begin = _prefixed(text, start, at)
                start = _quoted_end(text, at, behind, end, prefix=text[begin])
                yield (Lexeme.LITERAL if first == "'" else Lexeme.QUOTED_IDENTIFIER), begin, start
                if start > behind:
                    break
            elif first == "/":
                start = comment_end(text, at, end)
                yield Lexeme.COMMENT, at, start
                break
            elif at > start and _WORD_GOES_ON.match(text, at - 1):
                # `a$b$` is one word. A number would end here, but there is no SQL in which a literal may follow it.
                start = _end(_WORD_REST, text, at)
                break
            else:
                start = _dollar_end(text, at, behind, end)
                yield Lexeme.LITERAL, at, start
                break
        else:
            return


def lexemes(text: str, start: int = 0, end: int | None = None) -> Iterator[Piece]:
    """Yield every lexeme, comments included; between two of them there is nothing but `SPACE`.

    `start` and `end` have to lie between lexemes. Raises `UnterminatedError` like `marks`.
    """
    end = len(text) if end is None else end
    for mark in marks(text, start, end):
        yield from _plain(text, start, mark[1])
        yield mark
        start = mark[2]
    yield from _plain(text, start, end)


def lexeme_texts(text: str, start: int, end: int) -> list[str]:
    """The texts of the lexemes between the two offsets, without comments; faster than `lexemes`."""
    found: list[str] = []
    for lexeme, at, behind in marks(text, start, end):
        found += _PLAIN_TEXT.findall(text, start, at)
        if lexeme is not Lexeme.COMMENT:
            found.append(text[at:behind])
        start = behind
    found += _PLAIN_TEXT.findall(text, start, end)
    return found


def next_statement(text: str, start: int) -> int:
    """The offset of the first lexeme at or behind `start` that is no comment and no semicolon, or the text's length."""
    while True:
        start = _end(_BETWEEN, text, start)
        if text.startswith("--", start):
            start = _end(_LINE_REST, text, start)
        elif text.startswith("/*", start):
            start = comment_end(text, start, len(text))
        else:
            return start


def comment_end(text: str, start: int, end: int) -> int:
    """The offset behind the comment that `/*` opens at `start`; such comments nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start, end):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    raise UnterminatedError(start, "/*")


def _plain(text: str, start: int, end: int) -> Iterator[Piece]:
    for match in _PLAIN.finditer(text, start, end):
        at, behind = match.span()
        yield (Lexeme.WORD if match.lastindex else Lexeme.OTHER), at, behind


def _prefixed(text: str, start: int, quote: int) -> int:
    """Where the literal or identifier begins whose quote stands at `quote`: at its prefix, if it has one.

    A letter is a prefix only where it does not end a word, and no word begins before `start`: in `type'x'` it does.
    """
    before = text[max(start, quote - 2) : quote]
    if before[-1:] in _PREFIXES and text[quote] == "'":
        begin = quote - 1
    elif before in _UNICODE_PREFIXES:
        begin = quote - 2
    else:
        return quote
    return quote if begin > start and _WORD_GOES_ON.match(text, begin - 1) else begin


def _quoted_end(text: str, quote: int, behind: int, end: int, *, prefix: str) -> int:
    """Where the literal or identifier ends whose quote stands at `quote`; `behind` is behind the next quote, if any.

    Behind the prefix `E` a backslash hides a quote, and so it does in a literal that goes on with this one on another
    line; behind other prefixes such a one is as good as a literal of its own.
    """
    mark = text[quote]
    if prefix in "eE":
        return _escaped_end(text, quote, end)
    if behind - quote == 1 or text[behind - 1] != mark:
        raise UnterminatedError(quote, mark)
    if prefix in "bBxX":
        return behind  # no bit string holds a quote
    while behind < end and text[behind] == mark:
        behind = text.find(mark, behind + 1, end) + 1
        if behind == 0:
            raise UnterminatedError(quote, mark)
    return behind


def _escaped_end(text: str, quote: int, end: int) -> int:
    inside: int | None = quote + 1
    closed = quote
    while inside is not None:
        for match in _ESCAPED.finditer(text, inside, end):
            if match.group() == "'":
                closed = match.end()
                break
        else:
            raise UnterminatedError(quote, "'")
        inside = _continued(text, closed, end)
    return closed


def _continued(text: str, closed: int, end: int) -> int | None:
    """The offset behind the quote that goes on, on another line, with the literal that ends at `closed`."""
    at = closed
    while True:
        at = _end(_SPACES, text, at)
        if not text.startswith("--", at):
            break
        at = _end(_LINE_REST, text, at)
    on_another_line = text.find("\n", closed, at) >= 0 or text.find("\r", closed, at) >= 0
    return at + 1 if at < end and text[at] == "'" and on_another_line else None


def _dollar_end(text: str, start: int, inside: int, end: int) -> int:
    delimiter = text[start:inside]
    close = text.find(delimiter, inside, end)
    if close < 0:
        raise UnterminatedError(start, delimiter)
    return close + len(delimiter)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start
