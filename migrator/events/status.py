"""What `status` returns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from migrator.errors import StateError
from migrator.events.database import DatabaseInfo

MigrationState = Literal["applied", "pending", "modified", "renamed", "missing", "unknown", "ahead", "late", "partial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationStatus:
    """One line of `migrate status`.

    Attributes:
        id: the migration.
        path: its file, of a renamed one the file that it is now; None when there is none.
        state: see docs/status.md.
        applied_at: when, in UTC.
        steps_done: statements that are committed.
        steps_total: statements of the file, or of the journal where the file is gone.
        duration: seconds that it took, where the journal knows.
        transactional: it runs in one transaction.
        note: why the state is what it is, where that needs a word.
        code: a stable name for what the note says, the same that an error or a notice about it has.
        hint: the exact way out.
        renamed_to: the id of its file as it is called now, where it was renamed.
        problem: the error by which `up` refuses; None where it does not.
    """

    id: str
    path: str | None
    state: MigrationState
    applied_at: datetime | None
    steps_done: int
    steps_total: int
    duration: float | None
    transactional: bool
    note: str | None = None
    code: str | None = None
    hint: str | None = None
    renamed_to: str | None = None
    problem: StateError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSummary:
    """How many seed files are in the database as they are, changed since, or new."""

    current: int
    changed: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusResult:
    """The answer of `migrate status`.

    Attributes:
        database: the server's version, address and origin.
        migrations: in the order in which they apply; unknown ones where the ledger has them.
        seeds: the seed files.
        check: the caller asked for an exit code.
    """

    database: DatabaseInfo
    migrations: tuple[MigrationStatus, ...]
    seeds: SeedSummary
    check: bool = False

    def count(self, state: MigrationState) -> int:
        """How many migrations are in this state."""
        return sum(migration.state == state for migration in self.migrations)

    @property
    def clean(self) -> bool:
        """Nothing is pending and nothing is wrong; seeds do not count."""
        return all(migration.state in {"applied", "ahead"} for migration in self.migrations)
