"""`{$id: label}`: a uuid made of a table and a label, the same in every file and on every machine."""

import uuid
from dataclasses import dataclass, field

from migrator.seeding.books.tables import Column, TableInfo
from migrator.source import Span

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seeds.migrator")
"""Of our ids (RFC 9562, version 5). It never changes: databases hold what was made with it."""

Label = tuple[int, str]
"""A table's oid and a label."""


@dataclass(slots=True)
class Ids:
    """The labels of a run.

    Attributes:
        declared: those that stand in a column of their own table.
        mentioned: those that stand in a column which refers to that table: the id, the column of the table that holds
            it, and the first place.
    """

    declared: set[Label] = field(default_factory=set)
    mentioned: dict[Label, tuple[str, str, Span]] = field(default_factory=dict)

    def undeclared(self) -> dict[Label, tuple[str, str, Span]]:
        """The labels that no file of the run declares."""
        return {label: found for label, found in self.mentioned.items() if label not in self.declared}


@dataclass(frozen=True, slots=True)
class Owner:
    """The table that a label in a column belongs to: the one that the column refers to, else the column's own.

    Attributes:
        oid: its oid.
        path: `schema.table`.
        takes: its column that holds the id; None where the label is declared, not mentioned.
    """

    oid: int
    path: str
    takes: str | None

    def id_of(self, label: str) -> str:
        """The uuid of a label."""
        return str(uuid.uuid5(NAMESPACE, f"{self.path}:{label}"))


def owner(table: TableInfo, column: Column) -> Owner:
    """Whose label it is that stands in a column."""
    for foreign in table.foreign_keys:
        if foreign.columns == (column.name,):
            return Owner(foreign.target, foreign.target_path, foreign.takes[0])
    return Owner(table.oid, f"{table.schema}.{table.name}", None)
