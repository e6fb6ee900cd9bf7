"""A table without a primary key: nothing says which row is which.

A partition has that of the whole, or none. A partitioned table whose partition key is an expression can have none, so
it is left alone.
"""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V333",
    name="no_primary_key",
    severity="info",
    title="a table has no primary key",
    message="`{identity}` has no primary key{effect}",
    hint="{way}",
    query="""
with lacking as (
    select r.oid, r.relkind, r.identity, r.nspname, r.relname from relation r
    where r.relkind in ('r', 'p') and not r.relispartition
        and not exists (select from pg_index x where x.indrelid = r.oid and x.indisprimary)
        -- the server makes no primary key there
        and not exists (
            select from pg_partition_tree(r.oid) t join pg_partitioned_table p on p.partrelid = t.relid
            where 0 = any (p.partattrs::int2[]))
),
-- a unique index that could be it: whole, of columns that are never null
fit as (
    select l.oid, x.indexrelid, c.columns, k.conname from lacking l join pg_index x on x.indrelid = l.oid
        left join pg_constraint k on k.conindid = x.indexrelid and k.contype = 'u'
        join lateral (
            select string_agg(quote_ident(a.attname), ', ' order by n.place) as columns, bool_and(a.attnotnull) as set
            from unnest(x.indkey::int2[]) with ordinality n (number, place)
                left join pg_attribute a on a.attrelid = l.oid and a.attnum = n.number
            where n.place <= x.indnkeyatts
        ) c on c.set
    where x.indisunique and x.indisvalid and x.indimmediate and not x.indisexclusion and x.indpred is null
        and 0 <> all (x.indkey::int2[]) and 0 = all (x.indoption::int2[])
)
select 'table', l.identity, jsonb_build_object(
    'effect', coalesce(': ' || p.failing || ' fails, because ' || p.names || ' publishes it', ''),
    'way', case when c.reloftype <> 0 and f.columns is null then 'a primary key of the columns that tell its rows apart'
        else '`alter table ' || l.identity || case
        when f.conname is null and f.columns is not null and l.relkind = 'r'
            then ' add primary key using index ' || quote_ident(f.relname) || '`'
        when f.columns is not null then ' add primary key (' || f.columns || ')`, in the place of `' || f.relname || '`'
        when l.relkind = 'p' then ' add column ' || n.name || ' uuid not null default gen_random_uuid(), '
            || 'add primary key (' || n.name || t.columns || ')`'
        when d.name is not null then ' add primary key (' || d.name || ')`, if no value is in it twice'
        else ' add column ' || n.name || ' bigint generated always as identity primary key`' end
        || case when coalesce(f.columns, d.name) is null then ', or the columns that tell its rows apart' else '' end
        end)
from lacking l join pg_class c on c.oid = l.oid
    left join lateral (
        select fit.columns, fit.conname, i.relname from fit join pg_class i on i.oid = fit.indexrelid
        where fit.oid = l.oid order by fit.conname is not null, i.relname limit 1
    ) f on true
    left join lateral (
        select quote_ident(min(a.attname)) as name from pg_attribute a
        where a.attrelid = l.oid and a.attidentity <> '' and not a.attisdropped and l.relkind = 'r'
    ) d on true
    cross join lateral (
        select case when not exists (select from pg_attribute a where a.attrelid = l.oid and a.attname = 'id')
            then 'id' else 'row_id' end
    ) n (name)
    cross join lateral (
        -- a unique index of a partitioned table has every column that any level of it is partitioned by
        select string_agg(distinct ', ' || quote_ident(a.attname), '') as columns
        from pg_partition_tree(l.oid) s join pg_partitioned_table g on g.partrelid = s.relid
            cross join unnest(g.partattrs::int2[]) c (number)
            join pg_attribute a on a.attrelid = s.relid and a.attnum = c.number
    ) t
    left join lateral (
        select string_agg('the publication `' || b.pubname || '`', ' and ' order by b.pubname) as names,
            concat_ws(' and ', case when bool_or(b.pubupdate) then 'each `update`' end,
                case when bool_or(b.pubdelete) then 'each `delete`' end) as failing
        from pg_publication b join pg_publication_tables u on u.pubname = b.pubname
        where u.schemaname = l.nspname and u.tablename = l.relname and (b.pubupdate or b.pubdelete)
            and (select c.relreplident = 'd' from pg_class c where c.oid = l.oid)
    ) p on true
""",
)
