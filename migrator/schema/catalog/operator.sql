-- one row: an operator, an operator class with what belongs to it alone, or an operator family with what is added to it
-- if: exists (select from pg_operator where oid >= 16384)
-- if: exists (select from pg_opclass where oid >= 16384)
-- if: exists (select from pg_opfamily where oid >= 16384)
-- if: exists (select from pg_amop where oid >= 16384)
-- if: exists (select from pg_amproc where oid >= 16384)
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'function', case when p.oprcode <> 0 then p.oprcode::regprocedure end,
        -- named as the partner of another one, and not made yet
        'form', case when p.oprcode = 0 then 'shell' end,
        'commutator', case when p.oprcom <> 0 then p.oprcom::regoperator end,
        'negator', case when p.oprnegate <> 0 then p.oprnegate::regoperator end,
        'restrict', case when p.oprrest <> 0 then p.oprrest::regprocedure end,
        'join', case when p.oprjoin <> 0 then p.oprjoin::regprocedure end,
        'hashes', case when p.oprcanhash then true end,
        'merges', case when p.oprcanmerge then true end,
        'owner', pg_get_userbyid(p.oprowner)
    ))
from compared_other o join pg_operator p on p.oid = o.objid
where o.kind = 'operator'
union all
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'type', format_type(c.opcintype, null),
        'family', quote_ident(n.nspname) || '.' || quote_ident(f.opfname),
        'default', case when c.opcdefault then true end,
        'storage', case when c.opckeytype <> 0 then format_type(c.opckeytype, null) end,
        'operators', (select m.told from operator_member m where m.classid = o.classid and m.objid = o.objid and m.class = 'operators'),
        'functions', (select m.told from operator_member m where m.classid = o.classid and m.objid = o.objid and m.class = 'functions'),
        'owner', pg_get_userbyid(c.opcowner)
    ))
from compared_other o join pg_opclass c on c.oid = o.objid
    join pg_opfamily f on f.oid = c.opcfamily join pg_namespace n on n.oid = f.opfnamespace
where o.kind = 'operator class'
union all
(with family_member as (select * from operator_member where classid = 'pg_catalog.pg_opfamily'::regclass)
select
    'operator family',
    quote_ident(n.nspname) || '.' || quote_ident(f.opfname) || ' using ' || quote_ident(a.amname),
    jsonb_strip_nulls(jsonb_build_object(
        'operators', (select m.told from family_member m where m.objid = f.oid and m.class = 'operators'),
        'functions', (select m.told from family_member m where m.objid = f.oid and m.class = 'functions'),
        'owner', case when o.objid is not null then pg_get_userbyid(f.opfowner) end
    ))
from pg_opfamily f join pg_namespace n on n.oid = f.opfnamespace join pg_am a on a.oid = f.opfmethod
    left join compared_other o on o.classid = 'pg_catalog.pg_opfamily'::regclass and o.objid = f.oid
where o.objid is not null
    -- what is added to one of the server's own
    or f.oid < 16384 and exists (select from family_member m where m.objid = f.oid))
