-- one row: an enum, a domain, a range with its multirange, or a type of its own functions; a composite type is a
-- relation
-- if: exists (select from pg_type where oid >= 16384 and typtype in ('e', 'd', 'r', 'p'))
-- if: exists (select from pg_type where oid >= 16384 and typtype = 'b' and (typarray <> 0 or typelem = 0))
select
    'type',
    s.name || '.' || quote_ident(t.typname),
    jsonb_strip_nulls(jsonb_build_object(
        'form', case t.typtype
            when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' when 'p' then 'shell' else 'base' end,
        'owner', pg_get_userbyid(t.typowner),
        'granted', p.granted,
        'revoked', p.revoked,
        'labels', case t.typtype when 'e' then (
            select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) end
    )) || case t.typtype when 'd' then (
        select jsonb_strip_nulls(jsonb_build_object(
            'type', format_type(t.typbasetype, t.typtypmod),
            'collation', case when t.typcollation <> b.typcollation then t.typcollation::regcollation end,
            'not null', case when t.typnotnull then true end,
            -- since 17 it has a name
            'not null name', (
                select nullif(k.conname, t.typname || '_not_null')
                from pg_constraint k where k.contypid = t.oid and k.contype = 'n'),
            -- not typdefault, which is printed for the search_path that it was made under
            'default', pg_get_expr(t.typdefaultbin, 0)))
        from pg_type b where b.oid = t.typbasetype
    ) when 'r' then (
        select jsonb_strip_nulls(jsonb_build_object(
            'subtype', r.rngsubtype::regtype,
            'operator class', quote_ident(n.nspname) || '.' || quote_ident(o.opcname),
            'collation', case when r.rngcollation <> b.typcollation then r.rngcollation::regcollation end,
            'canonical', case when r.rngcanonical <> 0 then r.rngcanonical::regprocedure end,
            'difference', case when r.rngsubdiff <> 0 then r.rngsubdiff::regprocedure end,
            'multirange', r.rngmultitypid::regtype))
        from pg_range r join pg_type b on b.oid = r.rngsubtype
            join pg_opclass o on o.oid = r.rngsubopc join pg_namespace n on n.oid = o.opcnamespace
        where r.rngtypid = t.oid
    ) when 'b' then jsonb_strip_nulls(jsonb_build_object(
        'input', t.typinput::regprocedure,
        'output', t.typoutput::regprocedure,
        'receive', case when t.typreceive <> 0 then t.typreceive::regprocedure end,
        'send', case when t.typsend <> 0 then t.typsend::regprocedure end,
        'modifier input', case when t.typmodin <> 0 then t.typmodin::regprocedure end,
        'modifier output', case when t.typmodout <> 0 then t.typmodout::regprocedure end,
        'analyze', case when t.typanalyze <> 0 then t.typanalyze::regprocedure end,
        'subscript', case when t.typsubscript <> 0 then t.typsubscript::regprocedure end,
        'length', t.typlen,
        'passed by value', case when t.typbyval then true end,
        'alignment', t.typalign,
        'storage', t.typstorage,
        'category', t.typcategory,
        'preferred', case when t.typispreferred then true end,
        'default', t.typdefault,
        'element', case when t.typelem <> 0 then t.typelem::regtype end,
        'delimiter', nullif(t.typdelim, ','),
        'collatable', case when t.typcollation <> 0 then true end
    )) else '{}' end
from pg_type t join compared_schema s on s.oid = t.typnamespace
    left join pg_type element on element.oid = t.typelem and element.typarray = t.oid
    left join privilege p on p.classid = 'pg_catalog.pg_type'::regclass and p.objid = t.oid
where not s.managed
    and t.typtype in ('e', 'd', 'r', 'b', 'p')
    and element.oid is null -- an array, made with its element
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_type'::regclass and e.objid = t.oid)
