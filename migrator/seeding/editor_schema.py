"""`migrate editor-schema`: a JSON Schema of a database's seed files, with which editors complete and check them."""

from migrator.config import Config
from migrator.database.connect import connect, describe
from migrator.database.sessions.session import Session
from migrator.events import Emit, ignore
from migrator.events.pulling import EditorSchemaResult
from migrator.seeding.books import remarks
from migrator.seeding.books.snapshot import snapshot
from migrator.seeding.books.tables import Catalog, TableInfo
from migrator.seeding.describing.document import document
from migrator.sql.names import literal

# partitions are filled by way of their parents; nobody seeds the books of migration tools
_QUERY = """
select json_build_array(n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'supabase_migrations', {schema})
  and c.relname not in ('_yoyo_log', '_yoyo_migration', '_yoyo_version', 'yoyo_lock')
order by n.nspname, c.relname
"""


async def editor_schema(config: Config, *, emit: Emit = ignore) -> EditorSchemaResult:
    """Describe the seed files that a database takes: its tables, columns, enums, keys, and what refers to what.

    Reads the catalog in one transaction; writes and locks nothing. Equal databases give equal documents.
    """
    async with connect(config, emit) as session:
        async with snapshot(session, config, {}):
            names, catalog = await _read(session, config)
            said = await remarks.read(session, catalog.tables)
        tables = {info.oid for info in names.values()}
        return EditorSchemaResult(
            database=describe(session), tables=len(tables), document=document(names, catalog, said)
        )


async def _read(session: Session, config: Config) -> tuple[dict[str, TableInfo], Catalog]:
    """Every table by each name that a seed file may call it by."""
    found = await session.read(_QUERY.strip().format(schema=literal(config.schema)))
    catalog = Catalog()
    await catalog.read(session, [f"{schema}.{table}" for schema, table, _ in found])
    names: dict[str, TableInfo] = {}
    for schema, table, visible in found:
        info = catalog.named[f"{schema}.{table}"]
        if info is None or (info.schema, info.name) != (schema, table):
            continue  # a dot in the schema's name: no seed file can name it
        names[f"{schema}.{table}"] = info
        if visible and not table.startswith("$"):
            names[table] = info
    return names, catalog
