"""An error as text: the place with a caret first, then what is now true of the database, then the way out."""

from collections.abc import Iterator

from migrator.cli.render.ink import Ink
from migrator.cli.render.safe import clean, expand, line, short
from migrator.errors import MigratorError
from migrator.source import Span

WINDOW = 100
"""Columns of a long line that are shown around its caret."""

_BEFORE = 40


def _told(text: str) -> str:
    return clean(short(text))


def _window(text: str, index: int) -> tuple[str, int]:
    """What of a line is shown, and the column at which its character `index` stands there."""
    shown, columns = expand(text)
    index = min(index, len(text))
    if columns[-1] <= WINDOW:
        return shown, columns[index]
    _, columns = expand(text := text.replace("\t", " "))  # a tab's width would depend on where we cut
    # cut between characters of the file, never inside an escape or a wide character
    left = next(at for at, column in enumerate(columns) if column >= columns[index] - _BEFORE)
    right = max(at for at, column in enumerate(columns) if column <= columns[left] + WINDOW)
    head, tail = ("…" if left else ""), ("…" if right < len(text) else "")
    return head + expand(text[left:right])[0] + tail, columns[index] - columns[left] + len(head)


def excerpt(where: Span, detail: str | None, ink: Ink) -> Iterator[str]:
    """The lines that point at a place: the file's line with a caret under it, and the detail beside the caret."""
    yield f"  {ink.place('-->')} {line(str(where))}"
    said = _told(detail or "").splitlines()
    if not where.excerpt.strip():
        yield from (f"  {part}" for part in said)
        return
    shown, column = _window(where.excerpt, where.column - 1)
    number = str(where.line)
    gutter = ink.place(" " * len(number) + " |") + " " + " " * column
    yield f"{ink.place(f'{number} |')} {shown}"
    yield gutter + ink.bad(" ".join(["^", *said[:1]]))
    yield from (f"{gutter}  {part}" for part in said[1:])


def report(error: MigratorError, ink: Ink) -> Iterator[str]:
    """All lines of an error; where one report tells several failures, each of them first.

    What is true of the whole is told once, at the end; a hint is told where it belongs.
    """
    hints = {cause.hint for cause in error.causes}
    for cause in error.causes:
        yield from _single(cause, ink, outcome=cause.outcome if cause.outcome != error.outcome else None)
        yield ""
    yield from _single(error, ink, outcome=error.outcome, hint=error.hint not in hints)


def blockers(error: MigratorError) -> list[str]:
    """Who blocked what failed, a line each; loaded for an error that has some."""
    if not error.blockers:
        return []
    from migrator.cli.render import blocking

    return blocking.lines(error)


def _single(error: MigratorError, ink: Ink, *, outcome: str | None, hint: bool = True) -> Iterator[str]:
    head, *rest = _told(error.message).split("\n")
    yield f"{ink.bad('error:')} {head}"
    yield from (f"  {part}" for part in rest)
    if error.where is not None:
        yield from excerpt(error.where, error.detail, ink)
    elif error.detail:
        yield from (f"  {part}" for part in _told(error.detail).split("\n"))
    yield from blockers(error)
    if outcome:
        yield _told(outcome)
    if error.hint and hint:
        yield ""
        head, *rest = _told(error.hint).split("\n")
        yield f"{ink.good('hint:')} {head}"
        yield from (f"  {part}" for part in rest)
