"""A CSV file straight into its table, where that is empty: there is nothing to compare, and COPY writes rows fastest.

Only where COPY does with the rows what the way through staging would do. Whatever it refuses goes that way after all,
in a transaction of its own, because staging knows what to say of it.
"""

import hashlib
from collections.abc import Callable, Sequence

from migrator.database.sessions.notice import Notice
from migrator.database.sessions.session import Session
from migrator.seeding.books.tables import Column
from migrator.seeding.files.csvfile import changed_meanwhile
from migrator.seeding.loading.filling import told
from migrator.seeding.loading.merge import renew_statistics
from migrator.seeding.loading.sequences import move_sequences
from migrator.seeding.loading.staging import Stage
from migrator.sql.names import literal

EMPTY = "migrator-seed-empty"
"""The INFO message that says that the table has no row."""


def may_go_straight(stages: Sequence[Stage]) -> bool:
    """Whether the rows of a unit are those of one table, with nothing to look up, to fill in, or to keep out."""
    if len(stages) != 1 or (bulk := stages[0].load.bulk) is None:
        return False
    load = stages[0].load
    key, cells = load.key, load.shapes[0].cells
    plain = len(cells) == len(bulk.fields) and all(isinstance(cell, Column) for cell in cells)
    if not plain or load.info.row_security or load.table.where is not None or not load.table.inserts:
        return False
    if key is None:
        return True
    # a NULL in the key is refused, and it is staging that looks for one
    certain = key.nulls_equal or all(load.info.columns[name].not_null for name in key.columns)
    return certain and not key.expressions and key.predicate is None


async def is_empty(session: Session, stage: Stage, opening: Sequence[str]) -> bool:
    """Open the transaction, and say whether the stage's table has no rows (and no rule, which COPY would pass over)."""
    found: list[str] = []

    def hear(notice: Notice) -> None:
        if notice.severity == "INFO" and notice.message == EMPTY:
            found.append(notice.message)

    rules = f"exists (select from pg_catalog.pg_class where oid = {stage.load.info.oid} and relhasrules)"
    body = f"begin if not exists (select from {stage.target}) and not {rules} then raise info '{EMPTY}'; end if; end"
    with session.listening(hear):
        await session.run("; ".join([*opening, f"do {literal(body)}"]))
        await session.settle()
    return bool(found)


async def go_straight(session: Session, stage: Stage, ending: Sequence[str], sent: Callable[[int], None]) -> list[int]:
    """Copy the rows into the table and run what comes behind them; returns the stage's counts.

    Raises `ServerError` for what the way through staging has to tell, and `InputError` as `fill` does.
    """
    load, bulk = stage.load, stage.load.bulk
    if bulk is None:
        message = "only the rows of a CSV file go straight"
        raise AssertionError(message)
    digest = hashlib.sha256()
    chunks = told(bulk.file.chunks(digest), bulk.size, load.rows, sent)
    names = [cell.name for cell in bulk.fields]
    rows = await session.copy(load.info.name, names, chunks, schema=load.info.schema, csv=True)
    if digest.digest() != bulk.digest:
        raise changed_meanwhile(bulk.file.shown)
    at = stage.index
    lines = ["declare", f"  i{at} bigint := {rows}; u{at} bigint := 0; d{at} bigint := 0;", "begin"]
    lines += [*move_sequences(stage, emptied=True), renew_statistics(stage), "end"]
    await session.run("; ".join(["do " + literal("\n".join(lines)), *ending]))
    return [rows, 0, 0, 0]
