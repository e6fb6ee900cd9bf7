"""From the first row of its kind to a shape: its columns, the forms of its cells, and what `defaults` add."""

from collections.abc import Sequence as Several

from migrator.errors import InputError
from migrator.seeding.books.tables import Column
from migrator.seeding.files.nodes import Document, Mapping, Node, Row, place_of, width_of
from migrator.seeding.preparing import check
from migrator.seeding.preparing.forms import Form, Mark, Part, mark_of, operator_of
from migrator.seeding.preparing.keys import Context
from migrator.seeding.preparing.lookups import Lookups
from migrator.seeding.preparing.refusal import ValueRefusedError, refused_at
from migrator.seeding.preparing.shapes import Shape, TableLoad
from migrator.seeding.preparing.values import NULL, checker, encoder


class Shaping:
    """The shapes of one table's rows in one file.

    Args:
        context: of the run; told what is wrong.
        document: the file.
        load: the table; shapes are added to it.

    Attributes:
        document: where what comes next stands.
        referring: the columns of the table's foreign keys.
        broken: something is wrong, so that its key cannot be told.
    """

    def __init__(self, context: Context, document: Document, load: TableLoad) -> None:
        self.document = document
        self._load = load
        self._operators = context.operators(load, document)
        self._lookups = Lookups(context.catalog, self._operators)
        self._problems = context.problems
        self.referring = {name for key in load.info.foreign_keys for name in key.columns}
        self._defaults: list[tuple[Form, list[str]]] = []
        self.broken = False

    def read_defaults(self) -> None:
        """The options that name columns, and the cells of `defaults`."""
        load, document = self._load, self.document
        for error in check.table_options(document, load.table, load.info):
            self._problems.add(error)
            self.broken = True
        named = [(key.value, place_of(key)) for key, _ in load.table.defaults]
        for error in check.columns(document, load.table, load.info, named):
            self._problems.add(error)
        for key, node in load.table.defaults:
            column = load.info.columns.get(key.value)
            if column is None or column.generated:
                continue
            try:
                form = self._form(column, node)
                texts = form.encode(node)
            except ValueRefusedError as error:
                self.refuse(error, node)
                continue
            if texts[0] is NULL and column.not_null:
                where = place_of(node), width_of(node)
                self._problems.add(check.null_refused(document, load.table, column, *where, key=False))
                continue
            self._defaults.append((form, texts))

    def marks(self, row: Row) -> tuple[Mark, ...] | None:
        """What tells a row's forms apart from those of rows with the same columns; None where all cells are plain."""
        marks = [mark_of(cell, refers=name in self.referring) for name, cell in zip(row.names, row.cells, strict=True)]
        return tuple(marks) if any(mark is not None for mark in marks) else None

    def shape(self, row: Row, *, plain: bool) -> Shape | None:
        """A shape that was not met before, from its first row; None when its columns or forms are wrong."""
        load, info = self._load, self._load.info
        named = [(key.value, place_of(key)) for key in row.keys]
        errors = list(check.columns(self.document, load.table, info, named))
        own = [info.columns[name] for name in row.names if name in info.columns]
        forms: list[Form] = []
        if not errors and not plain:
            for column, cell in zip(own, row.cells, strict=True):
                try:
                    forms.append(self._form(column, cell))
                except ValueRefusedError as refused:
                    errors.append(self.error(refused, cell))
        errors += self._twice(row, forms)
        for error in errors:
            self._problems.add(error)
        if errors:
            self.broken = True
            return None
        columns = [column for form in forms for column in form.columns] if forms else own
        names = {column.name for column in columns}
        filled = [pair for pair in self._defaults if names.isdisjoint(column.name for column in pair[0].columns)]
        cells = [cell for form in forms for cell in form.cells] if forms else list(own)
        cells += [cell for form, _ in filled for cell in form.cells]
        columns += [column for form, _ in filled for column in form.columns]
        same = not any(isinstance(cell, Part) for cell in cells)
        checks = [] if forms else [(index, checker(column)) for index, column in enumerate(own)]
        shape = Shape(
            number=len(load.shapes),
            line=row.line + 1,
            columns=tuple(columns),
            cells=tuple(columns) if same else tuple(cells),
            tail=[text for _, texts in filled for text in texts],
            encoders=[encoder(column, self._operators) for column in own],
            checks=[(index, found) for index, found in checks if found is not None],
            watched={
                index for index, cell in enumerate(cells) if isinstance(cell, Column) and cell.name in self.referring
            },
            forms=tuple(forms),
            filled=tuple(form for form, _ in filled),
        )
        for lookup in shape.lookups():
            load.referring |= {column.name for column in lookup.columns} & self.referring
        load.referring |= {column.name for column, _ in shape.expressions()} & self.referring
        load.shapes.append(shape)
        return shape

    def _form(self, column: Column, node: Node) -> Form:
        """What a cell is. Raises `ValueRefusedError`."""
        mark = mark_of(node, refers=column.name in self.referring)
        if mark is None or not isinstance(node, Mapping):
            plain = encoder(column, self._operators)
            return Form(columns=(column,), cells=(column,), encode=lambda cell: [plain(cell)])
        if operator_of(node) != "$sql":
            return self._lookups.form(self._load.info, column, node)
        return self._expression(column, node)

    def _expression(self, column: Column, node: Mapping) -> Form:
        if not self._load.table.inserts:
            raise ValueRefusedError(
                "`$sql` is for rows that are inserted, and `mode: update` inserts none", node, hint="write the value"
            )
        part = Part(name=column.name, path=("$sql",), declaration="text")
        return Form(columns=(column,), cells=(part,), encode=self._operators.expression, expression=part)

    def _twice(self, row: Row, forms: Several[Form]) -> list[InputError]:
        """A column that a lookup under another one fills, too."""
        seen: set[str] = set()
        for form, cell, name in zip(forms, row.cells, row.names, strict=False):
            for column in form.columns:
                if column.name in seen or (column.name != name and column.name in row.names):
                    said = f"`{column.name}` is filled by the lookup under `{name}`, and by a value of its own"
                    return [self.error(ValueRefusedError(said, cell, hint="write one of the two"), cell)]
                seen.add(column.name)
        return []

    def error(self, error: ValueRefusedError, node: Node) -> InputError:
        """A refused value as an error at its place, or that of its cell."""
        at = error if error.node is not None else error.at(node)
        return refused_at(self.document.path, self.document.shown, at, place_of(node))

    def refuse(self, error: ValueRefusedError, node: Node) -> None:
        """Tell of a refused value."""
        self._problems.add(self.error(error, node))
