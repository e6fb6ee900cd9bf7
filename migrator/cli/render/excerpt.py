"""An error as text: the place with a caret first, then what is now true of the database, then the way out."""

from collections.abc import Iterator

from migrator.cli.render.ink import Ink
from migrator.cli.render.safe import clean, expand, line
from migrator.errors import MigratorError
from migrator.source import Span

WINDOW = 100
"""Columns of a long line that are shown around its caret."""

_BEFORE = 40


def _window(text: str, start: int, end: int) -> tuple[str, int, int]:
    """What of a line is shown, and the columns between which its characters `start` to `end` stand there."""
    shown, columns = expand(text)
    start, end = min(start, len(text)), min(end, len(text))
    if columns[-1] <= WINDOW:
        return shown, columns[start], max(columns[end], columns[start] + 1)
    _, columns = expand(text := text.replace("\t", " "))  # a tab's width would depend on where we cut
    # cut between characters of the file, never inside an escape or a wide character
    left = next(index for index, column in enumerate(columns) if column >= columns[start] - _BEFORE)
    right = max(index for index, column in enumerate(columns) if column <= columns[left] + WINDOW)
    head, tail = ("…" if left else ""), ("…" if right < len(text) else "")
    moved = len(head) - columns[left]
    first, last = columns[start] + moved, columns[min(end, right)] + moved
    return head + expand(text[left:right])[0] + tail, first, max(last, first + 1)


def excerpt(where: Span, detail: str | None, ink: Ink) -> Iterator[str]:
    """The lines that point at a place: the file's line with a caret under it, and the detail beside the caret."""
    yield f"  {ink.place('-->')} {line(str(where))}"
    said = clean(detail or "").splitlines()
    if not where.excerpt.strip():
        yield from (f"  {part}" for part in said)
        return
    shown, first, last = _window(where.excerpt, where.column - 1, where.column - 1 + where.width)
    number = str(where.line)
    gutter = " " * len(number) + " |"
    caret = ink.bad("^" * (last - first))
    yield f"{ink.place(f'{number} |')} {shown}"
    yield ink.place(gutter) + " " + " " * first + (f"{caret} {ink.bad(said[0])}" if said else caret)
    for part in said[1:]:
        yield ink.place(gutter) + " " + " " * (last + 1) + part


def report(error: MigratorError, ink: Ink, *, said: str = "error") -> Iterator[str]:
    """All lines of an error; where one report tells several failures, each of them first."""
    hints = {cause.hint for cause in error.causes}
    for cause in error.causes:
        yield from report(cause, ink)
        yield ""
    head, *rest = clean(error.message).split("\n")
    yield f"{ink.bad(f'{said}:')} {head}"
    yield from (f"  {part}" for part in rest)
    if error.where is not None:
        yield from excerpt(error.where, error.detail, ink)
    elif error.detail:
        yield from (f"  {part}" for part in clean(error.detail).split("\n"))
    if error.outcome:
        yield clean(error.outcome)
    if error.hint and error.hint not in hints:
        yield ""
        head, *rest = clean(error.hint).split("\n")
        yield f"{ink.good('hint:')} {head}"
        yield from (f"  {part}" for part in rest)
