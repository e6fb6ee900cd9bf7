"""The refusals of our own SQL, which knows the lines of the rows that it refuses, as errors at their places."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from migrator.errors import MigratorError, ServerReport, WorkError
from migrator.seeding.loading.places import cell_of, cells_of
from migrator.seeding.loading.staging import Stage
from migrator.seeding.preparing.shapes import TableLoad

_LONGEST = 500


def short(text: str) -> str:
    """The server's words, which may hold a value of any size."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ... ({len(text):,} characters)"


def refused(report: ServerReport, stages: list[Stage]) -> MigratorError:
    """What a staging check told in the detail of its exception."""
    found = json.loads(report.detail or "{}")
    load = stages[found["stage"]].load
    outcome = f"`{load.file.shown}` was rolled back"
    if found["problem"] == "unresolved":
        return _unresolved(load, found["cells"], outcome)
    told = _TOLD[found["problem"]](load, found)
    return WorkError(
        told.message,
        code=told.code,
        where=cell_of(load, int(found["line"]), found["column"] if found["problem"] in _IN_THE_CELL else None),
        detail=told.detail,
        outcome=outcome,
        hint=told.hint,
        sqlstate=found.get("sqlstate"),
    )


class _Told(NamedTuple):
    code: str
    message: str
    detail: str | None
    hint: str | None


def _key(load: TableLoad) -> str:
    return ", ".join(load.key.columns) if load.key else ""


def _duplicate(load: TableLoad, found: dict[str, Any]) -> _Told:
    # of a CSV file, rows are known by their number
    first = found["first"] if load.bulk is None else cell_of(load, int(found["first"]), None).line
    return _Told(
        code="duplicate-key",
        message=f"`{load.table.name}` has two rows of one key",
        detail=f"the same ({_key(load)}) as in line {first}",
        hint="keep one of them",
    )


def _null_key(load: TableLoad, _: dict[str, Any]) -> _Told:
    return _Told(
        code="null-in-key",
        message=f"a row of `{load.table.name}` has no value in its key ({_key(load)})",
        detail="unquoted and empty is NULL"
        if load.bulk is not None
        else "the next run would not find it, and insert it a second time",
        hint='write a value; an empty text is ""',
    )


def _missing(load: TableLoad, found: dict[str, Any]) -> _Told:
    return _Told(
        code="not-null",
        message=f"a new row of `{load.table.name}` needs a value for `{found['column']}`",
        detail=f"`{found['column']}` is not null and has no default",
        hint=f"write `{found['column']}` in this row, or in `defaults`",
    )


def _ambiguous(load: TableLoad, found: dict[str, Any]) -> _Told:
    return _Told(
        code="lookup-ambiguous",
        message=f"the lookup in `{load.table.name}.{found['column']}` finds several rows",
        detail=None,
        hint="look up by columns that tell them apart",
    )


def _expression(load: TableLoad, found: dict[str, Any]) -> _Told:
    return _Told(
        code="row-refused",
        message=f"the expression in `{load.table.name}.{found['column']}` could not be evaluated",
        detail=f"{short(found['message'])} ({found['sqlstate']})",
        hint=None,
    )


def _circle(_: TableLoad, found: dict[str, Any]) -> _Told:
    return _Told(
        code="lookup-circle",
        message=f"rows of {found['tables']} look one another up in a circle",
        detail="each of them needs another one to be there first, in a column that cannot be null",
        hint="write the ids themselves, or make one of the columns nullable with a migration",
    )


def _absent(load: TableLoad, _: dict[str, Any]) -> _Told:
    return _Told(
        code="row-not-there",
        message=f"`{load.table.name}` has no row with the ({_key(load)}) of this one, and `mode: update` inserts none",
        detail=None,
        hint="correct the key, or use `mode: upsert`",
    )


def _outside(load: TableLoad, _: dict[str, Any]) -> _Told:
    return _Told(
        code="sync-outside",
        message=f"this row of `{load.table.name}` is not within `where: {load.table.where}`",
        detail="the next run would not find it among the rows that the file looks after",
        hint="give the row what the condition asks for, for example in `defaults`",
    )


def _lost(load: TableLoad, _: dict[str, Any]) -> _Told:
    condition = load.key.predicate if load.key is not None else None
    return _Told(
        code="no-key",
        message=f"this row of `{load.table.name}` is not within the condition of its key: `where {condition}`",
        detail="the next run would not find it, and insert it a second time",
        hint="take the row out, or name a key that all rows have",
    )


def _identity(load: TableLoad, found: dict[str, Any]) -> _Told:
    return _Told(
        code="identity-always",
        message=f"`{load.table.name}.{found['column']}` is GENERATED ALWAYS: it cannot be changed once a row is there",
        detail=None,
        hint=f"write the value that the row has, or leave `{found['column']}` out",
    )


_TOLD: dict[str, Callable[[TableLoad, dict[str, Any]], _Told]] = {
    "absent": _absent,
    "ambiguous": _ambiguous,
    "circle": _circle,
    "duplicate": _duplicate,
    "expression": _expression,
    "identity": _identity,
    "lost": _lost,
    "missing": _missing,
    "null-key": _null_key,
    "outside": _outside,
}
_IN_THE_CELL = frozenset({"ambiguous", "expression"})


def _unresolved(load: TableLoad, cells: list[tuple[int, str]], outcome: str) -> MigratorError:
    """The lookups that found no row, each at its place."""
    errors = [
        WorkError(
            f"the lookup in `{load.table.name}.{column}` finds no row",
            code="lookup-failed",
            where=where,
            outcome=outcome if len(cells) == 1 else None,
            hint="write the row that it means, in this file or another, or correct the value",
        )
        for (_, column), where in zip(cells, cells_of(load, cells), strict=True)
    ]
    if len(errors) == 1:
        return errors[0]
    return WorkError(
        f"{len(errors)} lookups of `{load.table.name}` find no row",
        code="lookup-failed",
        outcome=outcome,
        causes=tuple(errors),
    )
