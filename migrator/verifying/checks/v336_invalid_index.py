"""An index that no query uses: its making was cut off, or it lacks partitions. One that is being made just now is none.

What is made just now is told by `pg_stat_progress_create_index`, which shows its tables only to who may see them
(`pg_read_all_stats`); to others such an index is told, with what is known.
"""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V336",
    name="invalid_index",
    severity="error",
    title="an index is invalid: no query uses it",
    message="`{identity}` is invalid: no query of `{table}` uses it{effect}",
    hint="{way}",
    query=r"""
with invalid as (
    select i.oid, i.relname, i.relkind, x.indrelid, x.indisunique, x.indisready, x.indislive, r.identity as of_table,
        s.name || '.' || quote_ident(i.relname) as identity,
        exists (select from pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u', 'x')) as of_constraint,
        pg_get_indexdef(i.oid) as definition
    from pg_index x join relation r on r.oid = x.indrelid
        join pg_class i on i.oid = x.indexrelid join own_schema s on s.oid = i.relnamespace
    where not (x.indisvalid and x.indislive)
),
-- of the index of a partitioned table: partitions without a part of it, and what makes the parts valid
part as (
    select v.oid, c.oid::regclass::text as partition, y.indexrelid is null as lacking, case
            when y.indexrelid is null
                then 'create ' || case when v.indisunique then 'unique ' else '' end || 'index '
                    || case c.relkind when 'p' then '' else 'concurrently ' end || n.name || ' on ' || c.oid::regclass
                    || substr(v.definition, strpos(v.definition, ' USING '))
                    || '; alter index ' || v.identity || ' attach partition ' || quote_ident(g.nspname) || '.' || n.name
            else case when y.indisvalid then '' else 'reindex index concurrently ' || y.indexrelid::regclass || '; ' end
                || 'alter index ' || v.identity || ' attach partition ' || y.indexrelid::regclass end as sql
    from invalid v join pg_inherits p on p.inhparent = v.indrelid join pg_class c on c.oid = p.inhrelid
        join pg_namespace g on g.oid = c.relnamespace
        cross join lateral (select quote_ident(left(c.relname || '_' || v.relname, 60)) as name) n
        left join (pg_inherits h join pg_index y on y.indexrelid = h.inhrelid)
            on h.inhparent = v.oid and y.indrelid = c.oid
    where v.relkind = 'I' and c.relkind in ('r', 'p')
),
parts as (
    select oid, count(*) as number,
        string_agg('`' || partition || '`', ', ' order by partition collate "C") filter (where lacking) as lacking,
        string_agg(sql, '; ' order by partition collate "C") as sql
    from part group by oid
)
select 'index', v.identity, jsonb_build_object(
    'table', v.of_table,
    'effect', case
        when p.lacking is not null then ', because these partitions have no part of it: ' || p.lacking
        when v.relkind = 'I' then ''
        when v.indisunique then ', and it may let duplicates in'
        when v.indisready then ', and each change writes it'
        else '' end
        || case when busy.unknown then ' (or it is being made just now, which this role may not see)' else '' end,
    'way', case
        when v.relkind = 'I' and (v.of_constraint or p.number > 5 or p.sql is null)
            then 'a valid index of each partition, then `alter index ' || v.identity || ' attach partition ...` for it'
        when v.relkind = 'I' then '`' || p.sql || '`'
        -- half dropped; or what REINDEX CONCURRENTLY was making, or had replaced
        when not v.indislive or v.relname ~ '_cc(new|old)\d*$' then '`drop index concurrently ' || v.identity || '`'
        else '`reindex index concurrently ' || v.identity || '`' end)
from invalid v left join parts p on p.oid = v.oid
    cross join lateral (
        select bool_or(b.relid is null) as unknown, bool_or(
            b.index_relid = v.oid
            -- a whole table's are made and put in place one after the other
            or b.relid = v.indrelid and b.command like 'REINDEX %' and v.relname ~ '_cc(new|old)\d*$') as this
        from pg_stat_progress_create_index b where b.datname = current_database()
    ) busy
where busy.this is distinct from true
""",
)
