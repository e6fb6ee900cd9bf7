-- one row: a column of a table, view, materialized view, foreign table or composite type
select
    'column',
    c.identity || '.' || quote_ident(a.attname),
    jsonb_strip_nulls(jsonb_build_object(
        -- not attnum, which counts columns that were dropped, too
        'position', row_number() over (partition by c.oid order by a.attnum),
        'type', format_type(a.atttypid, a.atttypmod),
        'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation end,
        'not null', case when a.attnotnull then true end,
        'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
        'generated', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
        'default', pg_get_expr(d.adbin, d.adrelid),
        'storage', case when a.attstorage <> t.typstorage then a.attstorage end,
        'compression', nullif(a.attcompression, ''),
        'statistics target', nullif(a.attstattarget, -1),
        -- minor releases such as 15.20 keep an attribute of their own in here
        'options', (select jsonb_agg(o order by o) from unnest(a.attoptions) o where o !~ '^pg_attver='),
        'foreign options', (select jsonb_agg(o order by o) from unnest(a.attfdwoptions) o),
        'inherited', case when not a.attislocal then true end,
        'granted', p.granted
    ))
from compared_relation c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join privilege p
        on p.classid = 'pg_catalog.pg_class'::regclass and p.objid = c.oid and p.objsubid = a.attnum
where not c.managed
