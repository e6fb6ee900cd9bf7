"""An index that another one does the work of: same table, method, columns, order, operators, collations and rows.

A plain index is also a duplicate of a unique one; a unique one never of a plain one. Of several the best stays: that of
a primary key, of the replica identity, of a constraint, that foreign keys stand on, a unique one. What a partition has
from the whole table cannot go alone.
"""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V335",
    name="duplicate_index",
    severity="warning",
    title="an index is a duplicate of another one",
    message="`{identity}` is a duplicate of `{kept}`{what}: each change of `{table}` writes both",
    hint="{way}",
    query="""
-- most indexes are the only one of their columns
with alike as materialized (
    select unnest(array_agg(x.indexrelid)) as oid from pg_index x where x.indisvalid and x.indislive
    group by x.indrelid, x.indkey::text, x.indclass::text
    having count(*) > 1
),
candidate as materialized (
    select x.indexrelid as oid, x.indrelid, r.identity as of_table, s.name || '.' || quote_ident(i.relname) as identity,
        i.relkind, i.relispartition, k.conname, k.contype,
        x.indisunique or x.indisexclusion as strict, x.indisunique, x.indisprimary, x.indimmediate,
        coalesce((to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false) as nulls_equal,
        f.names as foreign_keys,
        row_number() over (
            partition by x.indrelid
            order by i.relispartition desc, x.indisprimary desc, x.indisreplident desc, k.conname is not null desc,
                f.names is not null desc, x.indisunique desc, i.relname collate "C") as place,
        jsonb_build_array(
            i.relam, x.indnkeyatts, x.indkey::text, x.indclass::text, x.indcollation::text, x.indoption::text,
            pg_get_expr(x.indexprs, x.indrelid), pg_get_expr(x.indpred, x.indrelid), o.options,
            -- of a B-tree and of a hash they only say how full its pages are
            case when m.amname not in ('btree', 'hash') then i.reloptions end) as shape
    from alike join pg_index x on x.indexrelid = alike.oid join relation r on r.oid = x.indrelid
        join pg_class i on i.oid = x.indexrelid join own_schema s on s.oid = i.relnamespace
        join pg_am m on m.oid = i.relam
        left join pg_constraint k on k.conindid = i.oid and k.contype in ('p', 'u', 'x')
        left join (
            select c.conindid, string_agg(
                '`' || c.conname || '` of `' || c.conrelid::regclass || '`', ', ' order by c.conname) as names
            from pg_constraint c where c.contype = 'f' and c.conparentid = 0 group by c.conindid
        ) f on f.conindid = i.oid
        left join lateral (
            select jsonb_agg(to_jsonb(a.attoptions) order by a.attnum) as options from pg_attribute a
            where a.attrelid = i.oid and a.attoptions is not null
        ) o on true
)
select distinct on (d.oid) 'index', d.identity, jsonb_build_object(
    'table', d.of_table,
    'kept', k.identity,
    'what', case k.contype
        when 'p' then ' of the primary key'
        when 'u' then ' of a unique constraint'
        when 'x' then ' of an exclusion constraint'
        else case when k.indisunique and not d.indisunique then ', which is unique' else '' end end,
    'way', coalesce('make the foreign keys ' || d.foreign_keys || ' anew, which stand on it; then ', '') || '`' || case
        when d.conname is not null then 'alter table ' || d.of_table || ' drop constraint ' || quote_ident(d.conname)
        when d.relkind = 'I' then 'drop index ' || d.identity
        else 'drop index concurrently ' || d.identity end || '`')
from candidate d join candidate k on k.indrelid = d.indrelid and k.shape = d.shape and k.place < d.place
    and (not d.strict
        or d.indisunique and k.indisunique and k.indimmediate = d.indimmediate
            and (k.nulls_equal = d.nulls_equal or k.indisprimary))
where not d.relispartition and not d.indisprimary
order by d.oid, k.place
""",
)
