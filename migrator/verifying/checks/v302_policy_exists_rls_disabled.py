"""A table with policies, and without the row level security that they belong to: they do nothing."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V302",
    name="policy_exists_rls_disabled",
    severity="error",
    title="a table has policies and no row level security, so that they do nothing",
    message="row level security is off on `{identity}`, so that its policies do nothing: {policies}",
    hint="`alter table {identity} enable row level security`",
    query="""
select r.kind, r.identity, jsonb_build_object('policies', string_agg('`' || p.name || '`', ', ' order by p.polname))
from relation r join policy p on p.polrelid = r.oid
where not r.relrowsecurity
group by r.kind, r.identity
""",
)
