"""What `migrate pull` and `migrate editor-schema` report and return."""

from dataclasses import dataclass, field
from typing import Any

from migrator.events.database import DatabaseInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A piece of the seed file that `migrate pull` writes; emitted in order, once everything is read."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledTable:
    """What was read of one table.

    Attributes:
        table: its name, as it was asked for.
        key: the columns by which `seed` finds the rows again.
        rows: how many.
        left_out: columns that no row shows, because the database makes the same by itself.
    """

    table: str
    key: tuple[str, ...]
    rows: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PullResult:
    """What `migrate pull` read, a table at a time; the rows themselves went out as text."""

    database: DatabaseInfo
    tables: tuple[PulledTable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorSchemaResult:
    """The answer of `migrate editor-schema`.

    Attributes:
        database: whose tables it describes.
        tables: how many.
        document: the JSON Schema.
        path: the file that it was written to; None where it goes to stdout.
    """

    database: DatabaseInfo
    tables: int
    document: dict[str, Any] = field(repr=False)
    path: str | None = None
