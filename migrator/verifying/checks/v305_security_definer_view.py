"""A view that the API serves and that works with the rights of its owner."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V305",
    name="security_definer_view",
    severity="error",
    title="a view that the API serves works with the rights of its owner",
    message="`{identity}` works with the rights of its owner `{owner}`, not of who asks, and the API serves it: {who}",
    hint="{cure}",
    supabase_only=True,
    query="""
select r.kind, r.identity, jsonb_build_object(
    'owner', pg_get_userbyid(r.relowner),
    'who', e.who,
    'cure', case when current_setting('server_version_num')::integer >= 150000
        then '`alter view ' || r.identity || ' set (security_invoker = true)`'
        else '`revoke all on table ' || r.identity || ' from ' || coalesce(g.names, e.names) || '`' end)
from relation r join exposed e on e.oid = r.oid left join giver g on g.oid = r.oid
where r.relkind = 'v' and not r.invoker
""",
)
