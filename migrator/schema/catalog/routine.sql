-- one row: a function or procedure
select
    case p.prokind when 'p' then 'procedure' else 'function' end,
    p.oid::regprocedure::text,
    jsonb_strip_nulls(jsonb_build_object(
        'owner', pg_get_userbyid(p.proowner),
        'granted', a.granted,
        'revoked', a.revoked,
        'depends on extensions', x.extensions
    )) || jsonb_set('{}', '{definition}', to_jsonb(
        case when pg_function_is_visible(p.oid) is not null then pg_get_functiondef(p.oid) end))
from pg_proc p join compared_schema s on s.oid = p.pronamespace
    left join privilege a on a.classid = 'pg_catalog.pg_proc'::regclass and a.objid = p.oid
    left join dependent x on x.classid = 'pg_catalog.pg_proc'::regclass and x.objid = p.oid
    left join locking l on l.classid = 'pg_catalog.pg_proc'::regclass and l.objid = p.oid
where not s.managed and p.oid >= 16384 and p.prokind <> 'a' and coalesce(l.batch, 0) = :batch
    -- a member of an extension, or a constructor of a range
    and not exists (
        select from pg_depend d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
