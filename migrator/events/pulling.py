"""What `migrate pull` reports and returns."""

from dataclasses import dataclass

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
