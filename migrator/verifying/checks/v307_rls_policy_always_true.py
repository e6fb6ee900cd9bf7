"""A policy that lets the roles of the API write every row, because its condition is always true.

A policy without any condition is none of these: PostgreSQL lets nobody through it.
"""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V307",
    name="rls_policy_always_true",
    severity="warning",
    title="a policy lets roles of the API write every row of a table",
    message="policy `{name}` of `{table}` lets {roles} {operations} whatever the row is: {what}",
    hint="{cure}",
    supabase_only=True,
    query="""
with open_for as (
    select p.oid, a.rolname, o.letter, o.name, a.oid = any (p.use_passing) as uses,
        a.oid = any (p.check_passing) as checks,
        (select count(*) from api_role) in (cardinality(p.use_passing), cardinality(p.check_passing)) as anybody
    from policed p
        join (values ('a'::"char", 'insert', false, true), ('w', 'update', true, true), ('d', 'delete', true, false))
            o (letter, name, uses, checks) on p.polcmd in (o.letter, '*')
        join api_role a on a.oid = any (p.api)
    where p.polpermissive and p.relrowsecurity
        and (o.uses and a.oid = any (p.use_passing) or o.checks and a.oid = any (p.check_passing))
        -- without a condition for rows that are there none of them is reached
        and (o.letter = 'a' or p.uses is not null)
        -- the service of files asks for those of its own
        and (p.of_table in ('storage.objects', 'storage.buckets')
            or (p.relnamespace, a.oid) in (select u.schema, u.role from api_usage u))
        and case o.name
            when 'delete' then has_table_privilege(a.oid, p.polrelid, o.name)
            else has_any_column_privilege(a.oid, p.polrelid, o.name) end
        -- a restrictive policy says what the permissive one leaves open
        and not exists (
            select from narrowing n
            where n.polrelid = p.polrelid and n.role = a.oid and n.polcmd in (o.letter, '*')
                and (o.uses and n.uses or o.checks and n.checks))
)
select 'policy', p.of_table || '.' || p.name, jsonb_build_object(
    'name', p.name, 'table', p.of_table, 'roles', f.roles, 'operations', f.operations,
    'what', case
        when f.uses and p.checks is not null and f.checks then 'its `using` and `with check` are'
        when f.uses then 'its `using` is'
        else 'its `with check` is' end || case when f.anybody then ' always true' else ' true for every user' end,
    'cure', case
        when p.uses is not null and not f.uses then
            '`alter policy ' || p.name || ' on ' || p.of_table || ' with check (' || p.uses || ')`'
        when p.polcmd = '*' and f.uses then
            '`drop policy ' || p.name || ' on ' || p.of_table || '; create policy ' || p.name || ' on ' || p.of_table
            || ' for select to ' || (
                select string_agg(case r when 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', ')
                from unnest(p.polroles) r)
            || ' using (' || p.uses || ')` keeps what it lets them read'
        else '`drop policy ' || p.name || ' on ' || p.of_table
            || '`, and make one whose condition names the owner of a row' end)
from policed p join (
    select o.oid, string_agg(distinct '`' || o.rolname || '`', ' and ') as roles,
        concat_ws(', ',
            max(o.name) filter (where o.letter = 'a'), max(o.name) filter (where o.letter = 'w'),
            max(o.name) filter (where o.letter = 'd')) as operations,
        bool_or(o.uses) as uses, bool_or(o.checks) as checks, bool_or(o.anybody) as anybody
    from open_for o group by o.oid
) f on f.oid = p.oid
""",
)
