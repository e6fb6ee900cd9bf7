"""A function that whoever has the public key may call, and that works with the rights of its owner."""

from migrator.verifying.checks import Check


def callable_by(role: str) -> str:
    """The query for functions that this role of the API may call and that work with the rights of their owners.

    Trigger functions and procedures are left out, which the API does not call.
    """
    return f"""
select r.kind, r.identity, jsonb_build_object(
    'owner', pg_get_userbyid(r.proowner),
    'how', case when g.names is null then '' else ' (granted to `' || replace(g.names, ', ', '`, `') || '`)' end,
    'givers', coalesce(g.names, quote_ident(u.rolname)))
from routine r join api_usage u on u.schema = r.pronamespace and u.rolname = '{role}'
    cross join lateral (
        select string_agg(coalesce(quote_ident(h.rolname), 'public'), ', ' order by h.rolname nulls first) as names
        from (
            select distinct a.grantee from aclexplode(coalesce(r.proacl, acldefault('f', r.proowner))) a
            where a.grantee = 0 or a.grantee <> r.proowner and pg_has_role(u.role, a.grantee, 'usage')
        ) a left join pg_roles h on h.oid = a.grantee
    ) g
where r.prosecdef and r.prokind = 'f' and r.proowner <> u.role and has_function_privilege(u.role, r.oid, 'execute')
    and r.prorettype not in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
"""


CHECK = Check(
    code="V310",
    name="anon_security_definer_function_executable",
    severity="warning",
    title="a function that works with the rights of its owner may be called without a login",
    message="`anon` may call `{identity}` of the API{how}, and it works with the rights of its owner `{owner}`",
    hint="`revoke execute on function {identity} from {givers}`, or `security invoker`",
    supabase_only=True,
    query=callable_by("anon"),
)
