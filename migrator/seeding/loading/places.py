"""Where a cell of a row stands in its file: the file is read again, which only a failure does."""

from collections.abc import Sequence
from contextlib import closing

from migrator.seeding.files.nodes import Batch, Node, Row, place_of, span, width_of
from migrator.seeding.files.reader import MisreadError
from migrator.seeding.files.rows import SeedDocument
from migrator.seeding.preparing.shapes import Bulk, TableLoad
from migrator.source import Span


def cell_of(load: TableLoad, line: int | None, column: str | None) -> Span:
    """Where a cell of the row in this line stands; the row's first key, where no column is named."""
    return table_of(load) if line is None else cells_of(load, [(line, column)])[0]


def cells_of(load: TableLoad, cells: Sequence[tuple[int, str | None]]) -> list[Span]:
    """The same for several cells, in one reading."""
    wanted = sorted({line for line, _ in cells})
    if load.bulk is not None:
        return _in_csv(load, load.bulk, cells)
    try:
        rows = _rows(load, wanted, fold=True)
    except MisreadError:
        rows = _rows(load, wanted, fold=False)
    return [_place(load, rows.get(line), column) for line, column in cells]


def _in_csv(load: TableLoad, bulk: Bulk, cells: Sequence[tuple[int, str | None]]) -> list[Span]:
    """Rows of a CSV file are known by their number."""
    left = {number for number, _ in cells}
    found = {}
    for record in bulk.file.records():
        if record.number in left:
            found[record.number] = record.fields()
            left.discard(record.number)
            if not left:
                break
    names = [cell.name for cell in bulk.fields]
    places = []
    for number, column in cells:
        default = next((value for key, value in load.table.defaults if key.value == column), None)
        fields = found.get(number)
        index = names.index(column) if column in names else 0
        if fields is None:
            places.append(table_of(load))
        elif default is not None and column not in names:
            places.append(span(load.file.path, load.file.shown, place_of(default), width_of(default)))
        else:
            field = fields[min(index, len(fields) - 1)]
            places.append(bulk.file.place(field.place, field.width))
    return places


def _place(load: TableLoad, row: Row | None, column: str | None) -> Span:
    if row is None:
        return table_of(load)
    defaults = (load.written or load.table).defaults
    node: Node = row.keys[0] if row.keys else defaults[0][0]
    names = load.places.get(column or "", (column,))
    here = [cell for name, cell in zip(row.names, row.cells, strict=True) if name in names]
    node = next(iter(here), next((value for key, value in defaults if key.value in names), node))
    return span(load.file.path, load.file.shown, place_of(node), width_of(node))


def _rows(load: TableLoad, wanted: list[int], *, fold: bool) -> dict[int, Row]:
    """The rows that begin in these lines, which are in order."""
    document = SeedDocument(load.file.path, load.file.shown, fold=fold)
    found: dict[int, Row] = {}
    with closing(document.tables()) as tables:
        for table in tables:
            if table.name != (load.written or load.table).name:
                continue
            left = iter(wanted)
            line = next(left, None)
            for item in document.rows():
                if line is None:
                    break
                end = item.line + len(item.rows) * item.height if isinstance(item, Batch) else item.line + 1
                while line is not None and line <= end:
                    if isinstance(item, Batch):
                        found[line] = document.reread(line - 1, item.height)
                    elif line == end:
                        found[line] = item
                    line = next(left, None)
            break
    return found


def table_of(load: TableLoad) -> Span:
    """Where the table's name stands."""
    return span(load.file.path, load.file.shown, load.table.place, len(load.table.name))
