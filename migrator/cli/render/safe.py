"""Text from files and servers, made harmless for a terminal, and how many columns it takes there.

An id, a NOTICE or a line of a seed file may hold escape sequences that move the cursor, rename the window or hide what
follows. Everything that a renderer did not write itself goes through `clean()`.
"""

import unicodedata

TAB = 4
"""Columns of a tab in excerpts; fixed, so that a caret stands right whatever the terminal's own stops are."""

LONG = 1000
"""Characters of a message that are shown."""

# joiners that emoji and several scripts are written with; they move nothing
_HARMLESS = frozenset("\u200c\u200d")
_HARMFUL_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def _is_harmful(character: str) -> bool:
    return unicodedata.category(character) in _HARMFUL_CATEGORIES and character not in _HARMLESS


def escape(character: str) -> str:
    r"""One character as an escape that can be read: `\x1b`, `\u202e`."""
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 - two digits are enough up to here
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - likewise four


def clean(text: str, *, keep: str = "\n\t") -> str:
    """The text with control, formatting and bidirectional characters escaped, except those in `keep`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        escape(character) if character not in keep and _is_harmful(character) else character for character in text
    )


def line(text: str) -> str:
    """The text on one line: line ends and tabs are escaped, too."""
    return clean(text, keep="")


def short(text: str) -> str:
    """The text, or as much of it as a person reads: a server quotes a value of 5 MB whole."""
    if len(text) <= LONG:
        return text
    return f"{text[:LONG]}… (and {len(text) - LONG:,} more characters)"


def width(text: str) -> int:
    """How many columns a cleaned text without tabs takes in a terminal."""
    if text.isascii():
        return len(text)
    columns = 0
    for character in text:
        if unicodedata.combining(character) or character in _HARMLESS or character == "\ufe0f":
            continue
        columns += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
    return columns


def expand(text: str) -> tuple[str, list[int]]:
    """A line of a file as it is shown, and the column at which each of its characters stands there.

    The list has one entry more than the text has characters: the column behind the last one.
    """
    shown: list[str] = []
    columns: list[int] = []
    column = 0
    for character in text:
        columns.append(column)
        piece = " " * (TAB - column % TAB) if character == "\t" else line(character)
        shown.append(piece)
        column += width(piece)
    columns.append(column)
    return "".join(shown), columns


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """The text filled with spaces to a number of columns; aligned to the right where asked."""
    gap = " " * max(0, columns - width(text))
    return gap + text if right else text + gap
