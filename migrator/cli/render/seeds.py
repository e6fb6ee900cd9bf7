"""Seed files as lines: what became of their rows, in which order they load, in what the database differs from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migrator.cli.render import words
from migrator.cli.render.ink import Ink
from migrator.cli.render.safe import line, width
from migrator.cli.render.tables import aligned, database

if TYPE_CHECKING:
    from migrator.events.seeding import Counts, SeedCheckResult, SeedDifference, SeedPlanResult


def counts(tables: dict[str, Counts]) -> str:
    """What became of the rows, by table: `users: 2 inserted, 1 unchanged`."""
    said = []
    for name, found in tables.items():
        numbers = (
            (found.inserted, "inserted"),
            (found.updated, "updated"),
            (found.unchanged, "unchanged"),
            (found.deleted, "deleted"),
        )
        parts = [f"{number:,} {word}" for number, word in numbers if number]
        said.append(f"{line(name)}: {', '.join(parts) or 'no rows'}")
    return "; ".join(said)


def seed_plan(result: SeedPlanResult, ink: Ink) -> Iterator[str]:
    """The answer of `migrate seed --plan`: the files in an order that works, and why each waits for another."""
    yield database(result.database, ink)
    if not result.files:
        yield "no seed files"
        return
    cells: list[tuple[str, ...]] = [
        (str(number), line(file.path), file.state) for number, file in enumerate(result.files, 1)
    ]
    for (number, path, state), file in zip(aligned(cells, right=frozenset({0})), result.files, strict=True):
        yield f"{number}  {path}  {ink.quiet(state.rstrip()) if file.state == 'unchanged' else state.rstrip()}"
        indent = " " * (width(number) + 4)
        for edge in result.edges:
            if edge.after == file.path:
                yield f"{indent}{ink.quiet(f'after {line(edge.before)}: {line(edge.reason)}')}"


def difference(found: SeedDifference) -> str:
    """One difference, as a sentence without its place."""
    table, columns = line(found.table), ", ".join(f"`{line(name)}`" for name in found.columns)
    match found.problem:
        case "missing":
            return f"`{table}` does not have this row"
        case "different":
            return f"the row of `{table}` differs in {columns}"
        case "lookup":
            return f"what {columns} of `{table}` looks up is not there"
        case "outside":
            return f"the row of `{table}` is not within `where`"
        case "extra":
            return f"`{table}` has {words.count(found.rows, 'row')} within `where` that the file does not have"


def seed_check(result: SeedCheckResult, ink: Ink) -> Iterator[str]:
    """The answer of `migrate seed --check`: every row that differs, then how many do."""
    yield database(result.database, ink)
    for found in result.differences:
        at = line(str(found.where)) if found.where is not None else line(found.path)
        yield f"{at}  {difference(found)}"
    if result.different > len(result.differences):
        yield ink.quiet(f"... and {result.different - len(result.differences):,} more")
    for path in result.not_compared:
        yield ink.quiet(not_compared(path))
    yield ink.bad(verdict(result)) if result.different else verdict(result)


def not_compared(path: str) -> str:
    """A file that `--check` cannot compare."""
    return f"{line(path)}  not compared: it is SQL"


def verdict(result: SeedCheckResult) -> str:
    """How many rows differ."""
    rows = f"{words.count(result.rows, 'row')} of {words.count(result.files, 'seed file')}"
    return f"{result.different:,} differ, of {rows}" if result.different else f"{rows}: in the database as they are"
