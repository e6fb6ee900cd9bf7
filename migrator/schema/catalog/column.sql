-- one row: a column of a table, view, materialized view, foreign table or composite type; its place is told by the
-- `column order` of its table
select
    'column',
    c.identity || '.' || quote_ident(a.attname),
    jsonb_strip_nulls(jsonb_build_object(
        'type', format_type(a.atttypid, a.atttypmod),
        'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation end,
        'not null', case when a.attnotnull then true end,
        -- since 18 a not-null has a name and more
        'not null name', n.name,
        'not null state', n.state,
        'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
        'identity sequence', case when a.attidentity <> '' then s.attributes || jsonb_build_object('name', s.name) end,
        'generated', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
        'default', pg_get_expr(d.adbin, d.adrelid),
        'storage', case when a.attstorage <> t.typstorage then
            case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
        'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
        'statistics target', nullif(a.attstattarget, -1),
        -- minor releases such as 15.20 keep an attribute of their own in here
        'options', case when a.attoptions is not null then
            (select jsonb_agg(o order by o collate "C") from unnest(a.attoptions) o where o !~ '^pg_attver=') end,
        'foreign options', case when a.attfdwoptions is not null then
            (select jsonb_agg(o order by o collate "C") from unnest(a.attfdwoptions) o) end,
        'inherited', case when not a.attislocal then true end,
        'granted', p.granted
    ))
from compared_relation c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join found_sequence s on s.internal and s.owner = c.oid and s.owner_column = a.attnum
    left join privilege p
        on p.classid = 'pg_catalog.pg_class'::regclass and p.objid = c.oid and p.objsubid = a.attnum
    left join (
        select k.conrelid, k.conkey[1] as attnum,
            nullif(k.conname, r.relname || '_' || b.attname || '_not_null') as name,
            nullif(concat_ws(', ',
                case when not k.convalidated then 'not valid' end, case when k.connoinherit then 'no inherit' end), '') as state
        from pg_constraint k join pg_class r on r.oid = k.conrelid
            join pg_attribute b on b.attrelid = k.conrelid and b.attnum = k.conkey[1]
        where k.contype = 'n'
    ) n on n.conrelid = c.oid and n.attnum = a.attnum
where not c.managed
union all
-- an object of its own, so that a column that is dropped changes none of the others
select 'column order', c.identity, jsonb_build_object('columns', jsonb_agg(a.attname order by a.attnum))
from compared_relation c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where not c.managed and c.relkind in ('r', 'p', 'f', 'c')
group by c.oid, c.identity
having count(*) > 1
