"""What `migrate seed` reports and returns."""

from dataclasses import dataclass, field
from typing import Literal

from migrator.errors import MigratorError
from migrator.events.database import DatabaseInfo
from migrator.events.migrating import RunResult
from migrator.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of a table's rows."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLoading:
    """A seed file is being loaded; emitted when it starts and as its rows reach the server.

    Attributes:
        path: the file.
        rows: rows sent so far.
        total: rows of the file.
    """

    path: str
    rows: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLoaded:
    """A seed file is committed; `duration` in seconds, `tables` by the name that the file uses."""

    path: str
    tables: dict[str, Counts]
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFailed:
    """A seed file was rolled back."""

    path: str
    error: MigratorError


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSkipped:
    """A seed file was not loaded: `unchanged`, or because a file that it depends on failed."""

    path: str
    state: Literal["unchanged", "skipped"]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedOutcome:
    """What became of one file.

    Attributes:
        path: the file, as the user would write it.
        state: loaded, unchanged, failed or skipped; in a plan new, changed or unchanged.
        reason: why, for unchanged, failed and skipped.
        tables: what became of its rows, by table.
        duration: seconds.
    """

    path: str
    state: Literal["loaded", "unchanged", "failed", "skipped", "new", "changed"]
    reason: str | None = None
    tables: dict[str, Counts] = field(default_factory=dict)
    duration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedResult:
    """What `migrate seed` did, a file at a time, in path order."""

    database: DatabaseInfo
    files: tuple[SeedOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedEdge:
    """`after` loads only when `before` is committed, and why."""

    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedPlanResult:
    """The answer of `migrate seed --plan`: files in an order that works, and the reasons."""

    database: DatabaseInfo
    files: tuple[SeedOutcome, ...]
    edges: tuple[SeedEdge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedDifference:
    """A row in which a seed file and the database differ.

    Attributes:
        path: the file.
        table: as the file calls it.
        problem: `missing`: no row has its key. `different`: a row has, with other values. `lookup`: what it looks up
            is not there. `outside`: its row is not within the `where` of `mode: sync`. `extra`: rows that only the
            database has, within that `where`.
        columns: those that differ, or whose lookup finds nothing.
        rows: how many; 1 but for `extra`.
        where: the row's place in the file, or the table's.
    """

    path: str
    table: str
    problem: Literal["missing", "different", "lookup", "outside", "extra"]
    columns: tuple[str, ...] = ()
    rows: int = 1
    where: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedCheckResult:
    """The answer of `migrate seed --check`.

    Attributes:
        database: the database.
        files: how many files were compared.
        rows: how many rows they have.
        different: how many rows differ, those that `differences` leaves out included.
        differences: the first of each file, in the order of files and lines.
        not_compared: the files of SQL, whose rows nobody knows.
    """

    database: DatabaseInfo
    files: int
    rows: int
    different: int
    differences: tuple[SeedDifference, ...]
    not_compared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetResult:
    """What `migrate reset` did: the schemas that it dropped, then what `up` and `seed` did."""

    database: DatabaseInfo
    dropped: tuple[str, ...]
    up: RunResult
    seed: SeedResult
