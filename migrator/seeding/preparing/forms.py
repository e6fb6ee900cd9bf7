"""What a cell stands for: a value's text, the row of another table that it looks up, or an expression of SQL.

Rows whose cells have the same forms are one shape, so that SQL can treat them together.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from migrator.seeding.books.tables import Column, TableInfo
from migrator.seeding.files.nodes import Mapping, Node, Sequence

Mark: TypeAlias = tuple[object, ...] | None
"""What tells the forms of two cells of one column apart, without their values; None for a plain value."""

OPERATORS = frozenset({"$sql", "$file", "$id", "$var", "$json", "$ref"})
"""The keys with which a mapping is something of ours."""

RESERVED = frozenset({"$generate", "$pick", "$choice"})
"""Operators of later versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A staged value that is not a column's own: what a lookup compares with, or the text of an expression.

    Attributes:
        name: the column of the row under which it is written.
        path: what it is within the cell.
        declaration: type and collation, as a temporary table wants them.
    """

    name: str
    path: tuple[str, ...]
    declaration: str = field(compare=False)


Cell: TypeAlias = Column | Part
"""What is spooled and copied: a column's value, or a part of something that SQL will turn into one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Columns of ours that take their values from the one row of another table that matches.

    Attributes:
        columns: ours.
        target: the other table.
        takes: its columns, one for each of ours.
        by: its columns that are compared, each with a staged value or with what another lookup finds.
    """

    columns: tuple[Column, ...]
    target: TableInfo
    takes: tuple[str, ...]
    by: tuple[tuple[Column, "Part | Lookup"], ...]

    @property
    def is_certain(self) -> bool:
        """No two rows can match, because a unique key says so."""
        names = {column.name for column, _ in self.by}
        mine = any(set(key.columns) <= names for key in self.target.keys)
        return mine and all(part.is_certain for _, part in self.by if isinstance(part, Lookup))

    def parts(self) -> tuple[Part, ...]:
        """The staged values, in the order in which they are written."""
        found: list[Part] = []
        for _, part in self.by:
            found += part.parts() if isinstance(part, Lookup) else (part,)
        return tuple(found)

    def targets(self) -> tuple[TableInfo, ...]:
        """The tables that it goes through."""
        inner = (part for _, part in self.by if isinstance(part, Lookup))
        return (self.target, *(table for lookup in inner for table in lookup.targets()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the cells of one column are, in the rows of one shape.

    Attributes:
        columns: the columns that they fill.
        cells: what is spooled for each.
        encode: a cell's texts, as many as `cells`; raises `ValueRefusedError`.
        lookup: how `columns` are found, where they are looked up.
        expression: where the text of an expression is staged, if it is one.
    """

    columns: tuple[Column, ...]
    cells: tuple[Cell, ...]
    encode: Callable[[Node], list[str]]
    lookup: Lookup | None = None
    expression: Part | None = None


def operator_of(node: Node) -> str | None:
    """The `$` key of a mapping; None for anything else."""
    if not isinstance(node, Mapping):
        return None
    return next((key.value for key, _ in node.pairs if key.value.startswith("$") and not key.style), None)


def mark_of(node: Node, *, refers: bool) -> Mark:
    """The form of a cell; `refers`: its column is in a foreign key, so that a mapping looks a row up."""
    if not isinstance(node, Mapping):
        return None
    operator = operator_of(node)
    if operator == "$sql":
        return ("$sql",)
    if operator == "$ref":
        return ("$ref", *(_mark(value) for _, value in node.pairs))
    return None if operator is not None or not refers else _mark(node)


def _mark(node: Node) -> tuple[object, ...]:
    if isinstance(node, Mapping) and operator_of(node) in {None, "$ref"}:
        return tuple((key.value, _mark(value)) for key, value in node.pairs)
    return ("list",) if isinstance(node, Sequence) else ()
