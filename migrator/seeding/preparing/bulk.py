"""A table's rows from a CSV file: its header as the one shape of them; the rows themselves go to COPY as they are."""

import dataclasses
from dataclasses import dataclass
from typing import NoReturn

from migrator.errors import InputError
from migrator.seeding.files.csvfile import CsvFile, Field
from migrator.seeding.files.nodes import Document, Mapping, MovedScalar, Node, Place, Row, Scalar
from migrator.seeding.files.survey import Survey, survey
from migrator.seeding.preparing import check
from migrator.seeding.preparing.forms import Cell
from migrator.seeding.preparing.keys import Context
from migrator.seeding.preparing.refusal import ValueRefusedError
from migrator.seeding.preparing.shapes import Bulk, Shape, TableLoad
from migrator.seeding.preparing.shaping import Shaping

_SEPARATORS = {";": "`;`", "\t": "tabs", "|": "`|`"}


@dataclass(slots=True)
class _Name:
    """A name in the header, or the first part of several: `org_id`, of `org_id.slug` and `org_id.region`.

    Attributes:
        place: where it stands first.
        field: which field it is; None for a part of others.
        inner: what follows its dot.
    """

    place: Place
    field: int | None = None
    inner: "dict[str, _Name]" = dataclasses.field(default_factory=dict)


def read_bulk(context: Context, document: Document, load: TableLoad, file: CsvFile) -> Survey:
    """Fill `load` from a CSV file. `document` is where the table and its options stand: a seed file, or the CSV itself.

    What is wrong is told to the context. Raises `InputError` for what is no CSV, and `UnreadTableError`.
    """
    found = survey(file, context.beat)
    shaping = Shaping(context, document, load)
    shaping.read_defaults()
    names = _names(context, load, file, found.header)
    if names is None:
        return found
    shaping.document = file
    keys: list[Scalar] = [_scalar(name, known.place) for name, known in names.items()]
    row = Row(0, tuple(names), keys, [_node(known) for known in names.values()])
    shape = shaping.shape(row, plain=not any(known.inner for known in names.values()))
    if shape is None:
        return found
    load.bulk = Bulk(file=file, fields=_fields(shape, names), size=found.size, digest=found.digest)
    load.rows = found.records
    load.referring |= {column.name for column in shape.columns} & shaping.referring
    if found.records and not shaping.broken:
        _settle(context, document, file, load)
    return found


def _settle(context: Context, document: Document, file: CsvFile, load: TableLoad) -> None:
    """The key of the table."""
    columns = frozenset(column.name for column in load.shapes[0].columns)
    key = check.infer_key(document, load.table, load.info, [columns])
    if isinstance(key, InputError):
        context.problems.add(key)
        return
    load.key = key
    if key is None:
        for error in check.values_missing(file, load):
            context.problems.add(error)
        return
    for column, _ in load.shapes[0].expressions():
        if column.name in key.columns:
            context.problems.add(check.computed_key(file, load.table, column.name, 1))


def _names(context: Context, load: TableLoad, file: CsvFile, header: tuple[Field, ...]) -> dict[str, _Name] | None:
    """The names of the header, those of one lookup together; None when something is wrong, which is told."""
    found: dict[str, _Name] = {}
    wrong = False
    for number, each in enumerate(header):
        try:
            _enter(found, load, each, number)
        except ValueRefusedError as error:
            wrong = True
            hint = error.hint
            if len(header) == 1:
                used = next((mark for mark in _SEPARATORS if mark in (each.text or "")), None)
                hint = f"fields are separated by commas, not by {_SEPARATORS[used]}" if used is not None else hint
            problem = file.refused(error.message, each.place, code=error.code, hint=hint, width=each.width)
            context.problems.add(problem)
    return None if wrong else found


def _enter(found: dict[str, _Name], load: TableLoad, header: Field, number: int) -> None:
    """Put a name into its place among the others. Raises `ValueRefusedError`."""
    text, columns = header.text or "", load.info.columns
    path = [text] if text in columns else text.split(".")
    first = path[0]
    if not text:
        hint = "write the name of its column"
        raise ValueRefusedError(f"field {number + 1} of the header has no name", None, code="bad-csv", hint=hint)
    if first not in columns:
        hint = check.nearest(first, columns) or f"its columns are {', '.join(columns)}"
        message = f"`{load.table.name}` has no column `{first}`"
        raise ValueRefusedError(message, None, code="unknown-column", hint=hint)
    if len(path) > 1 and not any(first in key.columns for key in load.info.foreign_keys):
        message = f"`{first}` refers to no table, so `{text}` looks nothing up"
        raise ValueRefusedError(message, None, hint="write the column alone")
    level, column = found, header.place.column
    for word in path[:-1]:
        name = level.setdefault(word, _Name(place=Place(header.place.line, column)))
        if name.field is not None:
            _twice(f"`{word}` is a value in the header, and a lookup")
        level, column = name.inner, column + len(word) + 1
    if path[-1] in level:
        inner = level[path[-1]].inner
        _twice(f"`{path[-1]}` is a lookup in the header, and a value" if inner else f"the header has `{text}` twice")
    level[path[-1]] = _Name(place=Place(header.place.line, column), field=number)


def _twice(message: str) -> NoReturn:
    raise ValueRefusedError(message, None, code="bad-csv", hint="keep one of them")


def _scalar(text: str, place: Place) -> Scalar:
    return MovedScalar(text, '"', place, Place(place.line, place.column + max(1, len(text))))


def _node(name: _Name) -> Node:
    """What a cell under a name looks like in YAML: a text, or the mapping of a lookup."""
    if not name.inner:
        return _scalar("x", name.place)
    pairs: list[tuple[Scalar, Node]] = [
        (_scalar(word, inner.place), _node(inner)) for word, inner in name.inner.items()
    ]
    return Mapping(pairs, name.place, 0)


def _fields(shape: Shape, names: dict[str, _Name]) -> tuple[Cell, ...]:
    """What each field of a record is, in the order of the header."""
    order = [number for name in names.values() for number in _order(name)]
    return tuple(cell for _, cell in sorted(zip(order, shape.cells, strict=False), key=lambda pair: pair[0]))


def _order(name: _Name) -> list[int]:
    if name.field is not None:
        return [name.field]
    return [number for inner in name.inner.values() for number in _order(inner)]
