"""The ledger in yoyo's tables: SQL that makes them, and enters, erases and logs migrations in them as yoyo does.

The shapes are those of yoyo 9 (`yoyo/internalmigrations/v2.py` and `yoyo/backends/base.py` of yoyo-migrations), so that
the `yoyo` command and `migrate` can take turns on one database.
"""

from __future__ import annotations

import getpass
import hashlib
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.config import LedgerKind
from migrator.migrating.books.entries import UTC_NOW, KeyedRows, Operation
from migrator.sql.names import literal, quote

if TYPE_CHECKING:  # a run with nothing to do does without it
    from migrator.migrating.files.migration import Migration

TABLES = MIGRATION, LOG, VERSION, LOCK = "_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock"


def hash_of(id_: str) -> str:
    """The key of a migration in yoyo's tables: sha256 of its id, in hexadecimal."""
    return hashlib.sha256(id_.encode()).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class YoyoTables(KeyedRows):
    """An `Entries`, see there. An empty `schema` is wherever the search_path finds the tables."""

    schema: str
    kind: LedgerKind = "yoyo"

    id = "m.migration_id"
    applied_at = "extract(epoch from m.applied_at_utc)"
    order = "m.applied_at_utc, m.migration_id"
    statements = "null"
    stamps = (("ledger_applied_at", "m.applied_at_utc"),)
    noted = "j.migration_id = m.migration_id and j.ledger_applied_at = m.applied_at_utc"
    began = "max(m.applied_at_utc) at time zone 'utc'"

    def _named(self, table: str) -> str:
        return quote(self.schema, table) if self.schema else table

    @property
    def table(self) -> str:
        """The table of entries, quoted."""
        return self._named(MIGRATION)

    @property
    def shown(self) -> str:
        """The same, as a user would write it."""
        return f"{self.schema}.{MIGRATION}"

    @property
    def tables(self) -> list[str]:
        """All of them, quoted."""
        return [self._named(name) for name in (MIGRATION, LOG, VERSION, LOCK)]

    @property
    def lock_seen(self) -> str:
        """Time and process of the lock row: two values."""
        lock = self._named(LOCK)
        return f"(select ctime from {lock}), (select pid from {lock})"

    def key(self, id_: str) -> str:
        """The whole id."""
        return id_

    def entry_of(self, id_: str) -> str:
        """The condition on a migration's key."""
        return f"m.migration_hash = '{hash_of(id_)}'"

    def note_of(self, id_: str) -> str:
        """The condition on the id."""
        return f"j.migration_id = {literal(id_)}"

    @property
    def closable(self) -> list[str]:
        """All of them: yoyo gives nobody rights on them."""
        return self.tables

    @property
    def made(self) -> YoyoTables:
        """The same: they are there whole, or not at all."""
        return self

    def creation(self) -> str:
        """SQL that makes the tables in the shapes that yoyo 9 gives them."""
        migration, log, version, lock = self.tables
        return f"""
        create table if not exists {migration} (migration_hash varchar(64), migration_id varchar(255),
            applied_at_utc timestamp, primary key (migration_hash));
        create table if not exists {log} (id varchar(36), migration_hash varchar(64), migration_id varchar(255),
            operation varchar(10), username varchar(255), hostname varchar(255), comment varchar(255),
            created_at_utc timestamp, primary key (id));
        create table if not exists {version} (version integer not null primary key, installed_at_utc timestamp);
        insert into {version} select 2, {UTC_NOW} where not exists (select from {version});
        create table if not exists {lock} (locked integer default 1, ctime timestamp, pid integer not null,
            primary key (locked))"""

    def unfit(self, id_: str) -> str | None:  # noqa: ARG002 - any id fits
        """None: every id has a place."""
        return None

    def record(self, migration: Migration) -> str:
        """SQL that enters a migration as applied now."""
        return (
            f"insert into {self.table} (migration_hash, migration_id, applied_at_utc) "
            f"values ('{hash_of(migration.id)}', {literal(migration.id)}, {UTC_NOW})"
        )

    def amend(self, migration: Migration) -> list[str]:  # noqa: ARG002 - it does not say what was applied
        """Nothing: what was applied is not here."""
        return []

    def among(self, ids: Sequence[str]) -> str:
        """A query for those that have an entry."""
        hashes = ", ".join(f"'{hash_of(id_)}'" for id_ in ids)
        return f"select coalesce(jsonb_agg(migration_id), '[]') from {self.table} where migration_hash in ({hashes})"

    def log(self, id_: str, operation: Operation, receipt: str | None = None) -> list[str]:
        """SQL that logs an operation as yoyo does."""
        values = [receipt or str(uuid.uuid1()), hash_of(id_), id_, operation, _user(), socket.gethostname()]
        columns = "id, migration_hash, migration_id, operation, username, hostname, created_at_utc"
        return [f"insert into {self._named(LOG)} ({columns}) values ({', '.join(map(literal, values))}, {UTC_NOW})"]

    def logged(self, receipts: Sequence[str]) -> str | None:
        """A query for rows of the log."""
        ids = ", ".join(map(literal, receipts))
        return f"select coalesce(jsonb_agg(id), '[]') from {self._named(LOG)} where id in ({ids})"

    def lock(self, pid: int) -> str:
        """SQL that takes yoyo's lock; 23505 where somebody has it."""
        return f"insert into {self._named(LOCK)} (locked, ctime, pid) values (1, {UTC_NOW}, {pid})"

    def unlock(self, pid: int) -> list[str]:
        """SQL that gives yoyo's lock back."""
        return [f"delete from {self._named(LOCK)} where pid = {pid}"]

    def holder(self) -> str:
        """A query for yoyo's lock row."""
        age = f"round(extract(epoch from {UTC_NOW} - ctime))"
        return f"select jsonb_build_object('pid', pid, 'age', {age}) from {self._named(LOCK)}"

    def remove_dead_lock(self, own: str) -> list[str]:
        """SQL that removes a lock row that our journal knows as ours."""
        ours = "j.yoyo_lock_ctime = l.ctime and j.yoyo_lock_pid = l.pid"
        return [f"delete from {self._named(LOCK)} l using {quote(own, 'journal')} j where {ours}"]
