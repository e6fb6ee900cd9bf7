-- one row: a column of a table, view, materialized view, foreign table or composite type; its place is told by the
-- `column order` of its table
select
    'column',
    c.identity || '.' || quote_ident(a.attname),
    jsonb_strip_nulls(jsonb_build_object(
        'type', format_type(a.atttypid, a.atttypmod),
        'not null', case when a.attnotnull then true end,
        'default', pg_get_expr(d.adbin, d.adrelid),
        'granted', p.granted
    )) || case when a.attcollation = t.typcollation and k.oid is null and a.attidentity = '' and a.attgenerated = ''
        and a.attstorage = t.typstorage and a.attcompression = '' and coalesce(a.attstattarget, -1) = -1
        and a.attoptions is null and a.attfdwoptions is null and a.attislocal
    then '{}' -- nothing else to tell of most columns
    else jsonb_strip_nulls(jsonb_build_object(
        'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation end,
        -- since 18 a not-null has a name and more
        'not null name', nullif(k.conname, c.relname || '_' || a.attname || '_not_null'),
        'not null state', nullif(concat_ws(', ',
            case when not k.convalidated then 'not valid' end, case when k.connoinherit then 'no inherit' end), ''),
        'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
        'identity sequence', case when a.attidentity <> '' then s.attributes || jsonb_build_object('name', s.name) end,
        'generated', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
        'storage', case when a.attstorage <> t.typstorage then
            case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
        'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
        'statistics target', nullif(a.attstattarget, -1),
        -- minor releases such as 15.20 keep an attribute of their own in here
        'options', case when a.attoptions is not null then
            (select jsonb_agg(o order by o collate "C") from unnest(a.attoptions) o where o !~ '^pg_attver=') end,
        'foreign options', case when a.attfdwoptions is not null then
            (select jsonb_agg(o order by o collate "C") from unnest(a.attfdwoptions) o) end,
        'inherited', case when not a.attislocal then true end
    )) end
from compared_relation c
    join pg_attribute a on a.attrelid = c.oid and a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join found_sequence s on s.internal and s.owner = c.oid and s.owner_column = a.attnum
    left join privilege p
        on p.classid = 'pg_catalog.pg_class'::regclass and p.objid = c.oid and p.objsubid = a.attnum
    left join pg_constraint k on k.contype = 'n' and k.conrelid = c.oid and k.conkey[1] = a.attnum
        and (not k.convalidated or k.connoinherit or k.conname <> c.relname || '_' || a.attname || '_not_null')
where not c.managed
union all
-- an object of its own, so that a column that is dropped changes none of the others
select 'column order', c.identity, jsonb_build_object('columns', jsonb_agg(a.attname order by a.attnum))
from compared_relation c join pg_attribute a on a.attrelid = c.oid and a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped
where not c.managed and c.relkind in ('r', 'p', 'f', 'c')
group by c.oid, c.identity
having count(*) > 1
