"""Text as Markdown shows it: escaped, in the typewriter face, in tables."""

from collections.abc import Iterable, Iterator

from migrator.cli.render.safe import line, short

# what Markdown would take for its own in the middle of a line, and HTML anywhere
_SPECIAL = frozenset(r"\`*_[]<>|&#~$@!")


def escape(text: str) -> str:
    """Text that Markdown shows as it is, in one line of a table."""
    return "".join(f"&#{ord(character)};" if character in _SPECIAL else character for character in line(text))


def prose(text: str) -> str:
    """A message of ours, on one line: what stands between backticks is in the typewriter face."""
    parts = " ".join(short(text).split("\n")).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(code(part) if index % 2 else escape(part) for index, part in enumerate(parts))


def code(text: str) -> str:
    """Text in the typewriter face."""
    return f"<code>{escape(text)}</code>"


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table; its cells are Markdown already."""
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
