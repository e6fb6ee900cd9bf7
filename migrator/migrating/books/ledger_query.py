"""What a database is asked of its migrations: the ledger's rows with our notes on them, and what a run has to know.

One query where the tables are there, one more of the catalog alone where something is missing. Each gives one jsonb.
"""

from migrator.migrating.books.entries import Entries
from migrator.migrating.books.notes import UNDER_WAY
from migrator.migrating.books.supabase_table import SCHEMA, TABLE
from migrator.migrating.books.yoyo_tables import LOCK, LOG, MIGRATION, VERSION
from migrator.sql.names import literal, quote

SURROUNDINGS = """'database', current_database(), 'backend', pg_catalog.pg_backend_pid(),
        'supabase', exists (select from pg_catalog.pg_roles where rolname = 'supabase_admin'),
        'plpgsql', coalesce((select has_language_privilege(oid, 'usage') from pg_catalog.pg_language
                             where lanname = 'plpgsql'), false),
        'watchful', version() ~ (case when current_setting('server_version_num')::integer < 150000
                                 then 'linux' else 'linux|darwin|bsd' end)"""
"""PostgreSQL notices that its client is gone where the kernel can tell (`client_connection_check_interval`)."""

HASHES = (
    "(select string_agg(encode(h.hash, 'hex'), ' ' order by h.number) "
    "from unnest(j.prefix_hashes) with ordinality h (hash, number))"
)
"""The hashes of the statements of a note `j`, as one text."""


def _observers() -> str:
    from migrator.migrating.books.observers import OBSERVERS

    return OBSERVERS


SUPABASE = f"""(select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = '{SCHEMA}' and c.relname = '{TABLE}')"""
"""The Supabase CLI's table, where it is; asked of the catalog, because a name needs a right to its schema."""

YOYO = f"""(select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = current_schema() and c.relname = '{MIGRATION}')"""
"""Likewise yoyo's."""

OTHER = {"yoyo": f"{SUPABASE} is not null", "supabase": f"{YOYO} is not null"}
"""Whether there is a ledger besides one of this kind."""


def query(entries: Entries, own: str | None, *, observe: bool = False) -> str:
    """One jsonb: the environment, the ledger's rows with the journal's, the journal's rows without one."""
    columns = (
        "extract(epoch from j.finished_at), j.state, encode(j.sha256, 'hex'), "
        "encode(j.sha256_without_comments, 'hex'), j.statements_done, j.statements_total, "
        "extract(epoch from j.finished_at - j.started_at)"
    )
    if own is None:
        joined, loose, notes, protected = "", "null", "null", "false"
        columns = f"null, null, null, null, null, null, null, {entries.statements}"
    else:
        journal = quote(own, "journal")
        notes = f"(select count(*) from {journal})"
        protected = f"exists (select from {quote(own, 'setting')} where name = 'protected')"
        joined = f"left join {journal} j on {entries.noted}"
        loose = (
            f"(select jsonb_agg(jsonb_build_array(j.migration_id, null, {columns}, null, {HASHES})) from {journal} j "
            f"where j.state in ({', '.join(map(literal, (*UNDER_WAY, 'owed')))}))"
        )
        # where our note counts, it says enough of what was applied
        columns += f", case when j.migration_id is null then {entries.statements} end"
    table = literal(entries.table)
    return f"""select jsonb_build_object(
        'schema', (select relnamespace::regnamespace::name from pg_catalog.pg_class
                   where oid = {table}::regclass),
        'current', current_schema(),
        'hidden', row_security_active({table}::regclass),
        'protected', {protected},
        'other', {OTHER[entries.kind]},
        'observers', {_observers() if observe else "null"},
        {SURROUNDINGS},
        'rows', (select jsonb_agg(jsonb_build_array({entries.id}, {entries.applied_at}, {columns})
                                  order by {entries.order})
                 from {entries.table} m {joined}),
        'loose', {loose},
        'notes', {notes})"""


def probe(own: str) -> str:
    """One jsonb: what there is and what this role may read, asked of the catalog alone."""
    own = literal(own)
    return f"""select jsonb_build_object(
        'current', current_schema(),
        {SURROUNDINGS},
        'observers', {_observers()},
        'supabase_columns', (select jsonb_agg(a.attname)
                    from pg_catalog.pg_attribute a where a.attrelid = {SUPABASE} and a.attnum > 0),
        'supabase_readable', (select has_schema_privilege(c.relnamespace, 'usage')
                                     and has_table_privilege(c.oid, 'select')
                              from pg_catalog.pg_class c where c.oid = {SUPABASE}),
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
                 where n.nspname = {own} and c.relname in ('journal', 'setting')),
        'journal_columns', (select jsonb_agg(a.attname)
                    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
                    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = {own} and c.relname = 'journal' and a.attnum > 0))"""
