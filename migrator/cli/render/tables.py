"""Answers as aligned lines: the state of migrations, plans, what became of seed files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.cli.render import words
from migrator.cli.render.ink import Ink
from migrator.cli.render.safe import line, pad, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrator.events.database import DatabaseInfo
    from migrator.events.migrating import RunResult
    from migrator.events.server import ServerResult
    from migrator.events.status import MigrationState, MigrationStatus, StatusResult

HEADER = ("state", "migration", "steps", "applied (UTC)", "took")
"""What `cells` are."""

STATES: tuple[MigrationState, ...] = (
    *("applied", "partial", "modified", "renamed", "missing", "unknown"),
    *("late", "pending", "ahead"),
)
"""The order in which a summary counts."""

REFUSED: tuple[MigrationState, ...] = ("partial", "modified", "renamed", "missing", "unknown")
"""States that `migrate up` refuses; it goes on with a file that is `partial` where that can be done."""

REPAIRS = 10
"""How many ways out the answer of `migrate status` tells as text."""

_KINDS = {
    "direct": "",
    "embedded": "embedded:, ",
    "docker": "docker:, ",
    "pooler": "pooler, ",
    "session-pooler": "session pooler, ",
    "transaction-pooler": "transaction pooler, ",
}


def database(info: DatabaseInfo, ink: Ink) -> str:
    """The server's version first, then where it is and who said so."""
    extra = "".join(f", {word}" for word, so in (("Supabase", info.supabase), ("protected", info.protected)) if so)
    where = f"{_KINDS[info.kind]}from {line(info.origin)}{extra}"
    return f"{ink.strong(f'PostgreSQL {info.server_version}')} at {line(info.address)} {ink.quiet(f'({where})')}"


def _style(state: MigrationState, text: str, ink: Ink) -> str:
    match state:
        case "applied":
            return ink.good(text)
        case "pending" | "ahead" | "late":
            return ink.warn(text)
        case "modified" | "renamed" | "missing" | "unknown" | "partial":
            return ink.bad(text)


def aligned(rows: list[tuple[str, ...]], *, right: frozenset[int] = frozenset()) -> list[tuple[str, ...]]:
    """Rows whose columns are filled to one width each; the columns named in `right` are aligned to the right."""
    widths = [max((width(row[column]) for row in rows), default=0) for column in range(len(rows[0]))] if rows else []
    return [tuple(pad(cell, widths[column], right=column in right) for column, cell in enumerate(row)) for row in rows]


def cells(migration: MigrationStatus) -> tuple[str, str, str, str, str]:
    """State, id, steps, when and how long: a row of `migrate status`."""
    took = words.duration(migration.duration)
    steps = f"{migration.steps_done}/{migration.steps_total}"
    return (migration.state, line(migration.id), steps, words.moment(migration.applied_at), took)


def status(result: StatusResult, ink: Ink) -> Iterator[str]:
    """The whole answer of `migrate status`."""
    yield database(result.database, ink)
    if result.migrations:
        yield ""
        rows = aligned([HEADER, *map(cells, result.migrations)], right=frozenset({2, 4}))
        yield ink.quiet("  ".join(rows[0]).rstrip())
        for row_cells, migration in zip(rows[1:], result.migrations, strict=True):
            row = f"{_style(migration.state, row_cells[0], ink)}  {'  '.join(row_cells[1:])}"
            yield f"{row}  {ink.quiet(line(migration.note))}" if migration.note else row.rstrip()
    yield ""
    yield from _repairs(result, ink)
    yield summary(result, ink)
    seeds = result.seeds
    if seeds.current or seeds.changed or seeds.new:
        parts = ((seeds.current, "current"), (seeds.changed, "changed"), (seeds.new, "new"))
        said = ", ".join(f"{number} {word}" for number, word in parts if number)
        hint = "" if not (seeds.changed or seeds.new) else ink.quiet(": `migrate seed` loads what is changed or new")
        yield f"seeds: {said}{hint}"
    else:
        yield "seeds: none"


def _repairs(result: StatusResult, ink: Ink) -> Iterator[str]:
    """The way out of each state that has one, for a few of them."""
    found = [(migration.id, migration.hint) for migration in result.migrations if migration.hint is not None]
    for id_, hint in found[:REPAIRS]:
        yield f"{ink.good('hint:')} `{line(id_)}`: {line(hint)}"
    if len(found) > REPAIRS:
        yield ink.quiet(f"and {len(found) - REPAIRS} more, which `migrate status --json` tells")
    if found:
        yield ""


def summary(result: StatusResult, ink: Ink) -> str:
    """How many migrations are in which state, and what to do about it."""
    if not result.migrations:
        return "migrations: none; `migrate new NAME` writes the first"
    counts = ", ".join(_style(state, f"{result.count(state)} {state}", ink) for state in STATES if result.count(state))
    return f"migrations: {counts}{ink.quiet(f': {_advice(result)}')}"


def _advice(result: StatusResult) -> str:
    goes_on = all(migration.problem is None for migration in result.migrations if migration.state == "partial")
    if any(result.count(state) for state in REFUSED if not (goes_on and state == "partial")):
        return "`migrate up` refuses, and says how to repair it"
    late = [migration for migration in result.migrations if migration.state == "late"]
    if any(migration.problem is not None for migration in late):
        return "`migrate up --out-of-order` applies what is late, too"
    if result.count("partial"):
        return "`migrate up` goes on where it stopped"
    return "`migrate up` applies what is pending" if result.count("pending") or late else "up to date"


def plan(result: RunResult, ink: Ink) -> Iterator[str]:
    """What a run would do: the answer of `--dry-run`, and what `down` shows before it asks."""
    yield database(result.database, ink)
    verb = "apply" if result.command == "up" else "roll back"
    if not result.planned:
        yield f"nothing to {verb}"
        return
    yield f"would {verb} {words.count(len(result.planned), 'migration')}:"
    yield from (f"  {line(name)}" for name in result.planned)


def script(result: RunResult) -> Iterator[str]:
    """The messages of a dry run, so that the whole is SQL."""
    total = len(result.messages)
    yield f"-- {line(database(result.database, Ink(colour=False)))}"
    for number, message in enumerate(result.messages, 1):
        yield f"-- message {number} of {total}"
        yield message


def server(result: ServerResult) -> Iterator[str]:
    """The answer of `migrate server`; of `url` nothing but the address."""
    if result.action == "url":
        if result.url:
            yield line(result.url)
        return
    if not result.running:
        # before the first start there is no such folder
        state = "stopped; its data stays in" if result.changed else "not running; the folder of its data is"
        yield f"{state} {line(result.directory)}"
        return
    state = "started" if result.changed else "running"
    process = f" (pid {result.pid})" if result.pid is not None else ""
    yield f"{state}{process}; its data is in {line(result.directory)}"
    if result.url:
        yield line(result.url)
