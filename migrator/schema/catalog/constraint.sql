-- one row: a constraint of a table, or of a domain
select
    'constraint',
    c.identity || '.' || quote_ident(k.conname),
    jsonb_strip_nulls(jsonb_build_object(
        'inherited', case when not k.conislocal then true end,
        -- it is checked by triggers of the server's own, on both tables of a foreign key
        'triggers', d.states
    )) || jsonb_set('{}', '{definition}', to_jsonb(
        case when pg_table_is_visible(c.oid) is not null
            and (k.confrelid = 0 or pg_table_is_visible(k.confrelid) is not null)
        then pg_get_constraintdef(k.oid) end))
from compared_relation c join pg_constraint k on k.conrelid = c.oid
    left join pg_constraint above on above.oid = k.conparentid
    left join (
        select t.tgconstraint, jsonb_object_agg(
            t.tgrelid::regclass || ' ' || p.proname,
            case t.tgenabled when 'D' then 'disabled' when 'R' then 'replica' else 'always' end) as states
        from pg_trigger t join pg_proc p on p.oid = t.tgfoid
        where t.tgisinternal and t.tgenabled <> 'O' and t.tgconstraint <> 0
        group by t.tgconstraint
    ) d on d.tgconstraint = k.oid
where not c.managed
    and k.contype not in ('t', 'n') -- constraint triggers are triggers; since 18 a not-null is a row, too
    -- a foreign key to a partitioned table has one more for each partition there
    and above.conrelid is distinct from k.conrelid
union all
select
    'constraint',
    s.name || '.' || quote_ident(t.typname) || '.' || quote_ident(k.conname),
    jsonb_set('{}', '{definition}', to_jsonb(
        case when pg_type_is_visible(t.oid) is not null then pg_get_constraintdef(k.oid) end))
from pg_constraint k join pg_type t on t.oid = k.contypid join compared_schema s on s.oid = t.typnamespace
where not s.managed and k.contype <> 'n'
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_type'::regclass and e.objid = t.oid)
