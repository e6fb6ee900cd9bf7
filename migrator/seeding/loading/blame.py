"""From PostgreSQL's complaint about a row back to the scalar in the seed file that is to blame."""

import re
from collections.abc import Iterator
from itertools import islice

from migrator.database.supabase.reserved import rows_refused_there
from migrator.errors import MigratorError, ServerError, ServerReport, WorkError
from migrator.seeding.books.tables import Column
from migrator.seeding.loading.places import cell_of, table_of
from migrator.seeding.loading.refused import refused, short
from migrator.seeding.loading.scripts import ScriptRefusedError
from migrator.seeding.loading.staging import REFUSED, Stage
from migrator.seeding.preparing.shapes import Bulk, TableLoad
from migrator.seeding.preparing.spool import Spool
from migrator.source import Span

_COPY = re.compile(r"COPY migrator_seed_(\d+), line (\d+)(?:, column (c\d+|shape|line))?")
_MISSING = re.compile(r'"(c\d+)"')
_KEY = re.compile(r"Key \((.*?)\)=\((.*)\)", re.DOTALL)
_FAILING_ROW = re.compile(r"Failing row contains \((.*)\)\.", re.DOTALL)
_UNESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_TRUNCATED = "..."


def explain(error: ServerError, stages: list[Stage], spool: Spool) -> MigratorError:
    """The failure of a file, told at the line that PostgreSQL refused, with its own words."""
    if isinstance(error, ScriptRefusedError):
        return error.told()
    report = error.report
    if report.sqlstate == REFUSED:
        return refused(report, stages)
    load, where = _place(report, stages, spool)
    words = f"{short(_in_our_words(report, load))} ({report.sqlstate})"
    # a whole row of `auth.users` holds the hash of a password
    if report.detail and not (load is not None and load.written and _FAILING_ROW.search(report.detail)):
        words += f": {short(report.detail)}"
    shown = load.file.shown if load is not None else stages[0].load.file.shown if stages else "the file"
    table = f"`{load.table.name}` of " if load is not None else ""
    return WorkError(
        f"{table}`{shown}` could not be loaded",
        code="row-refused",
        where=where,
        detail=words,
        outcome=f"`{shown}` was rolled back",
        hint=report.way_out
        or report.hint
        or rows_refused_there(report, load.info.schema if load is not None else None)
        or _hint(report),
        sqlstate=report.sqlstate,
    )


def _in_our_words(report: ServerReport, load: TableLoad | None) -> str:
    """What COPY says of a record with too few fields names a column of staging."""
    missing = _MISSING.search(report.message) if report.sqlstate == "22P04" else None
    if missing is None or load is None:
        return report.message
    return report.message.replace(f'"{missing[1]}"', f'"{load.staged()[int(missing[1][1:])].name}"')


def _hint(report: ServerReport) -> str | None:
    hints = {
        "22P04": "each record has as many fields as the header; a field with a comma in it is quoted",
        "23505": "another row has this key: change one of them, or name this key with `key:` to update that row",
        "23503": "write the row that it refers to, in this file or another",
        "42501": "seed as a role that may write this table",
        "55P03": "something else holds a lock on it: run the command again",
    }
    return hints.get(report.sqlstate)


def _place(report: ServerReport, stages: list[Stage], spool: Spool) -> tuple[TableLoad | None, Span | None]:
    found = _COPY.search(report.context or "")
    if found:
        load = stages[int(found[1])].load
        column = None
        if found[3] and found[3].startswith("c"):
            column = load.staged()[int(found[3][1:])].name
        return load, cell_of(load, _line(load, spool, int(found[2])), column)
    named = [stage.load for stage in stages if _is_about(report, stage.load)]
    if not named:
        only = stages[0].load if len(stages) == 1 else None
        return only, table_of(only) if only is not None else None
    for load in named:
        for names, values in _wanted(report, load):
            line = _search(load, spool, names, values)
            if line is not None:
                return load, cell_of(load, line, report.column or names[0])
    return named[0], table_of(named[0])


def _is_about(report: ServerReport, load: TableLoad) -> bool:
    return (load.info.schema, load.info.name) == (report.schema, report.table)


def _wanted(report: ServerReport, load: TableLoad) -> Iterator[tuple[list[str], str]]:
    """Which columns have which text in the refused row, as the server's detail tells it."""
    key = _KEY.search(report.detail or "")
    if key:
        names = [name.strip('"') for name in key[1].split(", ")]
        if all(name in load.info.columns for name in names):
            yield names, key[2]
    row = _FAILING_ROW.search(report.detail or "")
    if row and load.key is not None:
        cells = row[1].split(", ")
        columns = list(load.info.columns.values())
        if len(cells) == len(columns):
            texts = {column.name: cell for column, cell in zip(columns, cells, strict=True)}
            yield list(load.key.columns), ", ".join(texts[name] for name in load.key.columns)


def _search(load: TableLoad, spool: Spool, names: list[str], values: str) -> int | None:
    """The line of the row whose cells read so; None when it is not found by its text."""
    if load.bulk is not None:
        return _search_csv(load.bulk, names, values)
    positions = []
    for shape in load.shapes:
        at = {cell.name: index + 2 for index, cell in enumerate(shape.cells) if isinstance(cell, Column)}
        positions.append([at[name] for name in names] if all(name in at for name in names) else None)
    cut = values.endswith(_TRUNCATED)
    wanted = values.removesuffix(_TRUNCATED).encode()
    for line in spool.lines(load.start, load.end):
        cells = line.split(b"\t")
        here = positions[int(cells[0])]
        if here is None:
            continue
        text = b", ".join([b"null" if cells[index] == rb"\N" else _unescape(cells[index]) for index in here])
        if text == wanted or (cut and text.startswith(wanted)):
            return int(cells[1])
    return None


def _search_csv(bulk: Bulk, names: list[str], values: str) -> int | None:
    at = {cell.name: index for index, cell in enumerate(bulk.fields) if isinstance(cell, Column)}
    if not all(name in at for name in names):
        return None
    cut, wanted = values.endswith(_TRUNCATED), values.removesuffix(_TRUNCATED)
    here = [at[name] for name in names]
    for record in islice(bulk.file.records(), 1, None):
        fields = record.fields()
        text = ", ".join(["null" if (cell := fields[index].text) is None else cell for index in here])
        if text == wanted or (cut and text.startswith(wanted)):
            return record.number
    return None


def _line(load: TableLoad, spool: Spool, number: int) -> int | None:
    """The line in the file of a row that COPY counted, from 1; of a CSV file, the number of its record."""
    if load.bulk is not None:
        return next((record.number for record in load.bulk.file.records() if record.copied >= number), None)
    for index, line in enumerate(spool.lines(load.start, load.end), 1):
        if index == number:
            return int(line.split(b"\t", 2)[1])
    return None


def _unescape(cell: bytes) -> bytes:
    return _UNESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), cell) if b"\\" in cell else cell
