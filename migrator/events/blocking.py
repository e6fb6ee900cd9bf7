"""Who blocks a run: what a statement waits for, and that a migration is tried again."""

from dataclasses import dataclass
from typing import ClassVar

from migrator.events.migrating import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """Another session, or a prepared transaction, that has or wants before us what a statement waits for.

    What this role may not see of others (it takes `pg_read_all_stats`) is None.

    Attributes:
        pid: its backend; None for a prepared transaction.
        user: its role; of a prepared transaction the owner.
        application: its application name, or the kind of a background process, such as `autovacuum worker`.
        client: its host; None for a unix socket.
        state: as in pg_stat_activity: `active`, `idle in transaction` ...
        open: seconds for which its transaction is open, or prepared.
        query: the statement that it runs, or ran last: one short line without comments, string literals as `'…'`.
        prepared: a prepared transaction's name, where it is known.
    """

    pid: int | None
    user: str | None = None
    application: str | None = None
    client: str | None = None
    state: str | None = None
    open: float | None = None
    query: str | None = None
    prepared: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A statement waits for others; told once for each set of them.

    Attributes:
        id: the migration.
        direction: up or down.
        statement: its number, from 1; 0 before the first.
        lock: the mode that it wants, such as `AccessExclusiveLock`.
        relation: of which table or index, where it is one.
        snapshot: it waits for transactions to end that began before it, as CREATE INDEX CONCURRENTLY does.
        waited: seconds since the statement began.
        blockers: for whom; at most ten, those that wait themselves last.
    """

    code: ClassVar[str] = "blocked"
    """Its name among the notices in JSON."""

    id: str
    direction: Direction
    statement: int
    lock: str | None
    relation: str | None
    snapshot: bool
    waited: float
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """A migration met a lock, a deadlock or a serialization failure; it was rolled back and is tried again.

    Attributes:
        id: the migration.
        sqlstate: PostgreSQL's code.
        message: where it failed and what the server said.
        pause: seconds until then.
        attempt: the number of this retry, from 1.
        attempts: how many there may be in a row.
        blockers: who blocked it, where that is known.
    """

    code: ClassVar[str] = "retrying"
    """Its name among the notices in JSON."""

    id: str
    sqlstate: str
    message: str
    pause: float
    attempt: int
    attempts: int
    blockers: tuple[Blocker, ...] = ()
