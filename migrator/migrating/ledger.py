"""Which migrations are in a database: yoyo's own tables and our journal beside them, read in one round trip.

What the journal knows of an entry counts only while the ledger's entry is the one that it was written for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from migrator.config import Config
from migrator.database.session import Session
from migrator.errors import InputError, ServerError, StateError, UnavailableError
from migrator.migrating.entries import Entries
from migrator.migrating.folder import MigrationFile
from migrator.migrating.journal import HASHES
from migrator.migrating.notes import JournalEntry
from migrator.migrating.yoyo_tables import LOCK, LOG, MIGRATION, VERSION, YoyoTables
from migrator.sql.names import literal, quote


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A migration that is applied; `journal` is None when another tool applied it."""

    id: str
    applied_at: datetime | None
    journal: JournalEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a database knows of its migrations.

    Attributes:
        database: the database's own name.
        entries: the tables that hold it, or would.
        ready: those tables and ours exist.
        missing: there is no ledger, so nothing can be applied.
        applied: entries by the key of their migration, oldest first; `entry` finds one by an id.
        loose: journal entries without one of the ledger: partial and owed ones; likewise, `note` finds one.
        supabase: the roles of Supabase exist.
        elsewhere: there is no ledger of yoyo's, but one of the Supabase CLI.
        protected: `migrate protect` has marked the database.
        observers: what writes every statement's source text elsewhere; asked for only before a run.
        plpgsql: the role may use PL/pgSQL, which marks need.
        watchful: the server's platform can watch for a client that is gone.
    """

    database: str = ""
    entries: Entries
    ready: bool
    missing: bool = False
    applied: Mapping[str, LedgerEntry] = field(default_factory=dict)
    loose: Mapping[str, JournalEntry] = field(default_factory=dict)
    supabase: bool = False
    elsewhere: bool = False
    protected: bool = False
    observers: tuple[str, ...] = ()
    plpgsql: bool = True
    watchful: bool = False

    def entry(self, id_: str) -> LedgerEntry | None:
        """The entry of this migration; None while it is not applied."""
        return self.applied.get(self.entries.key(id_))

    def note(self, id_: str) -> JournalEntry | None:
        """The journal's note of a migration that is under way or owed; None where there is none."""
        return self.loose.get(self.entries.key(id_))


def is_settled(files: Iterable[MigrationFile], ledger: Ledger) -> bool:
    """Everything is applied as it is on disk, by hashes alone: a run has nothing to do and nothing to say."""
    keys = set()
    for file in files:
        if file.post_apply:
            continue
        entry = ledger.entry(file.id)
        if entry is None:
            return False
        if entry.journal is not None and entry.journal.sha256 not in {None, file.sha256}:
            return False
        keys.add(ledger.entries.key(file.id))
    return not ledger.loose and keys == ledger.applied.keys()


SURROUNDINGS = """'database', current_database(), 'backend', pg_catalog.pg_backend_pid(),
        'supabase', exists (select from pg_catalog.pg_roles where rolname = 'supabase_admin'),
        'plpgsql', coalesce((select has_language_privilege(oid, 'usage') from pg_catalog.pg_language
                             where lanname = 'plpgsql'), false),
        'watchful', version() ~ (case when current_setting('server_version_num')::integer < 150000
                                 then 'linux' else 'linux|darwin|bsd' end)"""
"""PostgreSQL notices that its client is gone where the kernel can tell (`client_connection_check_interval`)."""


def _observers() -> str:
    from migrator.migrating.observers import OBSERVERS

    return OBSERVERS


def _query(entries: Entries, own: str | None, *, observe: bool = False) -> str:
    """One jsonb: the environment, the ledger's rows with the journal's, the journal's rows without one."""
    columns = (
        "j.state, encode(j.sha256, 'hex'), encode(j.sha256_without_comments, 'hex'), j.statements_done, "
        "j.statements_total, extract(epoch from j.finished_at - j.started_at)"
    )
    if own is None:
        joined, columns, loose, protected = "", "null, null, null, null, null, null", "null", "false"
    else:
        journal = quote(own, "journal")
        protected = f"exists (select from {quote(own, 'setting')} where name = 'protected')"
        joined = f"left join {journal} j on j.migration_id = {entries.id} and j.ledger_applied_at = {entries.stamp}"
        loose = (
            f"(select jsonb_agg(jsonb_build_array(j.migration_id, null, {columns}, {HASHES})) from {journal} j "
            "where j.state in ('partial', 'partial-unsure', 'undoing', 'undoing-unsure', 'owed'))"
        )
    table = literal(entries.table)
    return f"""select jsonb_build_object(
        'schema', (select relnamespace::regnamespace::name from pg_catalog.pg_class
                   where oid = {table}::regclass),
        'current', current_schema(),
        'hidden', row_security_active({table}::regclass),
        'protected', {protected},
        'observers', {_observers() if observe else "null"},
        {SURROUNDINGS},
        'rows', (select jsonb_agg(jsonb_build_array({entries.id}, {entries.applied_at}, {columns})
                                  order by {entries.order})
                 from {entries.table} m {joined}),
        'loose', {loose})"""


def _probe(config: Config) -> str:
    """One jsonb: what there is and what this role may read, asked of the catalog alone."""
    own = literal(config.schema)
    return f"""select jsonb_build_object(
        'current', current_schema(),
        {SURROUNDINGS},
        'observers', {_observers()},
        'elsewhere', exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                             where n.nspname = 'supabase_migrations' and c.relname = 'schema_migrations'),
        'tables', (select jsonb_object_agg(c.relname, has_table_privilege(c.oid, 'select'))
                   from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                   where n.nspname = current_schema() and c.relname in ('{MIGRATION}', '{LOG}', '{VERSION}', '{LOCK}')),
        'columns', (select jsonb_agg(a.attname)
                    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
                    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = current_schema() and c.relname = '{MIGRATION}' and a.attnum > 0),
        'ours', (select jsonb_object_agg(c.relname, has_schema_privilege(n.oid, 'usage')
                                                    and has_table_privilege(c.oid, 'select'))
                 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                 where n.nspname = {own} and c.relname in ('journal', 'setting')))"""


def _entry(row: list[Any]) -> LedgerEntry:
    id_, applied_at, state, sha256, without_comments, done, total, duration, *hashes = row
    journal = None
    if state is not None:
        journal = JournalEntry(
            state=state,
            sha256=bytes.fromhex(sha256) if sha256 else None,
            sha256_without_comments=bytes.fromhex(without_comments) if without_comments else None,
            done=done,
            total=total,
            duration=duration,
            hashes=tuple(map(bytes.fromhex, (hashes[0] or "").split())) if hashes else (),
        )
    when = None if applied_at is None else datetime.fromtimestamp(applied_at, UTC)
    return LedgerEntry(id=id_, applied_at=when, journal=journal)


def _ledger(found: dict[str, Any], entries: Entries, *, ready: bool) -> Ledger:
    if found["hidden"]:
        raise UnavailableError(
            f"row level security hides rows of `{found['schema']}.{MIGRATION}` from this role",
            code="ledger-hidden",
            hint=f"`alter table {quote(found['schema'], MIGRATION)} disable row level security`, or use its owner",
        )
    key = entries.key
    loose = {key(row[0]): entry.journal for row in found["loose"] or [] if (entry := _entry(row)).journal is not None}
    applied = {key(entry.id): entry for entry in map(_entry, found["rows"] or [])}
    return Ledger(
        entries=entries,
        ready=ready,
        applied=applied,
        loose={each: note for each, note in loose.items() if _counts(note, applied.get(each))},
        protected=found["protected"],
        **_surroundings(found),
    )


def _counts(note: JournalEntry, entry: LedgerEntry | None) -> bool:
    """What goes up has no entry yet; what goes down has the very one that the note is of."""
    if note.direction == "up":
        return entry is None
    return entry is not None and entry.journal is not None and entry.journal.direction == "down"


def _surroundings(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "database": found["database"],
        "supabase": found["supabase"],
        "observers": tuple(found["observers"] or ()),
        "plpgsql": found["plpgsql"],
        "watchful": found["watchful"],
    }


async def read(session: Session, config: Config, *, observe: bool = False) -> Ledger:
    """What the database knows: one round trip where the tables exist. Writes nothing, locks nothing.

    With `observe` it also asks what a run needs to know of its surroundings. Raises `InputError` for a kind of ledger
    that this version does not keep.

    Raises `UnavailableError` where the tables exist and this role cannot read them, or no schema is current, and
    `StateError` for a ledger that yoyo made before its version 6.
    """
    if config.ledger == "supabase":
        raise InputError(
            "this version keeps its ledger in yoyo's tables, not in those of the Supabase CLI",
            code="unsupported-ledger",
            outcome="nothing was changed",
            hint='leave `ledger` out, or write `ledger = "yoyo"`',
        )
    try:
        (found,) = await session.read_as_asked(_query(YoyoTables(schema=""), config.schema, observe=observe))
    except ServerError as error:
        # no such table, column or schema, or no right to it: the first run, or something to tell apart
        if error.report.sqlstate not in {"42P01", "3F000", "42501", "42703"}:
            raise
        found = None
    if found is not None:
        session.answered_by(found["backend"])
    if found is not None and found["schema"] == found["current"]:
        return _ledger(found, YoyoTables(schema=found["schema"]), ready=True)
    return await _read_carefully(session, config, observe=observe)


async def _read_carefully(session: Session, config: Config, *, observe: bool) -> Ledger:
    (there,) = await session.read_as_asked(_probe(config))
    session.answered_by(there["backend"])
    tables: dict[str, bool] = there["tables"] or {}
    schema = there["current"]
    if schema is None:
        raise UnavailableError(
            "no schema of this role's search_path exists, so there is nowhere to keep the ledger",
            code="no-schema",
            hint="set one: `alter role ... set search_path = public`, or `?options=-csearch_path%3Dpublic` in the "
            "address",
        )
    if MIGRATION in tables and "migration_hash" not in there["columns"]:
        raise StateError(
            f"the ledger `{schema}.{MIGRATION}` is of a yoyo before version 6",
            code="old-ledger",
            outcome="nothing was changed",
            hint="run `yoyo list` of yoyo 9 once: it upgrades its tables",
        )
    unreadable = [f"{schema}.{MIGRATION}"] if tables.get(MIGRATION) is False else []
    ours: dict[str, bool] = there["ours"] or {}
    unreadable += [f"{config.schema}.{name}" for name, readable in ours.items() if not readable]
    if unreadable:
        raise UnavailableError(
            f"this role may not read `{unreadable[0]}`",
            code="missing-rights",
            sqlstate="42501",
            hint="its owner must grant `usage` on its schema and `select` on it, or name this role in `readers`",
        )
    entries = YoyoTables(schema=schema)
    if MIGRATION not in tables:
        protected = "setting" in ours and await _is_protected(session, config)
        return Ledger(
            entries=entries,
            ready=False,
            missing=True,
            elsewhere=there["elsewhere"],
            protected=protected,
            **_surroundings(there),
        )
    own = config.schema if "journal" in ours else None
    (found,) = await session.read(_query(entries, own, observe=observe))
    return _ledger(found, entries, ready=own is not None and tables.keys() == {MIGRATION, LOG, VERSION, LOCK})


async def _is_protected(session: Session, config: Config) -> bool:
    """For a database that has our tables and no ledger yet."""
    from migrator.database import protection

    return (await protection.look(session, config.schema))[1]
