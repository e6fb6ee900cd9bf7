-- one row: a schema
select
    'schema',
    s.name,
    jsonb_strip_nulls(jsonb_build_object(
        'owner', pg_get_userbyid(n.nspowner),
        'granted', p.granted,
        'revoked', p.revoked
    ))
from compared_schema s join pg_namespace n on n.oid = s.oid
    left join privilege p on p.classid = 'pg_catalog.pg_namespace'::regclass and p.objid = s.oid
where not s.managed
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_namespace'::regclass and e.objid = s.oid)
