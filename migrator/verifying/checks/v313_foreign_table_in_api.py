"""A foreign table that the API serves: no row level security can hold for it."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V313",
    name="foreign_table_in_api",
    severity="warning",
    title="the API serves a foreign table, for which there is no row level security",
    message="the API serves the foreign table `{identity}` of the server `{server}`, for which there is no row level "
    "security: {who}",
    hint="`revoke all on table {identity} from {givers}`",
    supabase_only=True,
    query="""
select r.kind, r.identity, jsonb_build_object('who', e.who, 'givers', coalesce(g.names, e.names), 'server', s.srvname)
from relation r join exposed e on e.oid = r.oid left join giver g on g.oid = r.oid
    join pg_foreign_table f on f.ftrelid = r.oid join pg_foreign_server s on s.oid = f.ftserver
where r.relkind = 'f'
""",
)
