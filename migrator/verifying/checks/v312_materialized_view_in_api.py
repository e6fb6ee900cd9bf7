"""A materialized view that the API serves: no row level security can hold for it."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V312",
    name="materialized_view_in_api",
    severity="warning",
    title="the API serves a materialized view, for which there is no row level security",
    message="the API serves the materialized view `{identity}`, for which there is no row level security: {who}",
    hint="`revoke select on table {identity} from {givers}`",
    supabase_only=True,
    query="""
select r.kind, r.identity, jsonb_build_object('who', e.who, 'givers', coalesce(g.names, e.names))
from relation r join exposed e on e.oid = r.oid left join giver g on g.oid = r.oid
where r.relkind = 'm'
""",
)
