"""A function without a search_path of its own: what its names mean, whoever calls it says."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V309",
    name="function_search_path_mutable",
    severity="warning",
    title="a function has no search_path of its own, so that its caller says what its names mean",
    message="{kind} `{identity}` has no `search_path` of its own{definer}",
    hint="`alter {kind} {identity} set search_path = ''`, and each name in it with its schema",
    # A body that is no text, `begin atomic` or `return`, was read when the function was made: its names are settled. A
    # C function has none. Where no API calls functions, those that lend the rights of their owner are what matters.
    query="""
select r.kind, r.identity, jsonb_build_object('definer', case
    when r.prosecdef then ', and works with the rights of its owner `' || pg_get_userbyid(r.proowner) || '`'
    else '' end)
from routine r join pg_proc p on p.oid = r.oid join pg_language l on l.oid = r.prolang
where p.prosqlbody is null and l.lanname not in ('c', 'internal')
    and not exists (select from unnest(r.proconfig) o where o like 'search\\_path=%')
    and (r.prosecdef or exists (select from api_role))
""",
)
