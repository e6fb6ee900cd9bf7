-- one row: an index, also that of a constraint
select
    'index',
    s.name || '.' || quote_ident(i.relname),
    jsonb_strip_nulls(jsonb_build_object(
        'state', case when not x.indislive then 'being dropped' when not x.indisvalid then 'invalid' end,
        'replica identity', case when x.indisreplident then true end,
        'tablespace', (select t.spcname from pg_tablespace t where t.oid = i.reltablespace),
        'part of', case when i.relispartition then
            (select h.inhparent::regclass from pg_inherits h where h.inhrelid = i.oid) end,
        'depends on extensions', d.extensions,
        'statistics targets', (
            select jsonb_object_agg(a.attnum, a.attstattarget)
            from pg_attribute a where a.attrelid = i.oid and a.attstattarget >= 0)
    )) || jsonb_set('{}', '{definition}', to_jsonb(
        case when pg_table_is_visible(i.oid) is not null then pg_get_indexdef(i.oid) end))
from compared_relation c join pg_index x on x.indrelid = c.oid join pg_class i on i.oid = x.indexrelid
    join compared_schema s on s.oid = i.relnamespace
    left join dependent d on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.oid
where not c.managed
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = i.oid)
