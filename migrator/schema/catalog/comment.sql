-- one row: a comment, or what security labels say; each about an object that is compared, and named by its class and
-- identity. The comment of an extension comes with its version; that of a large object is data
-- if: exists (select from pg_description where objoid >= 16384)
-- if: exists (select from pg_description where description <> 'standard public schema'
--    and objoid = (select oid from pg_namespace where nspname = 'public'))
-- if: exists (select from pg_shdescription
--    where objoid = (select oid from pg_database where datname = current_database()))
-- if: exists (select from pg_seclabel)
-- if: exists (select from pg_shseclabel)
with told as materialized (
    select 'comment' as kind, classoid, objoid, objsubid, jsonb_build_object('text', description) as attributes
    from pg_description where objoid >= 16384
        -- not the one that initdb makes
        or classoid = 'pg_catalog.pg_namespace'::regclass and description <> 'standard public schema'
            and objoid in (select oid from pg_namespace where nspname = 'public')
    union all
    select 'comment', classoid, objoid, 0, jsonb_build_object('text', description)
    from pg_shdescription where classoid = 'pg_catalog.pg_database'::regclass
        and description <> 'default administrative connection database'
    union all
    select 'security label', classoid, objoid, objsubid, jsonb_object_agg(provider, label)
    from (
        select classoid, objoid, objsubid, provider, label from pg_seclabel
        union all
        select classoid, objoid, 0, provider, label from pg_shseclabel
        where classoid = 'pg_catalog.pg_database'::regclass
    ) label
    group by classoid, objoid, objsubid
)
select t.kind, o.kind || ' ' || o.identity, t.attributes
from told t join (
    select classid, objid, 0 as objsubid, kind, identity from compared_other
    union all
    select 'pg_catalog.pg_database'::regclass, oid, 0, 'database', 'current'
    from pg_database where datname = current_database()
    union all
    select 'pg_catalog.pg_namespace'::regclass, s.oid, 0, 'schema', s.name
    from compared_schema s
    where not s.managed and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_namespace'::regclass and e.objid = s.oid)
    union all
    select 'pg_catalog.pg_class'::regclass, c.oid, 0,
        case c.relkind
            when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
            when 'c' then 'composite type' else 'table' end,
        c.identity
    from compared_relation c where not c.managed
    union all
    select 'pg_catalog.pg_class'::regclass, s.oid, 0, 'sequence', s.identity from found_sequence s
) o on o.classid = t.classoid and o.objid = t.objoid and o.objsubid = t.objsubid
union all
select t.kind, 'column ' || c.identity || '.' || quote_ident(a.attname), t.attributes
from told t join compared_relation c on c.oid = t.objoid and not c.managed
    join pg_attribute a on a.attrelid = c.oid and a.attnum = t.objsubid and not a.attisdropped
where t.classoid = 'pg_catalog.pg_class'::regclass and t.objsubid > 0
union all
select t.kind, 'index ' || s.name || '.' || quote_ident(i.relname), t.attributes
from told t join pg_index x on x.indexrelid = t.objoid join compared_relation c on c.oid = x.indrelid and not c.managed
    join pg_class i on i.oid = x.indexrelid join compared_schema s on s.oid = i.relnamespace
where t.classoid = 'pg_catalog.pg_class'::regclass and t.objsubid = 0
union all
select t.kind, 'constraint ' || coalesce(c.identity, s.name || '.' || quote_ident(d.typname)) || '.' || quote_ident(k.conname),
    t.attributes
from told t join pg_constraint k on k.oid = t.objoid
    left join compared_relation c on c.oid = k.conrelid and not c.managed
    left join pg_type d on d.oid = k.contypid left join compared_schema s on s.oid = d.typnamespace and not s.managed
where t.classoid = 'pg_catalog.pg_constraint'::regclass and (c.oid is not null or s.oid is not null)
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_type'::regclass and e.objid = k.contypid)
union all
-- as with the trigger itself: the platform's own call the platform's functions
select t.kind, 'trigger ' || c.identity || '.' || quote_ident(g.tgname), t.attributes
from told t join pg_trigger g on g.oid = t.objoid join compared_relation c on c.oid = g.tgrelid
    join pg_proc p on p.oid = g.tgfoid left join compared_schema s on s.oid = p.pronamespace
where t.classoid = 'pg_catalog.pg_trigger'::regclass and not (c.managed and coalesce(s.managed, false))
union all
select t.kind, 'rule ' || c.identity || '.' || quote_ident(r.rulename), t.attributes
from told t join pg_rewrite r on r.oid = t.objoid join compared_relation c on c.oid = r.ev_class and not c.managed
where t.classoid = 'pg_catalog.pg_rewrite'::regclass
union all
select t.kind, 'policy ' || c.identity || '.' || quote_ident(p.polname), t.attributes
from told t join pg_policy p on p.oid = t.objoid join compared_relation c on c.oid = p.polrelid
where t.classoid = 'pg_catalog.pg_policy'::regclass
union all
-- a composite type that was commented as a type, and not as a relation
select t.kind, case d.typtype when 'c' then 'composite type ' else 'type ' end || s.name || '.' || quote_ident(d.typname),
    t.attributes
from told t join pg_type d on d.oid = t.objoid join compared_schema s on s.oid = d.typnamespace and not s.managed
where t.classoid = 'pg_catalog.pg_type'::regclass
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_type'::regclass and e.objid = d.oid)
union all
select t.kind,
    case p.prokind when 'a' then 'aggregate ' when 'p' then 'procedure ' else 'function ' end || p.oid::regprocedure,
    t.attributes
from told t join pg_proc p on p.oid = t.objoid join compared_schema s on s.oid = p.pronamespace and not s.managed
where t.classoid = 'pg_catalog.pg_proc'::regclass
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid)
