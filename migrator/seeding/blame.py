"""From PostgreSQL's complaint about a row back to the scalar in the YAML file that is to blame."""

import json
import re
from collections.abc import Iterator

from migrator.errors import MigratorError, ServerError, ServerReport, WorkError
from migrator.seeding.document import Document, Node, Place, Row, span
from migrator.seeding.merge import REFUSED, Stage
from migrator.seeding.prepare import TableLoad
from migrator.seeding.spool import Spool
from migrator.source import Span

_COPY = re.compile(r"COPY migrator_seed_(\d+), line (\d+)(?:, column (c\d+|shape|line))?")
_KEY = re.compile(r"Key \((.*?)\)=\((.*)\)", re.DOTALL)
_FAILING_ROW = re.compile(r"Failing row contains \((.*)\)\.", re.DOTALL)
_UNESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_TRUNCATED = "..."


def explain(error: ServerError, stages: list[Stage], spool: Spool) -> MigratorError:
    """The failure of a file, told at the line that PostgreSQL refused, with its own words."""
    report = error.report
    if report.sqlstate == REFUSED:
        return _refused(report, stages)
    words = f"{report}: {report.detail}" if report.detail else str(report)
    load, where = _place(report, stages, spool)
    shown = load.file.shown if load is not None else stages[0].load.file.shown if stages else "the file"
    table = f"`{load.table.name}` of " if load is not None else ""
    return WorkError(
        f"{table}`{shown}` could not be loaded",
        code="row-refused",
        where=where,
        detail=words,
        outcome=f"`{shown}` was rolled back",
        hint=report.hint or _hint(report),
        sqlstate=report.sqlstate,
    )


def _hint(report: ServerReport) -> str | None:
    hints = {
        "23505": "another row has this key: change one of them, or name this key with `key:` to update that row",
        "23503": "write the row that it refers to, in this file or another",
        "42501": "seed as a role that may write this table",
        "55P03": "something else holds a lock on it: run the command again",
    }
    return hints.get(report.sqlstate)


def _refused(report: ServerReport, stages: list[Stage]) -> MigratorError:
    """A staging check of ours, which knows the lines."""
    found = json.loads(report.detail or "{}")
    stage = stages[found["stage"]]
    load = stage.load
    line, column = int(found["line"]), found.get("column")
    where = _row_start(load, line)
    name, shown = load.table.name, load.file.shown
    outcome = f"`{shown}` was rolled back"
    if found["problem"] == "duplicate":
        key = ", ".join(load.key.columns) if load.key else ""
        return WorkError(
            f"`{name}` has two rows of one key",
            code="duplicate-key",
            where=where,
            detail=f"the same ({key}) as in line {found['first']}",
            outcome=outcome,
            hint="keep one of them",
        )
    if found["problem"] == "missing":
        return WorkError(
            f"a new row of `{name}` needs a value for `{column}`",
            code="not-null",
            where=where,
            detail=f"`{column}` is not null and has no default",
            outcome=outcome,
            hint=f"write `{column}` in this row, or in `defaults`",
        )
    return WorkError(
        f"`{name}.{column}` is GENERATED ALWAYS: it cannot be changed once a row is there",
        code="identity-always",
        where=where,
        outcome=outcome,
        hint=f"write the value that the row has, or leave `{column}` out",
    )


def _row_start(load: TableLoad, line: int) -> Span:
    for row in _rows(load):
        if row.line == line - 1:
            return _span(load, row.keys[0]) if row.keys else _table(load)
    return _table(load)


def _place(report: ServerReport, stages: list[Stage], spool: Spool) -> tuple[TableLoad | None, Span | None]:
    found = _COPY.search(report.context or "")
    if found:
        load = stages[int(found[1])].load
        column = None
        if found[3] and found[3].startswith("c"):
            column = load.staged()[int(found[3][1:])].name
        return load, _cell(load, int(found[2]), column)
    load = next(
        (s.load for s in stages if (s.load.info.schema, s.load.info.name) == (report.schema, report.table)), None
    )
    if load is None:
        only = stages[0].load if len(stages) == 1 else None
        return only, _table(only) if only is not None else None
    wanted = _wanted(report, load)
    for names, values in wanted:
        number = _search(load, spool, names, values)
        if number is not None:
            return load, _cell(load, number, names[0])
    return load, _table(load)


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
            if report.column in texts:
                names = [report.column, *load.key.columns]
                yield list(load.key.columns), ", ".join(texts[name] for name in load.key.columns)
            yield list(load.key.columns), ", ".join(texts[name] for name in load.key.columns)


def _search(load: TableLoad, spool: Spool, names: list[str], values: str) -> int | None:
    """The number, from 1, of the row whose cells read so; None when it is not found by its text."""
    positions = []
    for shape in load.shapes:
        at = {column.name: index + 2 for index, column in enumerate(shape.columns)}
        positions.append([at[name] for name in names] if all(name in at for name in names) else None)
    wanted = values.removesuffix(_TRUNCATED).encode()
    for number, line in enumerate(spool.lines(load.start, load.end), 1):
        cells = line.split(b"\t")
        here = positions[int(cells[0])]
        if here is None:
            continue
        text = b", ".join(b"null" if cells[index] == rb"\N" else _unescape(cells[index]) for index in here)
        if text == wanted or (values.endswith(_TRUNCATED) and text.startswith(wanted)):
            return number
    return None


def _unescape(cell: bytes) -> bytes:
    return _UNESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), cell) if b"\\" in cell else cell


def _cell(load: TableLoad, number: int, column: str | None) -> Span:
    """Where a row's cell stands: the file is read again, which only a failure does."""
    for index, row in enumerate(_rows(load), 1):
        if index == number:
            return _span(load, _node(load, row, column))
    return _table(load)


def _node(load: TableLoad, row: Row, column: str | None) -> Node:
    if column in row.names:
        return row.cells[row.names.index(column)]
    for key, node in load.table.defaults:
        if key.value == column:
            return node
    return row.keys[0]


def _rows(load: TableLoad) -> Iterator[Row]:
    document = Document(load.file.path, load.file.shown)
    for table in document.tables():
        rows = document.rows()
        if table.name == load.table.name:
            yield from rows
            return
        for _ in rows:
            pass


def _span(load: TableLoad, node: Node) -> Span:
    start, end = node.start_mark, getattr(node, "end_mark", None)
    width = end.column - start.column if end is not None and end.line == start.line else 1
    return span(load.file.path, load.file.shown, Place(start.line, start.column), width)


def _table(load: TableLoad) -> Span:
    return span(load.file.path, load.file.shown, load.table.place, len(load.table.name))
