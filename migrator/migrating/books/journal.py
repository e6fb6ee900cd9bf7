"""Our notes beside the ledger: what exactly was applied, how far, and how long it took.

A note is written in the transaction of the entry that it belongs to, and it carries that entry's time: after
`yoyo rollback`, an edit and `yoyo apply` the times differ, and the note no longer counts.
"""

from collections.abc import Sequence

from migrator._version import __version__
from migrator.migrating.books.entries import Entries
from migrator.migrating.books.notes import UNDER_WAY, owner
from migrator.migrating.files.migration import Migration
from migrator.sql.names import literal, quote

COLUMNS = (
    "sha256",
    "sha256_without_comments",
    *("statements_done", "statements_total", "state"),
    *("started_at", "finished_at", "applied_by", "tool_version"),
)

LOCK_COLUMNS = ("yoyo_lock_ctime", "yoyo_lock_pid")


def _columns(entries: Entries | None) -> str:
    stamps = [column for column, _ in entries.stamps] if entries is not None else []
    return ", ".join(["migration_id", *stamps, *COLUMNS])


def _replace(entries: Entries | None, *more: str) -> str:
    columns = [*_columns(entries).split(", ")[1:], *more]
    replaced = ", ".join(f"{each} = excluded.{each}" for each in columns)
    return f"on conflict (migration_id) do update set {replaced}" + (f" where {_free(entries)}" if entries else "")


def _free(entries: Entries, note: str = "journal") -> str:
    """The condition that another ledger has nothing under way that this note is of: without it, it would be lost."""
    states = ", ".join(map(literal, UNDER_WAY))
    return f"({note}.state not in ({states}) or coalesce({note}.prefix_hashes[1] = {_owner(entries)}, true))"


def _owner(entries: Entries) -> str:
    return f"'\\x{owner(entries.kind, entries.schema).hex()}'::bytea"


def _noted(sql: str) -> str:
    """The same, failing with 22012 where it notes nothing because another ledger has the note."""
    return f"with noted as ({sql} returning 1) select 1 / count(*) from noted"


def _stamps(entries: Entries, wrap: str = "{}") -> str:
    return ", ".join(wrap.format(value) for _, value in entries.stamps)


def _hashes(migration: Migration) -> str:
    return f"'\\x{migration.sha256.hex()}'::bytea, '\\x{migration.sha256_without_comments.hex()}'::bytea"


def applied(
    own: str, entries: Entries, migration: Migration, *, began: str | None = None, replacing: bool = True
) -> str:
    """SQL that notes a migration whose entry this very transaction has made (own: the schema of our tables).

    Fails with 22012, a division by zero, where the entry is missing or of another transaction. `began` is an SQL
    expression for when it began, the entry's own time by default.

    Without `replacing` it fails with 23505 where there is a note: ledgers in several schemas share this table, and
    another one may note the same id in the same moment. Planning the replacement takes the server a twentieth of what
    a small migration takes it as a whole.
    """
    total = len(migration.up.statements)
    started = began or entries.began
    replace = f" {_replace(entries)}" if replacing else ""
    return (
        f"insert into {quote(own, 'journal')} ({_columns(entries)}) "
        f"select {literal(migration.id)}, {_stamps(entries, 'max({})')}, {_hashes(migration)}, "
        f"{total} / count(*), {total}, 'applied', {started}, clock_timestamp(), session_user, {literal(__version__)} "
        f"from {entries.table} m where {entries.entry_of(migration.id)} "
        f"and m.xmin = pg_current_xact_id()::xid{replace}"
    )


def taken(own: str, entries: Entries, migration: Migration, *, state: str) -> str:
    """SQL that notes a migration that is in the ledger without our doing: `adopted` from another tool, or `marked`."""
    total = len(migration.up.statements)
    return (
        f"insert into {quote(own, 'journal')} ({_columns(entries)}) "
        f"select {literal(migration.id)}, {_stamps(entries)}, {_hashes(migration)}, "
        f"{total}, {total}, {literal(state)}, "
        f"pg_catalog.to_timestamp({entries.applied_at}), null, session_user, {literal(__version__)} "
        f"from {entries.table} m where {entries.entry_of(migration.id)} {_replace(entries)}"
    )


def begun(own: str, entries: Entries, migration: Migration, hashes: Sequence[bytes]) -> str:
    """SQL that notes a file without a transaction as begun, and which of yoyo's lock rows is ours.

    `hashes` are those of its statements. The lock row is committed for as long as such a file runs; after a kill the
    next run finds it by its two columns. Fails with 22012 where the same id is under way in another ledger.
    """
    return _noted(
        f"insert into {quote(own, 'journal')} ({_columns(entries)}, prefix_hashes, yoyo_lock_ctime, yoyo_lock_pid) "
        f"select {literal(migration.id)}, {', '.join('null' for _ in entries.stamps)}, {_hashes(migration)}, "
        f"0, {len(migration.up.statements)}, 'partial', "
        f"pg_catalog.clock_timestamp(), null, session_user, {literal(__version__)}, {_array(entries, hashes)}, "
        f"{entries.lock_seen} {_replace(entries, 'prefix_hashes', *LOCK_COLUMNS)}"
    )


def resumed(own: str, entries: Entries, migration: Migration, hashes: Sequence[bytes], *, done: int, up: bool) -> str:
    """SQL that notes that a file goes on behind its first `done` statements, and how it reads by now.

    Fails with 22012, a division by zero, where that is not what the note says any more.
    """
    whole, code = migration.sha256.hex(), migration.sha256_without_comments.hex()
    content = f"sha256 = '\\x{whole}', sha256_without_comments = '\\x{code}', " if up else ""
    states = "'partial', 'partial-unsure'" if up else "'undoing', 'undoing-unsure'"
    return _noted(
        f"update {quote(own, 'journal')} journal set {content}statements_total = {len(hashes)}, "
        f"prefix_hashes = {_array(entries, hashes)}, (yoyo_lock_ctime, yoyo_lock_pid) = (select {entries.lock_seen}) "
        f"where migration_id = {literal(migration.id)} and state in ({states}) and statements_done = {done} "
        f"and {_free(entries)}"
    )


def _array(entries: Entries, hashes: Sequence[bytes]) -> str:
    whole = [owner(entries.kind, entries.schema), *hashes]
    return "'{" + ",".join(f'"\\\\x{each.hex()}"' for each in whole) + "}'::bytea[]"


def owed(own: str, migration: Migration) -> str:
    """SQL that notes a post-apply file as one that has to run."""
    return (
        f"insert into {quote(own, 'journal')} ({_columns(None)}) values ({literal(migration.id)}, "
        f"{_hashes(migration)}, 0, {len(migration.up.statements)}, "
        f"'owed', null, null, session_user, {literal(__version__)}) {_replace(None)}"
    )


def still_owed(own: str, id_: str) -> str:
    """SQL that locks the note of a post-apply file that has to run, or fails with 22012 where there is none."""
    note = f"select from {quote(own, 'journal')} where migration_id = {literal(id_)} and state = 'owed' for update"
    return f"select 1 / count(*) from ({note}) note"


def running(own: str, entries: Entries, id_: str) -> str:
    """SQL that notes that the ledger's lock row, as it is now, was made for this migration."""
    return (
        f"update {quote(own, 'journal')} set (yoyo_lock_ctime, yoyo_lock_pid) = (select {entries.lock_seen}) "
        f"where migration_id = {literal(id_)}"
    )


def undoing(own: str, entries: Entries, id_: str, hashes: Sequence[bytes]) -> str:
    """SQL that notes the rollback of a file without a transaction as begun; the note of its content stays.

    Fails with 22012 where the same id is under way in another ledger.
    """
    changed = ("statements_done", "statements_total", "prefix_hashes", "state", *LOCK_COLUMNS)
    return _noted(
        f"insert into {quote(own, 'journal')} (migration_id, {', '.join(column for column, _ in entries.stamps)}, "
        "statements_done, statements_total, prefix_hashes, state, yoyo_lock_ctime, yoyo_lock_pid) "
        f"select {literal(id_)}, {_stamps(entries)}, 0, {len(hashes)}, {_array(entries, hashes)}, 'undoing', "
        f"{entries.lock_seen} from {entries.table} m where {entries.entry_of(id_)} "
        f"on conflict (migration_id) do update set {', '.join(f'{each} = excluded.{each}' for each in changed)} "
        f"where {_free(entries)}"
    )


def advance(own: str, id_: str, done: int, state: str) -> str:
    """SQL that notes how many statements of a file are committed, and that nothing beyond them is in doubt."""
    return (
        f"update {quote(own, 'journal')} set statements_done = {done}, state = {literal(state)}, "
        f"finished_at = pg_catalog.clock_timestamp() where migration_id = {literal(id_)}"
    )


def become(own: str, id_: str, state: str) -> str:
    """SQL that changes the state of a note alone."""
    return f"update {quote(own, 'journal')} set state = {literal(state)} where migration_id = {literal(id_)}"


def forget(own: str, entries: Entries, id_: str) -> str:
    """SQL that removes the notes on a migration, but for what another ledger has under way."""
    return f"delete from {quote(own, 'journal')} j where {entries.note_of(id_)} and {_free(entries, 'j')}"
