-- one row: a trigger, also on a table that the platform manages, where it does not call the platform's own function;
-- those of the server's own belong to their constraint
-- if: exists (select from pg_trigger where not tgisinternal)
select
    'trigger',
    c.identity || '.' || quote_ident(t.tgname),
    jsonb_strip_nulls(jsonb_build_object(
        'fires', case t.tgenabled when 'D' then 'never: disabled' when 'R' then 'on a replica' when 'A' then 'always' end,
        'depends on extensions', d.extensions
    )) || jsonb_set('{}', '{definition}', to_jsonb(
        case when pg_table_is_visible(c.oid) is not null then pg_get_triggerdef(t.oid) end))
from compared_relation c join pg_trigger t on t.tgrelid = c.oid
    join pg_proc p on p.oid = t.tgfoid
    left join compared_schema s on s.oid = p.pronamespace
    left join dependent d on d.classid = 'pg_catalog.pg_trigger'::regclass and d.objid = t.oid
where not t.tgisinternal
    -- that of a partitioned table is on each partition, too
    and (t.tgparentid = 0 or t.tgenabled <> 'O')
    and not (c.managed and coalesce(s.managed, false))
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_trigger'::regclass and e.objid = t.oid)
