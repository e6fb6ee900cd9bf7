"""A staging table: typed as its target, gone with its transaction, and how its rows are written in SQL."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from migrator.seeding.books.tables import Column, Key
from migrator.seeding.preparing.forms import Cell
from migrator.seeding.preparing.shapes import FileLoad, Shape, TableLoad
from migrator.seeding.preparing.values import NULL
from migrator.sql.names import literal, quote
from migrator.sql.qualifying import qualified

REFUSED = "MGS01"
"""The SQLSTATE with which staging refuses rows; the error's detail is a JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A table's rows in staging.

    Attributes:
        index: which of the unit's stages.
        load: the rows.
        late: it is the table of the rows whose lookups are found when everything else is written.
    """

    index: int
    load: TableLoad
    late: bool = False
    _places: dict[Cell, str] = field(init=False, repr=False, compare=False)
    _copied: frozenset[Cell] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look up once where everything is: statements name every cell of every shape many times."""
        places = {cell: f"c{index}" for index, cell in enumerate(self.load.staged())}
        object.__setattr__(self, "_places", places)
        object.__setattr__(self, "_copied", frozenset(self.load.copied()))

    @property
    def name(self) -> str:
        """The staging table."""
        return f"migrator_seed_{self.index}" + ("_late" if self.late else "")

    @property
    def target(self) -> str:
        """The table that rows are for."""
        return self.load.info.quoted

    def columns(self) -> list[str]:
        """The names of the staging table's columns that COPY brings, in its order."""
        if self.load.bulk is not None:
            return [self.place(cell) for cell in self.load.bulk.fields]
        return ["shape", "line", *(f"c{index}" for index in range(len(self.load.copied())))]

    def creation(self) -> str:
        """The statement that makes the staging table, for the transaction that it ends with."""
        defaults: dict[Cell, str] = {}
        parts = ["shape int2", "line int4"]
        if self.load.bulk is not None:
            # what the spool tells of each row; the sequence counts records
            parts = ["shape int2 default 0", "line int4 generated always as identity (cache 1000)"]
            (shape,) = self.load.shapes
            filled = shape.cells[len(self.load.bulk.fields) :]
            defaults = {cell: text for cell, text in zip(filled, shape.tail, strict=True) if text is not NULL}
        for cell, place in self._places.items():
            declaration = cell.base if isinstance(cell, Column) and self._loose(cell) else cell.declaration
            given = f" default {literal(defaults[cell])}" if cell in defaults else ""
            parts.append(f"{place} {declaration}{given}")
        return f"create temporary table {self.name} ({', '.join(parts)}) on commit drop"

    def _loose(self, column: Column) -> bool:
        """A domain may refuse the NULL that stands for a column which some rows do not have, or do not have yet."""
        return column.is_domain and (len(self.load.shapes) > 1 or column not in self._copied)

    def cell(self, cell: Cell) -> str:
        """A staged value of a row `s`, as the target's type."""
        name = f"s.{self.place(cell)}"
        return f"{name}::{cell.type.name}" if isinstance(cell, Column) and self._loose(cell) else name

    def has(self, cell: Cell) -> bool:
        """Whether the staging table has a column for a cell."""
        return cell in self._places

    def place(self, cell: Cell) -> str:
        """The staging table's column for a cell."""
        return self._places[cell]

    def key_columns(self, key: Key) -> list[Column]:
        """The columns of a key, in its order."""
        return [self.load.info.columns[name] for name in key.columns]

    def match(self, key: Key, mine: list[str] | None = None) -> str:
        """The condition that a staged row `s` and a target row `t` have one key; `mine`: the key's cells elsewhere."""
        parts = []
        cells = self._cells(key, mine)
        rows = {column.name: f"t.{quote(column.name)}" for column in self.load.info.columns.values()}
        for part, equals in zip(key.parts, key.operators, strict=True):
            theirs, ours = qualified(part, rows), qualified(part, cells)
            same = f"{theirs} {equals} {ours}"
            parts.append(f"({same} or ({theirs} is null and {ours} is null))" if key.nulls_equal else same)
        if key.predicate is not None:
            parts.append(f"({qualified(key.predicate, rows)})")
        return " and ".join(parts)

    def keys(self, key: Key) -> str:
        """What a key compares, of rows in staging."""
        return ", ".join(self.key_parts(key))

    def key_parts(self, key: Key) -> list[str]:
        """The same, one by one."""
        cells = self._cells(key)
        return [qualified(part, cells) for part in key.parts]

    def key_cells(self, key: Key) -> str:
        """The key's columns in staging."""
        return ", ".join(self._cells(key).values())

    def _cells(self, key: Key, mine: list[str] | None = None) -> dict[str, str]:
        columns = self.key_columns(key)
        cells = mine or [self.cell(column) for column in columns]
        return {column.name: cell for column, cell in zip(columns, cells, strict=True)}

    def changing(self, shape: Shape, key: Key) -> list[Column]:
        """The columns of a shape that an update may set."""
        fixed = {*key.fixed, *(name for name, _ in self.load.table.keep)}
        fixed |= {column.name for column, _ in shape.expressions()}
        return [column for column in shape.columns if column.name not in fixed and column.identity != "always"]


def stages_of(files: Iterable[FileLoad]) -> list[Stage]:
    """A stage for each table of each file."""
    return [Stage(index=index, load=load) for index, load in enumerate(load for file in files for load in file.tables)]


def refuse(stage: Stage, problem: str, condition: str, **more: str) -> str:
    """Raise the error of a staging check; `first_line` and `last_line` say which rows."""
    extra = "".join(f", {literal(name)}, {literal(value)}" for name, value in more.items())
    return (
        f"if {condition} then raise exception 'refused' using errcode = '{REFUSED}', detail = json_build_object("
        f"'problem', '{problem}', 'stage', {stage.index}, 'line', last_line, 'first', first_line{extra}); end if;"
    )
