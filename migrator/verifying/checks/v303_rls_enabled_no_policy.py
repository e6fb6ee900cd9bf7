"""A table that the API serves with row level security and no policy: to the API it is empty."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V303",
    name="rls_enabled_no_policy",
    severity="info",
    title="a table that the API serves has row level security and no policy: it seems to be empty",
    message="`{identity}` has row level security and no policy: {who}, but see and change no row",
    hint="`revoke all on table {identity} from {givers}` where that is meant, else a policy for each thing that is to "
    "be allowed",
    supabase_only=True,
    query="""
select r.kind, r.identity, jsonb_build_object('who', e.who, 'givers', coalesce(g.names, e.names))
from relation r join exposed e on e.oid = r.oid left join giver g on g.oid = r.oid
where r.relkind in ('r', 'p') and r.relrowsecurity
    -- a partition is closed in this way on purpose: the whole table has the policies
    and not r.relispartition
    and not exists (select from pg_policy p where p.polrelid = r.oid)
""",
)
