"""A table that the API serves, without row level security: whoever has the key of a browser reads and writes it."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V301",
    name="rls_disabled_in_public",
    severity="error",
    title="a table that the API serves has no row level security",
    message="row level security is off on `{identity}`{part}, which the API serves: {who}",
    hint="`alter table {identity} enable row level security`{by}, and a policy for each thing that is to be allowed",
    supabase_only=True,
    query="""
select r.kind, r.identity, jsonb_build_object(
    'who', e.who,
    -- such as a table of `supabase_admin`, which the owner of the database cannot change
    'by', (
        select case when pg_has_role(b.datdba, r.relowner, 'usage') then ''
            else ' as its owner `' || pg_get_userbyid(r.relowner) || '`' end
        from pg_database b where b.datname = current_database()),
    -- the policies of the whole table are asked only where the whole table is named
    'part', case when r.relispartition then ' (a partition: policies of the whole table do not hold)' else '' end)
from relation r join exposed e on e.oid = r.oid
where r.relkind in ('r', 'p') and not r.relrowsecurity
""",
)
