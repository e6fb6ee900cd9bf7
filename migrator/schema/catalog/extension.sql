-- one row: an extension, which stands for all that it made, with the rights on that which somebody has changed since; or
-- its version, which may be another one on another server, with its comment, which comes with the version. On the
-- platform versions, owners and these rights are the platform's
-- if: exists (select from pg_extension where extname <> 'plpgsql')
select
    'extension',
    e.name,
    jsonb_strip_nulls(jsonb_build_object('schema', e.schema)) || case when :supabase then '{}' else
        jsonb_strip_nulls(jsonb_build_object('owner', e.owner, 'changed rights', (
            select jsonb_object_agg(o.type || ' ' || o.identity, jsonb_strip_nulls(jsonb_build_object(
                'granted', p.granted, 'revoked', p.revoked)))
            from pg_depend d join acl a on a.classid = d.classid and a.objid = d.objid
                left join pg_init_privs i on i.classoid = a.classid and i.objoid = a.objid and i.objsubid = a.objsubid
                left join privilege p on p.classid = a.classid and p.objid = a.objid and p.objsubid = a.objsubid
                cross join lateral pg_identify_object(a.classid, a.objid, a.objsubid) o
            where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
                and o.identity is not null -- another session has just dropped it
                and array(
                    select distinct row(h.grantee, h.privilege_type, h.is_grantable)::text from aclexplode(a.held) h
                    order by 1
                ) <> array(
                    select distinct row(h.grantee, h.privilege_type, h.is_grantable)::text
                    from aclexplode(coalesce(i.initprivs, a.standard)) h
                    order by 1
                )))) end
from compared_extension e
union all
select
    'extension version',
    e.name,
    jsonb_strip_nulls(jsonb_build_object(
        'version', e.extversion, 'comment', obj_description(e.oid, 'pg_extension')))
from compared_extension e
where not :supabase
