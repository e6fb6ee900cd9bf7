-- one row: a table, view, materialized view, foreign table or composite type, without its columns
select
    case c.relkind
        when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' when 'c' then 'composite type'
        else 'table' end,
    c.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'owner', pg_get_userbyid(c.relowner),
        'granted', p.granted,
        'revoked', p.revoked,
        -- of the type that goes with it
        'usage granted', u.granted,
        'usage revoked', u.revoked,
        'persistence', case k.relpersistence when 'u' then 'unlogged' end,
        'access method', (select am.amname from pg_am am where am.oid = k.relam and am.amname <> 'heap'),
        'tablespace', (select t.spcname from pg_tablespace t where t.oid = k.reltablespace),
        'options', (select jsonb_agg(o order by o collate "C") from unnest(k.reloptions) o),
        'toast options', (
            select jsonb_agg(o order by o collate "C")
            from pg_class toast, unnest(toast.reloptions) o where toast.oid = k.reltoastrelid),
        'row level security', case when k.relrowsecurity then 'enabled' end,
        'row level security of the owner', case when k.relforcerowsecurity then 'forced' end,
        -- which index it is, that index tells
        'replica identity', case when k.relkind in ('r', 'p') then
            case k.relreplident when 'f' then 'full' when 'n' then 'nothing' when 'i' then 'index' end end,
        'of type', case when k.reloftype <> 0 then k.reloftype::regtype end,
        'partitioned by', case when k.relkind = 'p' then pg_get_partkeydef(c.oid) end,
        'partition', case when k.relispartition then pg_get_expr(k.relpartbound, c.oid) end,
        'inherits', case when k.relispartition or k.relkind in ('r', 'f') then (
            select jsonb_agg(
                i.inhparent::regclass::text || case when i.inhdetachpending then ' (detach pending)' else '' end
                order by i.inhseqno)
            from pg_inherits i where i.inhrelid = c.oid) end,
        'depends on extensions', x.extensions,
        'server', f.srvname,
        'foreign options', case when k.relkind = 'f' then (
            select jsonb_agg(o.name || '=' || o.value order by o.name collate "C")
            from shown_option o where o.classid = 'pg_catalog.pg_foreign_table'::regclass and o.objid = c.oid) end
    )) || case when k.relkind in ('v', 'm') then
        jsonb_set('{}', '{query}', to_jsonb(case when pg_table_is_visible(c.oid) is not null then pg_get_viewdef(c.oid) end))
    else '{}' end
from compared_relation c join pg_class k on k.oid = c.oid
    left join privilege p on p.classid = 'pg_catalog.pg_class'::regclass and p.objid = c.oid and p.objsubid = 0
    left join privilege u on u.classid = 'pg_catalog.pg_type'::regclass and u.objid = k.reltype
    left join (pg_foreign_table t join pg_foreign_server s on s.oid = t.ftserver) f on f.ftrelid = c.oid
    left join dependent x on x.classid = 'pg_catalog.pg_class'::regclass and x.objid = c.oid
    left join locking l on l.classid = 'pg_catalog.pg_class'::regclass and l.objid = c.oid
where not c.managed and coalesce(l.batch, 0) = :batch
