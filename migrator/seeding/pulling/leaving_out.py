"""Columns that no row needs to show, because a new row has their values by itself: one look at all the rows.

A column is left out for all rows or for none: rows that are written alike are read fastest, and a value that stands in
one row and is missing in the next would be hard to see.
"""

from collections.abc import Collection
from dataclasses import dataclass

from migrator.database.sessions.session import Session
from migrator.seeding.books.tables import Column, Key, TableInfo
from migrator.seeding.pulling.references import References, nullable
from migrator.seeding.pulling.selection import source
from migrator.sql.names import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What all rows have in common.

    Attributes:
        rows: how many there are.
        same: columns in which every row has what a new row would get.
        without_key: how many rows have a NULL in the key.
    """

    rows: int
    same: tuple[str, ...]
    without_key: int


async def survey(
    session: Session, references: References, table: TableInfo, key: Key, kept: Collection[str], where: str | None
) -> Survey:
    """Look at all rows of a table, in one round trip; columns that are `kept` or in the key are not asked about."""
    asked = [
        (column.name, condition)
        for column in table.columns.values()
        if column.name not in kept and column.name not in key.columns
        for condition in [_is_default(references, table, column)]
        if condition is not None
    ]
    same = ", ".join(f"coalesce(bool_and({condition}), false)" for _, condition in asked)
    nulls = " or ".join(f"t.{quote(name)} is null" for name in key.columns) if nullable(table, key) else "false"
    counts = f"count(*), count(*) filter (where {nulls}), array[{same}]::bool[]"
    query = f"select json_build_array({counts}) from {source(table, where)}"
    ((rows, without_key, found),) = await session.read(query)
    same_names = tuple(name for (name, _), is_same in zip(asked, found, strict=True) if is_same)
    return Survey(rows=rows, same=same_names, without_key=without_key)


def _is_default(references: References, table: TableInfo, column: Column) -> str | None:
    """The condition that a row has what a new row would get; None where that is not certain beforehand."""
    remark = references.remark(table, column.name)
    if column.generated or column.identity or not remark.constant:
        return None
    name = f"t.{quote(column.name)}"
    if remark.default is None:
        return None if column.not_null else f"{name} is null"
    # not `=`: some types have none, and 1.10 is not 1.1 to whoever reads it
    return f"record_image_eq(row({name}), row(({remark.default})::{column.declaration}))"
