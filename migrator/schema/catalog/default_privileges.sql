-- one row: what a role gives to others, or takes from what everybody has, with whatever it will make of a class
-- if: exists (select from pg_default_acl)
select
    'default privileges',
    quote_ident(pg_get_userbyid(d.defaclrole)) || coalesce(' in ' || s.name, '') || ' on ' || case d.defaclobjtype
        when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
        when 'n' then 'schemas' when 'L' then 'large objects' else d.defaclobjtype::text end,
    jsonb_strip_nulls(jsonb_build_object(
        'granted', p.granted,
        -- that of one schema takes nothing from what is given everywhere
        'revoked', case when d.defaclnamespace = 0 then p.revoked end
    ))
from pg_default_acl d
    join privilege p on p.classid = 'pg_catalog.pg_default_acl'::regclass and p.objid = d.oid
    left join compared_schema s on s.oid = d.defaclnamespace
where (d.defaclnamespace = 0 or not s.managed)
    and (d.defaclnamespace = 0 or p.granted is not null)
    and not exists (select from platform_role r where r.oid = d.defaclrole)
