"""The answer of `init` as lines: what decided, what became of each file, how to go on."""

from collections.abc import Iterator

from migrator.cli.render import tables
from migrator.cli.render.ink import Ink
from migrator.cli.render.safe import clean, line
from migrator.events.founding import FileState, InitResult

WORDS: dict[FileState, str] = {
    "written": "written",
    "planned": "would write",
    "unchanged": "unchanged",
    "kept": "kept",
    "skipped": "skipped",
}
"""What a person reads for each state."""


def answer(result: InitResult, ink: Ink) -> Iterator[str]:
    """The whole answer."""
    for trace in result.found:
        yield f"{ink.quiet('found')} {line(trace.path)}: {clean(trace.message)}"
    if result.found:
        yield ""
    rows: list[tuple[str, ...]] = [(WORDS[file.state], line(file.path)) for file in result.files]
    for file, (word, path) in zip(result.files, tables.aligned(rows), strict=True):
        styled = ink.good(word) if file.state in {"written", "planned"} else ink.quiet(word)
        yield f"{styled}  {path}{'' if file.reason is None else f'  {line(file.reason)}'}".rstrip()
    yield ""
    yield closing(result)
    yield from (f"  {line(each)}" for each in result.next)


def closing(result: InitResult) -> str:
    """The line before the commands to go on with."""
    if result.dry_run:
        return "nothing was written; after `migrate init`:"
    return "go on with:" if result.changed else "nothing to write: everything is there; go on with:"
