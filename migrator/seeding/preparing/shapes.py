"""Rows of a file that are ready to be copied: by table, and within a table by the columns that a row has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrator.seeding.books.tables import Column, Key, TableInfo
from migrator.seeding.files.csvfile import CsvFile
from migrator.seeding.files.folders import SeedFile
from migrator.seeding.files.nodes import Header, Table
from migrator.seeding.files.scripts import Script
from migrator.seeding.preparing.forms import Cell, Form, Lookup, Part
from migrator.seeding.preparing.operators import Includes
from migrator.seeding.preparing.values import Checker, Encoder


@dataclass(slots=True)
class Shape:
    """Rows of a table whose cells have the same columns and forms, in the same order.

    Attributes:
        number: which of the table's shapes.
        line: of the first row, counted from 1.
        columns: those that the row fills, then those that only `defaults` fill.
        cells: what is spooled of a row; `columns` itself where every cell is a plain value.
        tail: the texts that `defaults` fill, the last of the cells.
        encoders: a plain cell's way to text, as many as the row has columns.
        checks: by position, what is to be checked about a scalar.
        watched: positions of foreign-key columns in which every row so far is NULL.
        forms: what the row's own cells are, where not all are plain.
        filled: what `defaults` fill.
        key: positions of the key's columns among the cells; empty where the key is not known.
        key_form: tells keys of lookups from plain ones; empty for those.
    """

    number: int
    line: int
    columns: tuple[Column, ...]
    cells: tuple[Cell, ...]
    tail: list[str]
    encoders: list[Encoder]
    checks: list[tuple[int, Checker]]
    watched: set[int]
    forms: tuple[Form, ...] = ()
    filled: tuple[Form, ...] = ()
    key: tuple[int, ...] = ()
    key_form: str = ""

    def lookups(self) -> list[Lookup]:
        """What has to be looked up in its rows."""
        return [form.lookup for form in (*self.forms, *self.filled) if form.lookup is not None]

    def expressions(self) -> list[tuple[Column, Part]]:
        """The columns that expressions fill, and where their texts are staged."""
        forms = (*self.forms, *self.filled)
        return [(form.columns[0], form.expression) for form in forms if form.expression is not None]

    def origin(self, position: int) -> int | None:
        """Which of the row's own cells a spooled one belongs to; None for one of `defaults`."""
        if not self.forms:
            return position if position < len(self.encoders) else None
        for index, form in enumerate(self.forms):
            if position < len(form.cells):
                return index
            position -= len(form.cells)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """Rows that go to COPY as a CSV file has them.

    Attributes:
        file: the file.
        fields: what each field of a record is, in its order.
        size: bytes of the text.
        digest: the SHA-256 of the file's bytes when it was checked.
    """

    file: CsvFile
    fields: tuple[Cell, ...]
    size: int
    digest: bytes


@dataclass(slots=True)
class TableLoad:
    """The rows of one table in one file.

    Attributes:
        file: the file.
        table: name and options as written.
        info: the table in the database.
        start: the offset of the first row in the spool.
        end: the offset behind the last.
        rows: how many.
        shapes: of its rows.
        key: how rows are found again; None for a table that is filled once.
        referring: foreign-key columns that some row fills.
        keys: the line of each key's text; None where they were too many to remember.
        includes: the files that cells include.
        bulk: where the rows are, if not in the spool.
        written: the table as the file has it, where rows were made of those of a form.
        places: for columns of such rows, the form's columns that they are made of.
    """

    file: SeedFile
    table: Table
    info: TableInfo
    start: int
    includes: Includes
    end: int = 0
    rows: int = 0
    shapes: list[Shape] = field(default_factory=list)
    key: Key | None = None
    referring: set[str] = field(default_factory=set)
    keys: dict[str | tuple[str, ...], int] | None = None
    bulk: Bulk | None = None
    written: Table | None = None
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def copied(self) -> list[Cell]:
        """What COPY brings: the cells of the one shape, or of all shapes, columns first in the order of the catalog."""
        if len(self.shapes) == 1:
            return list(self.shapes[0].cells)
        cells = dict.fromkeys(cell for shape in self.shapes for cell in shape.cells)
        columns = sorted((cell for cell in cells if isinstance(cell, Column)), key=lambda column: column.number)
        return [*columns, *(cell for cell in cells if isinstance(cell, Part))]

    def staged(self) -> list[Cell]:
        """The columns of the staging table: what is copied, then what SQL fills."""
        copied = self.copied()
        known = {cell.number for cell in copied if isinstance(cell, Column)}
        rest = {column.number: column for shape in self.shapes for column in shape.columns}
        return [*copied, *(column for number, column in sorted(rest.items()) if number not in known)]

    def layouts(self) -> list[tuple[int, ...]]:
        """For each shape, which cell of a spooled row goes to which copied column; see `spool.source`."""
        copied = self.copied()
        layouts = []
        for shape in self.shapes:
            at = {cell: index + 2 for index, cell in enumerate(shape.cells)}
            layouts.append((0, 1, *(at.get(cell, -1) for cell in copied)))
        return layouts

    def refers_to(self) -> list[tuple[str, int]]:
        """Which columns refer to which table, by a foreign key that some row fills or by a lookup."""
        found = {
            (", ".join(foreign.columns), foreign.target): None
            for foreign in self.info.foreign_keys
            if set(foreign.columns) & self.referring
        }
        for lookup in (lookup for shape in self.shapes for lookup in shape.lookups()):
            names = ", ".join(column.name for column in lookup.columns)
            found.update({(names, table.oid): None for table in lookup.targets()})
        return list(found)


@dataclass(slots=True)
class FileLoad:
    """A seed file, read and checked; tables without rows are left out.

    `includes`: the files that its cells include. `script`: what it is instead of tables, where it is SQL.
    """

    file: SeedFile
    header: Header
    tables: list[TableLoad]
    includes: Includes
    script: Script | None = None

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(load.rows for load in self.tables)
