"""What `up`, `down`, `redo`, `mark`, `new`, `reset` and `status` report and return."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from migrator.events.database import DatabaseInfo
from migrator.source import Span

Direction = Literal["up", "down"]
MigrationState = Literal["applied", "pending", "modified", "unknown", "ahead", "late", "partial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan of a run, once its lock is held: the ids in the order in which they will run."""

    direction: Direction
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """The server has begun a statement.

    Attributes:
        id: the migration.
        direction: up or down.
        statement: its number, from 1.
        total: how many statements the migration has.
    """

    id: str
    direction: Direction
    statement: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A migration is committed: applied (up) or rolled back (down).

    Attributes:
        duration: seconds on the server.
        statements: how many ran; 0 for a file without statements.
    """

    id: str
    direction: Direction
    duration: float
    statements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """PostgreSQL raised a NOTICE or WARNING, or a file deserves a word.

    Attributes:
        severity: `NOTICE`, `WARNING` ... as PostgreSQL names it.
        message: the server's words, or ours.
        migration: under which migration it was raised.
        where: the place in a file, where there is one.
        hint: the way out, where there is one.
    """

    severity: str
    message: str
    migration: str | None = None
    where: Span | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One migration that a run committed; `duration` in seconds."""

    id: str
    direction: Direction
    duration: float
    statements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What `up`, `down`, `redo` and `mark` did.

    Attributes:
        command: which of them.
        database: where.
        done: what is committed, in order; empty for a dry run.
        pending: ids that are still to apply afterwards.
        ahead: ids in the ledger behind the newest file.
        dry_run: nothing was sent; `planned` tells what would be.
        planned: ids in the order in which they would run.
        messages: the exact SQL of a dry run with `--sql`.
        drift_before: objects changed outside migrations before this run.
        marked: ids whose ledger entry `mark` changed.
    """

    command: Literal["up", "down", "redo", "mark"]
    database: DatabaseInfo
    done: tuple[Done, ...] = ()
    pending: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    dry_run: bool = False
    planned: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    drift_before: int = 0
    marked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationStatus:
    """One line of `migrate status`.

    Attributes:
        id: the migration.
        path: its file; None when there is none.
        state: see docs/status.md.
        applied_at: when, in UTC.
        steps_done: statements that are committed.
        steps_total: statements of the file, or of the journal where the file is gone.
        duration: seconds that it took, where the journal knows.
        transactional: it runs in one transaction.
        note: why the state is what it is, where that needs a word.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResult:
    """The files that `migrate new` wrote."""

    id: str
    paths: tuple[str, ...]
