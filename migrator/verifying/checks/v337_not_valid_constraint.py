"""A constraint that existing rows were never checked against, or that the server does not check at all (18)."""

from migrator.verifying.checks import Check

CHECK = Check(
    code="V337",
    name="not_valid_constraint",
    severity="warning",
    title="a constraint is not valid for the rows that were there before it",
    message="{message}",
    hint="{way}",
    query=r"""
with unsure as (
    select case k.contype when 'n' then 'column' else 'constraint' end as kind,
        r.identity || '.' || quote_ident(coalesce(a.attname, k.conname)) as identity, k.conname, k.contype,
        case r.relkind when 'f' then 'foreign table ' else 'table ' end || r.identity as holder, r.identity as name,
        pg_get_constraintdef(k.oid) as definition,
        -- both of PostgreSQL 18
        (to_jsonb(k) ->> 'conenforced') = 'false' as idle
    from pg_constraint k join relation r on r.oid = k.conrelid
        left join pg_attribute a on k.contype = 'n' and a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    -- that of the parent is told, and remedied, for its partitions and children
    where not k.convalidated and k.coninhcount = 0 and k.conparentid = 0
    union all
    select 'constraint', s.name || '.' || quote_ident(t.typname) || '.' || quote_ident(k.conname), k.conname, k.contype,
        'domain ' || s.name || '.' || quote_ident(t.typname), s.name || '.' || quote_ident(t.typname),
        pg_get_constraintdef(k.oid), false
    from pg_constraint k join pg_type t on t.oid = k.contypid join own_schema s on s.oid = t.typnamespace
    where not k.convalidated
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
                and d.refclassid = 'pg_catalog.pg_extension'::regclass)
)
select kind, identity, jsonb_build_object(
    'message', 'the constraint `' || conname || '` of `' || name || '` ' || case
        when idle then 'is declared `not enforced`: it tells what should be true, and the server checks no row'
        when contype = 'f' then 'is not valid: rows that were there before it may refer to nothing'
        when contype = 'n' then 'is not valid: rows that were there before it may hold null'
        else 'is not valid: rows that were there before it may break it' end,
    'way', case
        when idle and contype = 'f'
            then '`alter ' || holder || ' alter constraint ' || quote_ident(conname) || ' enforced`'
        when idle then '`alter ' || holder || ' drop constraint ' || quote_ident(conname) || ', add constraint '
            || quote_ident(conname) || ' ' || regexp_replace(definition, ' NOT ENFORCED$', '') || '`'
        else '`alter ' || holder || ' validate constraint ' || quote_ident(conname) || '`' || case
            when holder ~ '^table' then ', which reads the rows and lets others write meanwhile' else '' end end)
from unsure
""",
)
