"""Our notes beside the ledger: what exactly was applied, how far, and how long it took.

A note is written in the transaction of the entry that it belongs to, and it carries that entry's time: after
`yoyo rollback`, an edit and `yoyo apply` the times differ, and the note no longer counts.
"""

from migrator._version import __version__
from migrator.migrating.entries import Entries
from migrator.migrating.migration import Migration
from migrator.sql.names import literal, quote

COLUMNS = (
    "migration_id, ledger_applied_at, sha256, sha256_without_comments, statements_done, statements_total, state, "
    "started_at, finished_at, applied_by, tool_version"
)
REPLACE = "on conflict (migration_id) do update set " + ", ".join(
    f"{column.strip()} = excluded.{column.strip()}" for column in COLUMNS.split(",")[1:]
)

LOCK_COLUMNS = "yoyo_lock_ctime = excluded.yoyo_lock_ctime, yoyo_lock_pid = excluded.yoyo_lock_pid"


def _hashes(migration: Migration) -> str:
    return f"'\\x{migration.sha256.hex()}'::bytea, '\\x{migration.sha256_without_comments.hex()}'::bytea"


def applied(own: str, entries: Entries, migration: Migration, *, began: str | None = None) -> str:
    """SQL that notes a migration whose entry this very transaction has made (own: the schema of our tables).

    Fails with 22012, a division by zero, where the entry is missing or of another transaction. Replaces a note that is
    there: ledgers in several schemas share this table, and another one may note the same id in the same moment. `began`
    is an SQL expression for when it began, the entry's own time by default.
    """
    total = len(migration.up.statements)
    started = began or entries.began
    return (
        f"insert into {quote(own, 'journal')} ({COLUMNS}) "
        f"select {literal(migration.id)}, max({entries.stamp}), {_hashes(migration)}, {total} / count(*), {total}, "
        f"'applied', {started}, clock_timestamp(), session_user, {literal(__version__)} "
        f"from {entries.table} m where {entries.entry_of(migration.id)} "
        f"and m.xmin = pg_current_xact_id()::xid {REPLACE}"
    )


def taken(own: str, entries: Entries, migration: Migration, *, state: str) -> str:
    """SQL that notes a migration that is in the ledger without our doing: `adopted` from another tool, or `marked`."""
    total = len(migration.up.statements)
    return (
        f"insert into {quote(own, 'journal')} ({COLUMNS}) "
        f"select {literal(migration.id)}, {entries.stamp}, {_hashes(migration)}, {total}, {total}, {literal(state)}, "
        f"pg_catalog.to_timestamp({entries.applied_at}), null, session_user, {literal(__version__)} "
        f"from {entries.table} m where {entries.entry_of(migration.id)} {REPLACE}"
    )


def begun(own: str, entries: Entries, migration: Migration) -> str:
    """SQL that notes a file without a transaction as begun, and which of yoyo's lock rows is ours.

    The lock row is committed for as long as such a file runs; after a kill the next run finds it by these two columns.
    """
    return (
        f"insert into {quote(own, 'journal')} ({COLUMNS}, yoyo_lock_ctime, yoyo_lock_pid) "
        f"select {literal(migration.id)}, null, {_hashes(migration)}, 0, {len(migration.up.statements)}, 'partial', "
        f"pg_catalog.clock_timestamp(), null, session_user, {literal(__version__)}, {entries.lock_seen} "
        f"{REPLACE}, {LOCK_COLUMNS}"
    )


def owed(own: str, migration: Migration) -> str:
    """SQL that notes a post-apply file as one that has to run."""
    return (
        f"insert into {quote(own, 'journal')} ({COLUMNS}) values ({literal(migration.id)}, null, {_hashes(migration)}, "
        f"0, {len(migration.up.statements)}, 'owed', null, null, session_user, {literal(__version__)}) {REPLACE}"
    )


def undoing(own: str, entries: Entries, id_: str, total: int) -> str:
    """SQL that notes the rollback of a file without a transaction as begun; the note of its content stays."""
    return (
        f"insert into {quote(own, 'journal')} (migration_id, ledger_applied_at, statements_done, statements_total, "
        "state, yoyo_lock_ctime, yoyo_lock_pid) "
        f"select {literal(id_)}, {entries.stamp}, 0, {total}, 'undoing', {entries.lock_seen} "
        f"from {entries.table} m where {entries.entry_of(id_)} "
        "on conflict (migration_id) do update set statements_done = 0, statements_total = excluded.statements_total, "
        f"state = excluded.state, {LOCK_COLUMNS}"
    )


def advance(own: str, id_: str, done: int) -> str:
    """SQL that notes how many statements of a file are committed."""
    return (
        f"update {quote(own, 'journal')} set statements_done = {done}, finished_at = pg_catalog.clock_timestamp() "
        f"where migration_id = {literal(id_)}"
    )


def forget(own: str, id_: str) -> str:
    """SQL that removes a note."""
    return f"delete from {quote(own, 'journal')} where migration_id = {literal(id_)}"
