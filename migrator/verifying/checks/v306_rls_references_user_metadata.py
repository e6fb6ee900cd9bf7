"""A policy that decides by what users write into their own metadata."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V306",
    name="rls_references_user_metadata",
    severity="error",
    title="a policy decides by metadata that every user may change",
    message="policy `{name}` of `{table}` decides by {what}, which every user may change",
    hint="{cure}",
    # A name counts inside of a text, be it an operand of `->`, a path or a subscript: behind every text of an
    # expression stand `::` and its type, so that no match begins in one text and ends in another, over a column.
    query=r"""
with matched as (
    select p.*, concat_ws(' ', p.uses, p.checks) as says from policy p
    -- who passes row level security anyway is not who is meant
    where p.polroles && array(select 0::oid union all select oid from pg_roles where not (rolbypassrls or rolsuper))
),
-- what comes of a CTE is computed for the functions that policies call, not for all that the server has
called as materialized (
    select m.oid, r.identity, regexp_replace(
        coalesce(pg_get_function_sqlbody(r.oid), (select p.prosrc from pg_proc p where p.oid = r.oid)),
        '--[^\n]*|/\*.*?\*/', '', 'g') as body
    from matched m join pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = m.oid
            and d.refclassid = 'pg_catalog.pg_proc'::regclass
        join routine r on r.oid = d.refobjid
),
reason as (
    select m.oid, 1 as place, '`user_metadata` of `auth.jwt()`' as what, true as direct
    from matched m
    where m.says ~ '(auth\.jwt\(\)|request\.jwt)' and m.says ~ '''[][[:alnum:]_{}$.,"?*@ -]*\muser_metadata\M'
    union
    select m.oid, 2, '`raw_user_meta_data` of `auth.users`', true
    from matched m join pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = m.oid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
        join pg_class c on c.oid = d.refobjid and c.relname = 'users'
        join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'auth'
        join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid and a.attname = 'raw_user_meta_data'
    union
    select b.oid, 3, f.what || ' in `' || b.identity || '`', false
    from called b cross join lateral (
        select case
            when b.body ~ '\mjwt\M' and b.body ~ '\muser_metadata\M' then '`user_metadata` of `auth.jwt()`'
            when b.body ~ '\mraw_user_meta_data\M' and b.body ~ '\musers\M'
                then '`raw_user_meta_data` of `auth.users`' end
    ) f (what)
    where f.what is not null
)
select 'policy', m.of_table || '.' || m.name, jsonb_build_object(
    'name', m.name, 'table', m.of_table,
    'what', (select string_agg(r.what, ' and by ' order by r.place, r.what) from reason r where r.oid = m.oid),
    'cure', case when exists (select from reason r where r.oid = m.oid and not r.direct)
        then '`drop policy ' || m.name || ' on ' || m.of_table || '`, or let the function read `app_metadata`, which '
            || 'only the server writes'
        else '`alter policy ' || m.name || ' on ' || m.of_table || coalesce(' using (' || c.uses || ')', '')
            || coalesce(' with check (' || c.checks || ')', '') || '`: only the server writes `app_metadata`' end)
from matched m cross join lateral (
    select max(said) filter (where place = 1) as uses, max(said) filter (where place = 2) as checks
    from (
        select e.place, regexp_replace(regexp_replace(regexp_replace(
            e.said, '(''[][[:alnum:]_{}$.,"?*@ -]*)\muser_metadata\M', '\1app_metadata', 'g'),
            '\mraw_user_meta_data\M', 'raw_app_meta_data', 'g'), '\n\s*', ' ', 'g')
        from (values (1, m.uses), (2, m.checks)) e (place, said)
    ) e (place, said)
) c
where exists (select from reason r where r.oid = m.oid)
""",
)
