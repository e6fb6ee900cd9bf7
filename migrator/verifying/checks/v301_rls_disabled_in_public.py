"""A table that the API serves, without row level security: whoever has the key of a browser reads and writes it."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V301",
    name="rls_disabled_in_public",
    severity="error",
    title="a table that the API serves has no row level security",
    message="row level security is off on `{identity}`, which the API serves: {roles} may {privileges}",
    hint="`alter table {identity} enable row level security`, then a policy for each thing that is to be allowed",
    supabase_only=True,
    query="""
select r.kind, r.identity, jsonb_build_object('roles', g.roles, 'privileges', g.privileges)
from relation r cross join lateral (
    select string_agg(distinct '`' || a.rolname || '`', ' and ') as roles,
        string_agg(distinct p.name, ', ') as privileges
    from api_role a cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate']) p (name)
    where has_table_privilege(a.oid, r.oid, p.name)
) g
where r.in_api and r.relkind in ('r', 'p') and not r.relrowsecurity and g.roles is not null
""",
)
