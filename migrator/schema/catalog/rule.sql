-- one row: a rule, but for that which makes a view
select
    'rule',
    c.identity || '.' || quote_ident(r.rulename),
    jsonb_strip_nulls(jsonb_build_object(
        'fires', case r.ev_enabled when 'D' then 'never: disabled' when 'R' then 'on a replica' when 'A' then 'always' end
    )) || jsonb_set('{}', '{definition}', to_jsonb(
        case when pg_table_is_visible(c.oid) is not null then pg_get_ruledef(r.oid) end))
from compared_relation c join pg_rewrite r on r.ev_class = c.oid
    left join locking l on l.classid = 'pg_catalog.pg_rewrite'::regclass and l.objid = r.oid
where not c.managed and r.rulename <> '_RETURN' and coalesce(l.batch, 0) = :batch
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_rewrite'::regclass and e.objid = r.oid)
