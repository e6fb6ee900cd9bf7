"""A table with policies for a role that has no right on it: to that role it is as if it were not there."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V320",
    name="table_without_grant",
    severity="info",
    title="a table has policies for a role of the API that has no right on it",
    message="policies of `{table}` are for {roles}, to whom nothing on it is granted: {era}",
    hint="`{cure}`",
    supabase_only=True,
    # PUBLIC is every role: there it is enough that one of them has a right. What a table gets by itself in `public`:
    # https://supabase.com/docs/guides/api/securing-your-api; TRUNCATE, which stays, is no request of the API.
    query="""
with client as (
    select oid, rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role')
),
idle as (
    select r.oid, r.identity, r.relnamespace, r.nspname, r.relowner, c.oid as role, c.rolname, case p.polcmd
        when 'r' then array['select'] when 'a' then array['insert'] when 'w' then array['select', 'update']
        when 'd' then array['select', 'delete'] else array['select', 'insert', 'update', 'delete'] end as wanted
    from relation r join policed p on p.polrelid = r.oid
        join client c on c.oid = any (p.polroles) or 0 = any (p.polroles) and c.rolname = 'authenticated'
    where r.in_api and r.relkind in ('r', 'p') and r.relrowsecurity and p.polpermissive
        and not exists (
            select from client o cross join unnest(array['select', 'insert', 'update', 'delete']) w (name)
            where (o.oid = c.oid or 0 = any (p.polroles) and o.rolname <> 'service_role')
                and case w.name
                    when 'delete' then has_table_privilege(o.oid, r.oid, w.name)
                    else has_any_column_privilege(o.oid, r.oid, w.name) end)
)
select 'table', i.identity, jsonb_build_object(
    'table', i.identity,
    'roles', (
        select string_agg(distinct '`' || o.rolname || '`', ' and ') from idle o where o.oid = i.oid),
    'cure', (
        select string_agg(
            'grant ' || o.names || ' on table ' || i.identity || ' to ' || o.rolname, '; ' order by o.rolname)
        from (
            select o.rolname, string_agg(distinct w.name, ', ') as names
            from idle o cross join unnest(o.wanted) w (name) where o.oid = i.oid group by o.rolname
        ) o),
    'era', case
        when i.nspname <> 'public' then 'a new table of the schema `' || i.nspname || '` gets no rights by itself'
        when exists (
            select from pg_default_acl d cross join aclexplode(d.defaclacl) a
            where d.defaclrole = i.relowner and d.defaclnamespace = i.relnamespace and d.defaclobjtype = 'r'
                and a.grantee in (select o.role from idle o where o.oid = i.oid)
                and a.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
        then 'new tables of `public` get such rights by themselves here, as in projects before 2026-10-30, so that '
            || 'they were revoked'
        else 'new tables of `public` get no rights by themselves here, as in every project since 2026-10-30' end)
from idle i
group by i.oid, i.identity, i.nspname, i.relowner, i.relnamespace
""",
)
