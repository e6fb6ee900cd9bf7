"""The ledger in the one table of the Supabase CLI: SQL that makes it, and enters and erases migrations as the CLI does.

What the CLI does is in its sources, https://github.com/supabase/cli: `pkg/migration/history.go` (the statements that
make the table; only its three columns are ours to write), `file.go` (a file is `<digits>_<name>.sql`; its digits are
the key) and `list.go` (any other file is skipped). The table knows neither a time nor a lock of its own: a transaction
of ours holds an advisory lock beside its row, and the journal keeps the time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from migrator.config import LedgerKind
from migrator.migrating.books.entries import KeyedRows, Operation
from migrator.sql.names import literal, quote

if TYPE_CHECKING:  # a run with nothing to do needs neither
    from migrator.migrating.files.migration import Migration

SCHEMA, TABLE = "supabase_migrations", "schema_migrations"
COLUMNS = frozenset({"version", "statements", "name"})
"""The columns that the CLI writes. Others that a table has (`created_by`, `idempotency_key`, ...) are left alone."""

NAMED = re.compile(r"([0-9]+)_(.*)", re.DOTALL)
VERSIONED = re.compile(r"([0-9]+)(?:_.*)?", re.DOTALL)

BEGAN = "migrator.began"
"""A setting of the transaction: when its entry was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupabaseTable(KeyedRows):
    """An `Entries`, see there.

    Attributes:
        columns: those of the CLI's that the table has; none where there is no table.
    """

    columns: frozenset[str] = COLUMNS
    schema: str = SCHEMA
    kind: LedgerKind = "supabase"

    applied_at = "null::double precision"
    order = 'm.version collate "C"'
    # a row that was removed and written again is another row, though it may hold the same
    stamps = (("ledger_applied_at", "null::timestamp"), ("ledger_row", "m.xmin::text"))
    noted = "j.ledger_row = m.xmin::text and pg_catalog.split_part(j.migration_id, '_', 1) = m.version"
    began = f"nullif(pg_catalog.current_setting('{BEGAN}', true), '')::timestamptz"
    lock_seen = "null::timestamp, null::integer"
    shown = f"{SCHEMA}.{TABLE}"

    @property
    def table(self) -> str:
        """The table, quoted."""
        return quote(SCHEMA, TABLE)

    @property
    def tables(self) -> list[str]:
        """It alone."""
        return [self.table]

    @property
    def id(self) -> str:
        """The file's name without its ending, as far as the row knows it."""
        return "m.version || coalesce('_' || nullif(m.name, ''), '')" if "name" in self.columns else "m.version"

    @property
    def statements(self) -> str:
        """What was applied; old rows do not say."""
        return "to_jsonb(m.statements)" if "statements" in self.columns else "null"

    def key(self, id_: str) -> str:
        """The digits before the first underscore: a file whose other words change stays the same migration."""
        found = VERSIONED.fullmatch(id_)
        return found[1] if found else id_

    def entry_of(self, id_: str) -> str:
        """The condition on the version; for a row that no file can have, on all that names it."""
        return f"m.version = {literal(self.key(id_))}" if VERSIONED.fullmatch(id_) else f"{self.id} = {literal(id_)}"

    def note_of(self, id_: str) -> str:
        """The condition on the version, whatever the words behind it were when the note was written."""
        if VERSIONED.fullmatch(id_):
            return f"pg_catalog.split_part(j.migration_id, '_', 1) = {literal(self.key(id_))}"
        return f"j.migration_id = {literal(id_)}"

    @property
    def closable(self) -> list[str]:
        """The table, where we make it; what the CLI has made has the rights that it was given."""
        return [] if self.columns else self.tables

    @property
    def made(self) -> SupabaseTable:
        """With all columns, so that rows have names from then on."""
        return replace(self, columns=COLUMNS)

    def creation(self) -> str:
        """SQL that makes the table as the CLI does, or the columns that an old one lacks."""
        if self.columns == COLUMNS:
            return ""
        parts = [] if self.columns else [f"create schema if not exists {quote(SCHEMA)}"]
        if not self.columns:
            parts.append(f"create table if not exists {self.table} (version text not null primary key)")
        parts += [
            f"alter table {self.table} add column if not exists {each}" for each in ("statements text[]", "name text")
        ]
        return "; ".join(parts)

    def unfit(self, id_: str) -> str | None:
        """Why a migration has no place in the table: its name holds no version."""
        if NAMED.fullmatch(id_):
            return None
        return "the Supabase CLI knows a migration by the digits before the first `_` of its name"

    def _values(self, migration: Migration) -> tuple[str, str, str]:
        found = NAMED.fullmatch(migration.id)
        version, name = (found[1], found[2]) if found else (migration.id, "")
        from migrator.migrating.files.stored import stored  # likewise

        texts = [] if migration.python else stored(migration.up.source)
        array = f"array[{', '.join(map(literal, texts))}]::text[]" if texts else "null"
        return literal(version), literal(name), array

    def record(self, migration: Migration) -> str:
        """SQL that enters a migration with its statements, and notes for the journal when that was."""
        return (
            f"insert into {self.table} (version, name, statements) values ({', '.join(self._values(migration))}); "
            f"select pg_catalog.set_config('{BEGAN}', pg_catalog.clock_timestamp()::text, true)"
        )

    def amend(self, migration: Migration) -> list[str]:
        """SQL that writes a file's name and statements over those of its row."""
        version, name, array = self._values(migration)
        return [f"update {self.table} set name = {name}, statements = {array} where version = {version}"]

    def among(self, ids: Sequence[str]) -> str:
        """A query for those whose version has a row."""
        pairs = ", ".join(f"({literal(id_)}, {literal(self.key(id_))})" for id_ in ids)
        return (
            f"select coalesce(jsonb_agg(asked.id), '[]') from (values {pairs}) asked (id, version) "
            f"where exists (select from {self.table} m where m.version = asked.version)"
        )

    def log(self, id_: str, operation: Operation, receipt: str | None = None) -> list[str]:  # noqa: ARG002 - no log
        """Nothing: the CLI keeps no log."""
        return []

    def logged(self, receipts: Sequence[str]) -> str | None:  # noqa: ARG002 - likewise
        """None: the entries have to tell."""
        return None

    def lock(self, pid: int) -> str:  # noqa: ARG002 - the server knows whose lock it is
        """SQL that takes the ledger's lock until the transaction ends; 22012 where another session has it."""
        from migrator.migrating.books.lock import gate  # a run with nothing to do takes no lock

        return gate(SCHEMA)

    def unlock(self, pid: int) -> list[str]:  # noqa: ARG002 - see lock
        """Nothing: the end of the transaction gives it back."""
        return []

    def holder(self) -> str:
        """A query for who has that lock."""
        from migrator.migrating.books.lock import holder_query, key

        return holder_query(key(SCHEMA))

    def remove_dead_lock(self, own: str) -> list[str]:  # noqa: ARG002 - none is left behind
        """Nothing: the server frees a dead session's locks."""
        return []
