"""A column of a type such as `regproc`, with which pg_upgrade refuses to bring a server to its next major version."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V318",
    name="unsupported_reg_types",
    severity="warning",
    title="a column has a type that pg_upgrade does not carry to the next major version",
    message="column `{column}` of `{table}` is of type `{type}`{inside}, which pg_upgrade does not carry to the next "
    "major version of PostgreSQL",
    hint="{cure}",
    # Which types: https://www.postgresql.org/docs/current/pgupgrade.html, "Notes". It looks into arrays, domains,
    # composite types and ranges, and at what is stored alone, which no view is.
    query="""
with recursive part as materialized (
    select t.typbasetype as oid, t.oid as whole from pg_type t where t.typbasetype <> 0
    union all
    select t.typelem, t.oid from pg_type t where t.typelem <> 0
    union all
    select r.rngsubtype, r.rngtypid from pg_range r
    union all
    select a.atttypid, c.reltype from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relkind = 'c' and a.attnum > 0 and not a.attisdropped
),
refused as (
    select t.oid, t.oid as first from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where n.nspname = 'pg_catalog' and t.typname in (
        'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regoperator', 'regproc',
        'regprocedure')
    union
    select p.whole, f.first from refused f join part p on p.oid = f.oid
)
select 'column', r.identity || '.' || quote_ident(a.attname), jsonb_build_object(
    'column', a.attname, 'table', r.identity, 'type', format_type(a.atttypid, a.atttypmod),
    'inside', case when min(f.first::bigint) = a.atttypid::bigint then '' else
        ' with `' || string_agg(distinct format_type(f.first, null), '`, `') || '` in it' end,
    'cure', case r.relkind
        when 'm' then '`drop materialized view ' || r.identity || '`, and make it with the name of the object as text'
        else '`alter table ' || r.identity || ' alter column ' || quote_ident(a.attname) || ' type text'
            || case t.typcategory when 'A' then '[]' else '' end || '`' end)
from (
        -- a handful of types, which the planner takes for many: it would sort all columns to join them;
        -- `is true` keeps it from making a join of this, too
        select a.* from pg_attribute a
        where (a.atttypid in (select f.oid from refused f)) is true and a.attnum > 0 and not a.attisdropped
    ) a join relation r on r.oid = a.attrelid join refused f on f.oid = a.atttypid join pg_type t on t.oid = a.atttypid
where r.relkind in ('r', 'p', 'm') and not r.relispartition
group by r.identity, r.relkind, a.attname, a.atttypid, a.atttypmod, t.typcategory
""",
)
