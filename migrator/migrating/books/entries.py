"""Whose tables say what is applied, behind one interface: the ledger's SQL, without an opinion on whose it is.

Everything that reads, enters, erases or logs a migration asks an `Entries` for the SQL. `YoyoTables` makes it for
yoyo's tables, `SupabaseTable` for the one of the Supabase CLI.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from migrator.config import LedgerKind

if TYPE_CHECKING:  # a run with nothing to do does without it
    from migrator.migrating.files.migration import Migration

UTC_NOW = "(pg_catalog.clock_timestamp() at time zone 'utc')"
"""The time as a ledger stores it. Never `now()`: it is the same for all migrations of one message."""

Operation = Literal["apply", "rollback", "mark", "unmark"]
"""What a ledger's log may tell of a migration."""


class Entries(Protocol):
    """A ledger's tables in one schema, as SQL. Pure: nothing here is sent.

    In the SQL of the properties, `m` is the alias of the table of entries, `j` that of our journal.
    """

    @property
    def kind(self) -> LedgerKind:
        """Whose tables these are."""

    @property
    def schema(self) -> str:
        """Where they are, or would be made; the name of the ledger's lock, too."""

    @property
    def table(self) -> str:
        """The table of entries, quoted."""

    @property
    def shown(self) -> str:
        """The same, as a user would write it."""

    @property
    def tables(self) -> list[str]:
        """All of its tables, quoted."""

    @property
    def id(self) -> str:
        """The id of an entry's migration."""

    @property
    def applied_at(self) -> str:
        """When it was applied, as seconds since 1970; null where the ledger does not say."""

    @property
    def statements(self) -> str:
        """What was applied, as a jsonb array of texts; null where the ledger does not say."""

    @property
    def order(self) -> str:
        """What sorts entries, the oldest first."""

    @property
    def stamps(self) -> tuple[tuple[str, str], ...]:
        """Columns of the journal, with what they have to hold for its note to be of this very entry."""

    @property
    def noted(self) -> str:
        """The condition under which a note is of this very entry, and still counts."""

    @property
    def began(self) -> str:
        """When the transaction that made an entry began, as an aggregate."""

    @property
    def lock_seen(self) -> str:
        """Time and process of the lock row that is there: two values, for the journal."""

    def key(self, id_: str) -> str:
        """What tells this migration from all others in the ledger; a file may be renamed without changing it."""

    def entry_of(self, id_: str) -> str:
        """The condition that holds for the entry of this migration alone."""

    def note_of(self, id_: str) -> str:
        """The condition that holds for our notes on this migration."""

    @property
    def closable(self) -> list[str]:
        """Those of its tables that are ours to close to the roles of API keys, quoted."""

    @property
    def made(self) -> Entries:
        """What it is when `creation` has run."""

    def creation(self) -> str:
        """SQL that makes the tables where they are missing; nothing where none is known to be."""

    def unfit(self, id_: str) -> str | None:
        """Why this ledger cannot hold a migration of this id; None where it can."""

    def record(self, migration: Migration) -> str:
        """SQL that enters a migration as applied. A plain insert, so that 23505 tells a second runner under every
        isolation level; `on conflict` would answer 40001 under some.
        """  # noqa: D205 - one sentence carries the reason

    def amend(self, migration: Migration) -> list[str]:
        """SQL that makes an entry say what a file holds now, where it says what was applied."""

    def erase(self, id_: str) -> str:
        """SQL that removes a migration's entry."""

    def present(self, id_: str) -> str:
        """SQL that locks a migration's entry until the transaction ends, or fails with 22012 where there is none.

        A division by zero because plain SQL has no other way to fail that every server knows.
        """

    def absent(self, id_: str) -> str:
        """SQL that fails with 22012 where a migration has an entry."""

    def among(self, ids: Sequence[str]) -> str:
        """A query for those of `ids` that have an entry, as one jsonb array."""

    def log(self, id_: str, operation: Operation, receipt: str | None = None) -> list[str]:
        """SQL that logs an operation, where the ledger keeps a log; `receipt` is the row's id, a UUID."""

    def logged(self, receipts: Sequence[str]) -> str | None:
        """A query for those of the ids that the log has, as one jsonb array; None where the ledger keeps no log."""

    def lock(self, pid: int) -> str:
        """SQL that takes the ledger's own lock for process `pid`; 23505 or 22012 where somebody has it."""

    def unlock(self, pid: int) -> list[str]:
        """SQL that gives it back, where the end of the transaction does not."""

    def holder(self) -> str:
        """A query for who has that lock, as jsonb objects with `pid` and `age` in seconds."""

    def remove_dead_lock(self, own: str) -> list[str]:
        """SQL that removes the ledger's lock where a run of ours made it that did not live to give it back.

        `own` is the schema of our journal. Only for the holder of the advisory lock: then no run of ours is alive that
        could own it.
        """


class KeyedRows:
    """What is the same in every ledger whose entries have a key: for its class to inherit."""

    __slots__ = ()

    def erase(self: Entries, id_: str) -> str:
        """SQL that removes a migration's entry."""
        return f"delete from {self.table} m where {self.entry_of(id_)}"

    def present(self: Entries, id_: str) -> str:
        """SQL that locks an entry until the transaction ends, or fails with 22012."""
        return f"select 1 / count(*) from (select from {self.table} m where {self.entry_of(id_)} for update) entry"

    def absent(self: Entries, id_: str) -> str:
        """SQL that fails with 22012 where there is an entry."""
        return f"select 1 / (count(*) = 0)::integer from {self.table} m where {self.entry_of(id_)}"
