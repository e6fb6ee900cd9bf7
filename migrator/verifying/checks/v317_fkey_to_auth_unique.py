"""A foreign key to a unique column of `auth` that is no primary key: it is in the way of updates of the platform."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V317",
    name="fkey_to_auth_unique",
    severity="error",
    title="a foreign key refers to a table of `auth` by something else than its primary key",
    message="foreign key `{name}` of `{table}` refers to {columns} of `{target}`, which is unique, but no primary key: "
    "updates of Supabase's `auth` may drop that index",
    hint="`alter table {table} drop constraint {name}`, and refer to the primary key",
    supabase_only=True,
    query="""
select 'constraint', r.identity || '.' || quote_ident(k.conname), jsonb_build_object(
    'name', quote_ident(k.conname), 'table', r.identity, 'target', k.confrelid::regclass::text,
    'columns', (
        select string_agg('`' || a.attname || '`', ', ' order by f.place)
        from unnest(k.confkey) with ordinality f (attnum, place)
            join pg_attribute a on a.attrelid = k.confrelid and a.attnum = f.attnum))
from pg_constraint k join relation r on r.oid = k.conrelid
    join pg_class c on c.oid = k.confrelid join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'auth'
    join pg_index i on i.indexrelid = k.conindid and not i.indisprimary
-- those of partitions come and go with that of the whole table
where k.contype = 'f' and k.conparentid = 0
""",
)
