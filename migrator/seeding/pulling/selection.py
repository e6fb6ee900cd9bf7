"""One table's query and its cells: what is asked of the server, and how each row that it sends is written."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from migrator.seeding.books.tables import Column, Key, TableInfo
from migrator.seeding.pulling import people
from migrator.seeding.pulling.references import Reference, References
from migrator.seeding.pulling.scalars import NULL, key
from migrator.seeding.pulling.values import truth, writer
from migrator.sql.expression import in_parentheses
from migrator.sql.names import quote

Values = list[str | None]
"""A row as the server sends it: the texts of the query's columns, None for NULL."""

Cell = Callable[[Values], str]
"""A cell of a row, or several, with the names of their columns."""

_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def source(table: TableInfo, where: str | None) -> str:
    """The rows that are meant, as `t`: those of the table itself, of a partitioned one in all its partitions."""
    only = "" if table.kind == "p" else "only "
    condition = "" if where is None else f" where {in_parentheses(where)}"
    return f"(select * from {only}{table.quoted}{condition}) t"


def values(line: str) -> Values:
    """A line of COPY's text format."""
    cells = line.split("\t")
    if "\\" not in line:
        return list(cells)
    return [None if cell == r"\N" else _ESCAPE.sub(_unescaped, cell) if "\\" in cell else cell for cell in cells]


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[1])


@dataclass(slots=True, kw_only=True)
class Selection:
    """How a table is read.

    Attributes:
        table: its catalog entry.
        name: as it was asked for.
        key: by which its rows are told.
        hidden: columns that no row shows.
        lookups: by the column under which each is written.
        references: what knows about other tables.
        cells: how a row is written, once `query` was made.
    """

    table: TableInfo
    name: str
    key: Key
    hidden: Collection[str]
    lookups: dict[str, Reference]
    references: References
    cells: list[Cell] = field(default_factory=list)
    _words: dict[str, str] = field(default_factory=dict)
    _expressions: dict[str, str] = field(default_factory=dict)
    _fields: list[str] = field(default_factory=list)
    _joins: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._words = people.words(self.table)
        self._expressions = people.expressions(self.table)

    def query(self, where: str | None) -> str:
        """The query, in the order of the key, so that equal tables give equal files."""
        order: dict[str, list[str]] = {}
        elsewhere = {name for reference in self.lookups.values() for name in reference.columns[1:]}
        shown = self.shown() - elsewhere
        for name in self._words or self.table.columns:
            column = self.table.columns[name]
            if name not in shown:
                continue
            reference = self.lookups.get(column.name)
            if reference is None:
                self.cells.append(self._plain(column))
            else:
                cell, leaves = self._looked_up(reference)
                self.cells.append(cell)
                order |= dict.fromkeys(reference.columns, leaves)
        by = [each for name in self.key.columns for each in [*order.get(name, ()), self._sorted(self.table, "t", name)]]
        fields = ", ".join(self._fields)
        return f"select {fields} from {source(self.table, where)} {' '.join(self._joins)} order by {', '.join(by)}"

    def shown(self) -> frozenset[str]:
        """The columns that rows have."""
        return frozenset(
            name for name, column in self.table.columns.items() if not column.generated and name not in self.hidden
        )

    def row(self, cells: Values) -> str:
        """A row as a flow mapping."""
        return f"{{{', '.join([cell(cells) for cell in self.cells])}}}"

    def _field(self, sql: str) -> int:
        self._fields.append(sql)
        return len(self._fields) - 1

    def _sorted(self, table: TableInfo, alias: str, name: str) -> str:
        # by bytes: the same on every server, whatever its locales
        collation = ' collate "C"' if self.references.remark(table, name).collates else ""
        return f"{alias}.{quote(name)}{collation}"

    def _plain(self, column: Column) -> Cell:
        refers = any(column.name in foreign.columns for foreign in self.table.foreign_keys)
        prefix = key(self._words.get(column.name, column.name))
        expression = self._expressions.get(column.name)
        at = self._field(expression or f"t.{quote(column.name)}")
        write = writer(column.type, refers=refers) if expression is None else truth

        def cell(values: Values) -> str:
            value = values[at]
            return f"{prefix}: {NULL if value is None else write(value)}"

        return cell

    def _looked_up(self, reference: Reference) -> tuple[Cell, list[str]]:
        """The cell of a lookup, and the columns that it compares, for the order."""
        leaves: list[str] = []
        text = self._joined(reference, "t", leaves)
        prefix = key(reference.columns[0])
        plain = [self._plain(self.table.columns[name]) for name in reference.columns]

        def cell(values: Values) -> str:
            found = text(values)
            # NULL, or a row that we cannot see: then the values themselves
            return f"{prefix}: {found}" if found is not None else ", ".join([each(values) for each in plain])

        return cell, leaves

    def _joined(self, reference: Reference, alias: str, leaves: list[str]) -> Callable[[Values], str | None]:
        """Join what a lookup looks up; what gives its text, None where there is no such row."""
        target, other = reference.target, f"j{len(self._joins)}"
        conditions = [
            f"{other}.{quote(take)} {target.columns[take].equals} {alias}.{quote(name)}"
            for name, take in zip(reference.columns, reference.takes, strict=True)
        ]
        self._joins.append(f"left join {target.quoted} {other} on {' and '.join(conditions)}")
        parts: list[tuple[str, Callable[[Values], str | None]]] = []
        for column, inner in reference.by:
            if inner is not None:
                parts.append((key(column.name), self._joined(inner, other, leaves)))
                continue
            leaves.append(self._sorted(target, other, column.name))
            parts.append((key(column.name), self._leaf(f"{other}.{quote(column.name)}", column)))

        def text(values: Values) -> str | None:
            cells = [(name, part(values)) for name, part in parts]
            if any(cell is None for _, cell in cells):
                return None
            return f"{{{', '.join([f'{name}: {cell}' for name, cell in cells])}}}"

        return text

    def _leaf(self, sql: str, column: Column) -> Callable[[Values], str | None]:
        at, write = self._field(sql), writer(column.type, refers=True)

        def text(values: Values) -> str | None:
            value = values[at]
            return None if value is None else write(value)

        return text
