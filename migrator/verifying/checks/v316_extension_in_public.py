"""An extension in a schema that the API serves: its functions are part of the API."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V316",
    name="extension_in_public",
    severity="warning",
    title="an extension is in `public` or another schema of the project that the API serves",
    message="extension `{identity}` is in the schema `{schema}`, so that its functions are part of the API",
    hint="{cure}",
    supabase_only=True,
    query="""
select 'extension', quote_ident(e.extname), jsonb_build_object(
    'schema', n.nspname,
    'cure', case
        when e.extrelocatable then '`alter extension ' || quote_ident(e.extname) || ' set schema extensions`'
        else '`drop extension ' || quote_ident(e.extname) || '; create extension ' || quote_ident(e.extname)
            || ' schema extensions`: it cannot be moved, and what depends on it has to be made anew' end)
from pg_extension e join pg_namespace n on n.oid = e.extnamespace
where n.oid in (select s.oid from own_schema s)
    and (n.nspname = 'public' or n.oid in (select a.oid from api_schema a))
    -- each database has it from the beginning
    and e.extname <> 'plpgsql'
""",
)
