"""An extension in a schema that the API serves: its functions are part of the API."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V316",
    name="extension_in_public",
    severity="warning",
    title="an extension is in `public` or another schema of the project that the API serves",
    message="extension `{identity}` is in the schema `{schema}`{served}{content}",
    hint="{cure}",
    supabase_only=True,
    query="""
select 'extension', quote_ident(e.extname), jsonb_build_object(
    'schema', n.nspname,
    'served', case when n.oid in (select a.oid from api_schema a) then ', which the API serves' else '' end,
    -- such as pg_net, which keeps all in a schema of its own, whatever it is made in
    'content', case when made.functions + made.relations = 0 then ', though nothing that it made is there' else
        ', with ' || concat_ws(' and ',
            case when made.functions > 0 then made.functions || ' functions' end,
            case when made.relations > 0 then made.relations || ' tables or views' end) end,
    'cure', case
        when e.extrelocatable then '`alter extension ' || quote_ident(e.extname) || ' set schema extensions`'
        else '`drop extension ' || quote_ident(e.extname) || '; create extension ' || quote_ident(e.extname)
            || ' schema extensions`: it cannot be moved; what it stores is lost, and what depends on it is in the way'
        end)
from pg_extension e join pg_namespace n on n.oid = e.extnamespace
    cross join lateral (
        select count(p.oid) as functions, count(c.oid) as relations
        from pg_depend d
            left join pg_proc p on d.classid = 'pg_catalog.pg_proc'::regclass and p.oid = d.objid
                and p.pronamespace = n.oid
            left join pg_class c on d.classid = 'pg_catalog.pg_class'::regclass and c.oid = d.objid
                and c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
        where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
    ) made
where n.oid in (select s.oid from own_schema s)
    and (n.nspname = 'public' or n.oid in (select a.oid from api_schema a))
    -- each database has it from the beginning
    and e.extname <> 'plpgsql'
""",
)
