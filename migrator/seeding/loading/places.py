"""Where a cell of a row stands in its file: the file is read again, which only a failure does."""

from contextlib import closing

from migrator.seeding.files.nodes import Batch, Node, Row, place_of, span, width_of
from migrator.seeding.files.reader import MisreadError
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.preparing.shapes import TableLoad
from migrator.source import Span


def cell_of(load: TableLoad, line: int | None, column: str | None) -> Span:
    """Where a cell of the row in this line stands; the row's first key, where no column is named."""
    found = None
    try:
        found = _row(load, line, fold=True)
    except MisreadError:
        found = _row(load, line, fold=False)
    if found is None:
        return table_of(load)
    node: Node = found.keys[0] if found.keys else load.table.defaults[0][0]
    if column in found.names:
        node = found.cells[found.names.index(column)]
    else:
        node = next((value for key, value in load.table.defaults if key.value == column), node)
    return span(load.file.path, load.file.shown, place_of(node), width_of(node))


def _row(load: TableLoad, line: int | None, *, fold: bool) -> Row | None:
    if line is None:
        return None
    document = SeedDocument(load.file.path, load.file.shown, fold=fold)
    with closing(document.tables()) as tables:
        for table in tables:
            if table.name != load.table.name:
                continue
            for item in document.rows():
                if isinstance(item, Batch):
                    if item.line < line <= item.line + len(item.rows) * item.height:
                        first = line - 1 - (line - 1 - item.line) % item.height
                        return document.reread(first, item.height)
                elif item.line == line - 1:
                    return item
            return None
    return None


def table_of(load: TableLoad) -> Span:
    """Where the table's name stands."""
    return span(load.file.path, load.file.shown, load.table.place, len(load.table.name))
