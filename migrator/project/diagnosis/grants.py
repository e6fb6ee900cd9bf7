"""Which rights on the ledger and our tables this role and the readers have, and the SQL that gives what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrator.config import Config
from migrator.database import own
from migrator.database.sessions.session import Session
from migrator.migrating.books.entries import Entries
from migrator.migrating.books.ledger_choice import choose
from migrator.migrating.books.ledger_query import probe
from migrator.migrating.books.supabase_table import TABLE
from migrator.migrating.books.yoyo_tables import LOCK, LOG, MIGRATION, TABLES
from migrator.sql.names import literal, quote

WRITING = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the role that logs in, and the configured readers, may do.

    Attributes:
        journal: our journal is there.
        creation_refused: what the server would say to a run that makes what is missing; None where it may.
        for_creation: what an administrator may run then.
        writing_refused: what the server would say to one that writes; None where it may.
        for_writing: likewise.
        reads_only: the role is one of `readers`, and may neither make nor write what a run needs.
        readers: whether each of them can read all that there is.
        for_readers: what gives it to those who cannot.
    """

    journal: bool
    creation_refused: str | None
    for_creation: tuple[str, ...]
    writing_refused: str | None
    for_writing: tuple[str, ...]
    reads_only: bool
    readers: Mapping[str, bool] = field(default_factory=dict)
    for_readers: tuple[str, ...] = ()

    @property
    def unable(self) -> list[str]:
        """Readers that cannot read."""
        return [name for name, can in self.readers.items() if not can]


def _query(config: Config, schema: str, names: Sequence[tuple[str, str]]) -> str:
    """One jsonb: rights on the database, on both schemas, and on each of the tables that exist."""
    wanted = ", ".join(f"({literal(place)}, {literal(name)})" for place, name in names)
    schemas = ", ".join(map(literal, dict.fromkeys([config.schema, schema])))
    readers = ", ".join(map(literal, config.readers))
    may_write = " and ".join(f"has_table_privilege(t.oid, '{verb}')" for verb in WRITING)
    return f"""with t as (
            select c.oid, n.oid as place, n.nspname, c.relname from (values {wanted}) w (nspname, relname)
            join pg_catalog.pg_namespace n on n.nspname = w.nspname
            join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.relname)
        select jsonb_build_object(
            'user', session_user, 'database', current_database(),
            'create', has_database_privilege(current_database(), 'CREATE'),
            'schemas', (select jsonb_object_agg(n.nspname, has_schema_privilege(n.oid, 'CREATE'))
                        from pg_catalog.pg_namespace n where n.nspname in ({schemas})),
            'tables', (select jsonb_agg(jsonb_build_array(t.nspname, t.relname, {may_write})
                                        order by t.nspname, t.relname) from t),
            'readers', (select jsonb_object_agg(r.rolname, coalesce((select bool_and(
                            has_schema_privilege(r.oid, t.place, 'USAGE')
                            and has_table_privilege(r.oid, t.oid, 'SELECT')) from t), true))
                        from pg_catalog.pg_roles r where r.rolname = any (array[{readers}]::text[])))"""


def _tables(config: Config, entries: Entries) -> list[tuple[str, str]]:
    names = TABLES if entries.kind == "yoyo" else (TABLE,)
    return [(config.schema, name) for name in own.TABLES] + [(entries.schema, name) for name in names]


def _written(config: Config, entries: Entries) -> list[tuple[str, str]]:
    """The tables that every run writes to; the others only some."""
    names = (MIGRATION, LOG, LOCK) if entries.kind == "yoyo" else (TABLE,)
    return [(config.schema, "journal"), *((entries.schema, name) for name in names)]


async def look(session: Session, config: Config, entries: Entries) -> Rights:
    """The rights, asked of the catalog alone. One round trip."""
    (found,) = await session.read_as_asked(_query(config, entries.schema, _tables(config, entries)))
    tables: list[tuple[str, str, bool]] = found["tables"] or []
    there = [(schema, name) for schema, name, _ in tables]
    unable = [(schema, name) for schema, name, writes in tables if not writes]
    stops = [name for schema, name in unable if (schema, name) in _written(config, entries)]
    creation, sql = _creation(config, entries, found)
    return Rights(
        journal=(config.schema, "journal") in there,
        creation_refused=creation,
        for_creation=sql,
        writing_refused=f"permission denied for table {stops[0]}" if stops else None,
        for_writing=_granting(f"select, {', '.join(WRITING).lower()}", unable, [found["user"]]),
        reads_only=found["user"] in config.readers and bool(stops or creation),
        readers=found["readers"] or {},
        for_readers=_granting("select", there, [name for name, can in (found["readers"] or {}).items() if not can]),
    )


def _creation(config: Config, entries: Entries, found: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """The server's first refusal of what makes our schema, our tables and the ledger, in the order in which it is sent.

    CREATE SCHEMA asks for the right on the database before it looks whether the schema is there, and so does CREATE
    TABLE for the one on the schema.
    """
    user, schemas = quote(found["user"]), found["schemas"] or {}
    places = dict.fromkeys([config.schema, *([entries.schema] if entries.creation() else [])])
    missing = [name for name in places if schemas.get(name) is False]
    sql = [f"grant usage, create on schema {quote(name)} to {user}" for name in missing]
    if not found["create"]:
        return (
            f"permission denied for database {found['database']}",
            (f"grant create on database {quote(found['database'])} to {user}", *sql),
        )
    return (f"permission denied for schema {missing[0]}" if missing else None), tuple(sql)


def _granting(what: str, tables: Sequence[tuple[str, str]], roles: Sequence[str]) -> tuple[str, ...]:
    if not tables or not roles:
        return ()
    schemas = ", ".join(quote(name) for name in dict.fromkeys(schema for schema, _ in tables))
    whom = ", ".join(map(quote, roles))
    names = ", ".join(quote(schema, name) for schema, name in tables)
    return (f"grant usage on schema {schemas} to {whom}", f"grant {what} on {names} to {whom}")


async def to_read(session: Session, config: Config) -> tuple[str, ...]:
    """What gives the role that logs in the rights of a reader: to read the ledger and our tables, and nothing else."""
    (there,) = await session.read_as_asked(probe(config.schema))
    entries = choose(config, there).entries
    (found,) = await session.read_as_asked(_query(config, entries.schema, _tables(config, entries)))
    tables = [(schema, name) for schema, name, _ in found["tables"] or []]
    return _granting("select", tables, [found["user"]])
