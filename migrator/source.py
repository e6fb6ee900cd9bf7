"""Where something stands in a user's file: the text, and spans of it that error messages can point at.

Everything that reads files (SQL, YAML, TOML) reports its complaints as a `Span`, so that every renderer can show the
same place in its own way: a caret in a terminal, an annotation on GitHub, a line and a column in JSON.
"""

from dataclasses import dataclass
from pathlib import Path

EXCERPT_LIMIT = 200
"""The longest line, in characters, that an excerpt shows; a seed may hold a 5 MB scalar on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A resolved place: what a person needs to find it, without the file at hand.

    Attributes:
        path: the file, as the user would write it from the current folder.
        line: the line, counted from 1.
        column: the column of the first character, counted from 1 in characters.
        excerpt: that line's text without its line end; empty where there is nothing to show.
        width: how many characters of the excerpt are meant, at least 1.
    """

    path: str
    line: int
    column: int
    excerpt: str = ""
    width: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file's text, decoded and without a byte order mark, under the name that the user knows it by.

    Attributes:
        path: the file, as the user would write it from the current folder.
        text: the whole text; offsets into it are counted in characters from 0.
    """

    path: str
    text: str

    def span(self, start: int, end: int | None = None) -> Span:
        """The place of `text[start:end]`; of one character when `end` is not given.

        A span that crosses a line end is cut there. An offset behind the text is the place behind its last character.
        """
        start = max(0, min(start, len(self.text)))
        line_start = self.text.rfind("\n", 0, start) + 1
        line_end = self.text.find("\n", start)
        if line_end < 0:
            line_end = len(self.text)
        line = self.text[line_start:line_end].removesuffix("\r")
        stop = line_start + len(line) if end is None else min(end, line_start + len(line))
        return excerpt(
            path=self.path,
            line=self.text.count("\n", 0, start) + 1,
            column=start - line_start + 1,
            text=line,
            width=1 if end is None else stop - start,
        )

    def word(self, start: int, limit: int) -> Span:
        """The place of the word that begins at an offset, before the offset `limit`; of one character at least."""
        start = end = min(start, limit)
        while end < limit and (self.text[end].isalnum() or self.text[end] in "_$"):
            end += 1
        return self.span(start, max(end, start + 1))


def excerpt(*, path: str, line: int, column: int, text: str, width: int = 1) -> Span:
    """A span over a line that may be too long to show: a line over `EXCERPT_LIMIT` characters has no excerpt."""
    shown = text if len(text) <= EXCERPT_LIMIT else ""
    return Span(path=path, line=line, column=column, excerpt=shown, width=max(1, min(width, EXCERPT_LIMIT)))


def shown(path: Path) -> str:
    """The path as the user would write it: relative to the current folder where it lies below."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
