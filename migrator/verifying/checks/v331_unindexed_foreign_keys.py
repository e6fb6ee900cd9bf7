"""A foreign key without an index that its own checks could use: what happens to one referenced row reads a whole table.

An index serves where its first columns are those of the key, in any order, with the operators that the key compares
with and the collation of the columns; whole, or without the rows in which a column of the key is null, which refer to
nothing. BRIN does not count: it finds blocks, not rows.
"""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V331",
    name="unindexed_foreign_keys",
    severity="info",
    title="a foreign key has no index of its own columns",
    message="no index of `{table}` begins with {columns}, as the foreign key `{constraint}` needs: {event} in "
    "`{referenced}` reads all of `{table}`",
    hint="`{sql}`",
    query=r"""
with recursive key as (
    select k.oid as top, k.oid, k.conrelid, k.conkey, k.conpfeqop, k.conffeqop, r.relkind
    from pg_constraint k join relation r on r.oid = k.conrelid
    where k.contype = 'f' and k.conparentid = 0
    union all
    -- that of a partition, whose columns may have other numbers; one of the same table has no columns of its own
    select key.top, k.oid, k.conrelid, k.conkey, k.conpfeqop, k.conffeqop,
        (select c.relkind from pg_class c where c.oid = k.conrelid)
    from key join pg_constraint k on k.conparentid = key.oid and k.conparentid <> 0 and k.conrelid <> key.conrelid
),
compared as materialized (
    select key.*,
        -- PERIOD, of PostgreSQL 18, comes last, behind another column, and is not compared with `=`
        cardinality(key.conkey) - case when cardinality(key.conkey) = 1 then 0 else (
            select coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false)::int
            from pg_constraint k where k.oid = key.oid) end as width
    from key
),
serving as materialized (
    select k.oid from compared k
        -- the first column tells at once of most indexes that they do not
        join pg_index x on x.indrelid = k.conrelid and x.indisvalid and x.indnkeyatts >= k.width
            and x.indkey[0] = any (k.conkey)
        cross join generate_series(0, k.width - 1) p (place)
        join pg_opclass o on o.oid = x.indclass[p.place]
        join pg_am m on m.oid = o.opcmethod and m.amname <> 'brin'
    where x.indkey[p.place] = any (k.conkey[1:k.width])
        and x.indcollation[p.place] = (
            select a.attcollation from pg_attribute a
            where a.attrelid = k.conrelid and a.attnum = x.indkey[p.place])
        -- where the types of both sides differ, an index may know the columns' own `=` alone
        and ((o.opcfamily, k.conpfeqop[array_position(k.conkey, x.indkey[p.place])]) in (
                select q.amopfamily, q.amopopr from pg_amop q)
            or (o.opcfamily, k.conffeqop[array_position(k.conkey, x.indkey[p.place])]) in (
                select q.amopfamily, q.amopopr from pg_amop q))
        and (x.indpred is null or pg_get_expr(x.indpred, x.indrelid) ~ (
            select '^\(*' || t.test || '\)*( AND \(*' || t.test || '\)*)*$' from (
                select '(' || string_agg(regexp_replace(quote_ident(n.attname), '(\W)', '\\\1', 'g'), '|')
                    || ') IS NOT NULL' as test
                from pg_attribute n where n.attrelid = k.conrelid and n.attnum = any (k.conkey)
            ) t))
    group by k.oid, x.indexrelid, k.width
    having count(distinct x.indkey[p.place]) = k.width
),
unserved as (
    select c.top from (
        select k.top, k.oid, k.relkind, k.oid in (select s.oid from serving s) as served from compared k
    ) c
    group by c.top
    -- an index of the whole is one of every partition; but each may have its own, too
    having not bool_or(c.oid = c.top and c.served)
        and not coalesce(bool_and(c.served) filter (where c.oid <> c.top and c.relkind = 'r'), false)
)
select 'constraint', r.identity || '.' || quote_ident(k.conname), jsonb_build_object(
    'table', r.identity,
    'constraint', k.conname,
    'columns', n.told,
    'referenced', k.confrelid::regclass,
    'event', case k.confdeltype
        when 'c' then 'each delete, which cascades, and each change of the key'
        when 'n' then 'each delete, which sets null, and each change of the key'
        when 'd' then 'each delete, which sets the default, and each change of the key'
        else 'each delete and each change of the key' end,
    -- the whole of a partitioned table cannot be indexed concurrently
    'sql', 'create index ' || case r.relkind when 'p' then '' else 'concurrently ' end || 'on ' || r.identity
        || ' (' || n.listed || ')')
from unserved u join pg_constraint k on k.oid = u.top join relation r on r.oid = k.conrelid
    cross join lateral (
        select string_agg('`' || a.attname || '`', ', ' order by c.place) as told,
            string_agg(quote_ident(a.attname), ', ' order by c.place) as listed
        from unnest(k.conkey) with ordinality c (number, place)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.number
        where c.place < cardinality(k.conkey) or (to_jsonb(k) ->> 'conperiod') is distinct from 'true'
    ) n
-- nothing is done for one that is not enforced
where (to_jsonb(k) ->> 'conenforced') is distinct from 'false'
""",
)
