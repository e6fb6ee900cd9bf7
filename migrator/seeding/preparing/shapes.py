"""Rows of a file that are ready to be copied: by table, and within a table by the columns that a row has."""

from dataclasses import dataclass, field

from migrator.seeding.books.tables import Column, Key, TableInfo
from migrator.seeding.files.folders import SeedFile
from migrator.seeding.files.nodes import Header, Table
from migrator.seeding.preparing.values import Checker, Encoder


@dataclass(slots=True)
class Shape:
    """Rows of a table that have the same columns, in the same order.

    Attributes:
        number: which of the table's shapes.
        line: of the first row, counted from 1.
        columns: those of the row, then those that only `defaults` fill.
        tail: the cells that `defaults` fill.
        encoders: a cell's way to text, as many as the row has columns.
        checks: by position, what is to be checked about a scalar.
        watched: positions of foreign-key columns in which every row so far is NULL.
        key: positions of the key's columns; empty where the key is not known.
    """

    number: int
    line: int
    columns: tuple[Column, ...]
    tail: list[str]
    encoders: list[Encoder]
    checks: list[tuple[int, Checker]]
    watched: set[int]
    key: tuple[int, ...] = ()


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
    """

    file: SeedFile
    table: Table
    info: TableInfo
    start: int
    end: int = 0
    rows: int = 0
    shapes: list[Shape] = field(default_factory=list)
    key: Key | None = None
    referring: set[str] = field(default_factory=set)
    keys: dict[str | tuple[str, ...], int] | None = None

    def staged(self) -> list[Column]:
        """The columns of the staging table: those of the one shape, or of all shapes in the order of the catalog."""
        if len(self.shapes) == 1:
            return list(self.shapes[0].columns)
        found = {column.number: column for shape in self.shapes for column in shape.columns}
        return [found[number] for number in sorted(found)]

    def layouts(self) -> list[tuple[int, ...]]:
        """For each shape, which cell of a spooled row goes to which column of the staging table; see `spool.source`."""
        columns = self.staged()
        layouts = []
        for shape in self.shapes:
            at = {column.number: index + 2 for index, column in enumerate(shape.columns)}
            layouts.append((0, 1, *(at.get(column.number, -1) for column in columns)))
        return layouts


@dataclass(slots=True)
class FileLoad:
    """A seed file, read and checked; tables without rows are left out."""

    file: SeedFile
    header: Header
    tables: list[TableLoad]

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(load.rows for load in self.tables)
