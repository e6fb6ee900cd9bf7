-- one row: a table that was asked for or that one of them refers to, with its columns, unique keys and foreign keys
-- (nulls where there is no table)
with recursive asked (name, first, second) as (
    values (null::text, null::text, null::text)
), named as (
    select a.name as asked, coalesce(to_regclass(a.first), to_regclass(a.second))::oid as oid
    from asked a
), target as (
    select n.asked, n.oid
    from named n
    union all
    select distinct null::text, f.confrelid
    from pg_constraint f
    where f.contype = 'f' and f.conrelid in (select n.oid from named n) and f.confrelid not in (
        select n.oid from named n where n.oid is not null
    )
), attribute as (
    select a.*
    from pg_attribute a
    where a.attrelid = any (array (select t.oid from target t)) and a.attnum > 0 and not a.attisdropped
), base (typid, oid, typmod, not_null, has_default) as (
    -- what a domain is made of, at the end of its chain
    select t.oid, t.oid, -1, false, false
    from pg_type t
    where t.oid in (select a.atttypid from attribute a)
    union all
    select b.typid, t.typbasetype, t.typtypmod, b.not_null or t.typnotnull, b.has_default or t.typdefault is not null
    from base b join pg_type t on t.oid = b.oid
    where t.typtype = 'd'
), reached (oid) as (
    -- the types that those types consist of: elements of arrays, fields of composites, what domains are made of
    select b.oid
    from base b
    union
    select x.oid
    from reached r
    join pg_type t on t.oid = r.oid
    join lateral (
        select t.typelem where t.typcategory = 'A'
        union all
        select t.typbasetype where t.typtype = 'd'
        union all
        select a.atttypid
        from pg_attribute a
        where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) x (oid) on x.oid <> 0
), known as (
    select json_object_agg(t.oid, json_build_object(
        'name', format_type(t.oid, null),
        'kind', case when t.oid in ('json'::regtype, 'jsonb'::regtype) then 'json'
                     when t.typcategory = 'A' and t.typelem <> 0 and t.typlen = -1 and t.oid <> all ('{22,30}'::oid[])
                         then 'array'
                     when t.typtype = 'c' then 'composite'
                     when t.typname = 'hstore' and t.typtype = 'b' then 'pairs'
                     when t.typname in ('vector', 'halfvec') and t.typtype = 'b' then 'vector'
                     else 'text' end,
        'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
        'delimiter', t.typdelim,
        'element', t.typelem::bigint,
        'base', t.typbasetype::bigint,
        'typmod', t.typtypmod,
        'fields', (
            select json_agg(json_build_array(a.attname, a.atttypid::bigint, a.atttypmod) order by a.attnum)
            from pg_attribute a
            where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
        )
    )) as types
    from pg_type t
    where t.oid in (select r.oid from reached r)
)
select json_build_object('types', k.types)
from known k
union all
select json_build_object(
    'asked', t.asked,
    'oid', t.oid::bigint,
    'schema', n.nspname,
    'name', c.relname,
    'kind', c.relkind,
    'row_security', case when t.oid is not null then row_security_active(t.oid) else false end,
    'columns', (
        select json_agg(json_build_object(
            'name', a.attname,
            'number', a.attnum,
            'type_name', format_type(a.atttypid, a.atttypmod),
            -- where `=` of the type is: with the type for one of an extension, such as citext, else in pg_catalog
            'equals', case when z.typtype = 'b' and z.typcategory <> 'A' then z_n.nspname else 'pg_catalog' end,
            'base_name', format_type(b.oid, case when y.typtype = 'd' then b.typmod else a.atttypmod end),
            'collation', (
                select quote_ident(l_n.nspname) || '.' || quote_ident(l.collname)
                from pg_collation l join pg_namespace l_n on l_n.oid = l.collnamespace
                where l.oid = a.attcollation and a.attcollation <> y.typcollation
            ),
            'not_null', a.attnotnull or b.not_null,
            'has_default', a.atthasdef or a.attidentity <> '' or b.has_default,
            'generated', a.attgenerated <> '',
            'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' else '' end,
            'sequence', coalesce(
                pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname),
                (
                    select quote_ident(s_n.nspname) || '.' || quote_ident(s.relname)
                    from pg_attrdef f
                    join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
                                    and d.refclassid = 'pg_class'::regclass
                    join pg_class s on s.oid = d.refobjid and s.relkind = 'S'
                    join pg_namespace s_n on s_n.oid = s.relnamespace
                    where f.adrelid = a.attrelid and f.adnum = a.attnum
                    limit 1
                )
            ),
            'type', b.oid::bigint,
            'typmod', case when y.typtype = 'd' then b.typmod else a.atttypmod end
        ) order by a.attnum)
        from attribute a
        join pg_type y on y.oid = a.atttypid
        join lateral (
            select b.oid, b.typmod, b.not_null, b.has_default
            from base b join pg_type bt on bt.oid = b.oid
            where b.typid = a.atttypid and bt.typtype <> 'd'
        ) b on true
        join pg_type z on z.oid = b.oid
        join pg_namespace z_n on z_n.oid = z.typnamespace
        where a.attrelid = t.oid
    ),
    'keys', (
        select json_agg(json_build_object(
            'name', ic.relname,
            'primary', i.indisprimary,
            'nulls_equal', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
            'columns', (
                select json_agg(a.attname order by p.position)
                from unnest(i.indkey::int2[]) with ordinality p (number, position)
                join attribute a on a.attrelid = i.indrelid and a.attnum = p.number
                where p.position <= i.indnkeyatts
            ),
            'expressions', case when i.indexprs is not null or i.indpred is not null then (
                select json_agg(pg_get_indexdef(i.indexrelid, p.position::int, true) order by p.position)
                from generate_series(1, i.indnkeyatts) p (position)
            ) end,
            'predicate', pg_get_expr(i.indpred, i.indrelid, true),
            'uses', case when i.indexprs is not null then (
                select json_agg(a.attname order by a.attnum)
                from pg_depend d
                join attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
                  and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid
            ) end,
            -- strategy 3 of an index for WITHOUT OVERLAPS is that ranges overlap, and its rows are told apart by `=`
            'operators', (
                select json_agg(case when i.indisexclusion then json_build_array('pg_catalog', '=')
                                     else json_build_array(o_n.nspname, o.oprname) end order by p.position)
                from unnest(i.indclass::oid[]) with ordinality p (opclass, position)
                join pg_opclass x on x.oid = p.opclass
                join pg_amop m on m.amopfamily = x.opcfamily and m.amoplefttype = x.opcintype
                              and m.amoprighttype = x.opcintype and m.amopstrategy = 3
                join pg_operator o on o.oid = m.amopopr
                join pg_namespace o_n on o_n.oid = o.oprnamespace
            )
        ) order by i.indisprimary desc, i.indnkeyatts, ic.relname)
        from pg_index i join pg_class ic on ic.oid = i.indexrelid
        where i.indrelid = t.oid and i.indisunique and i.indisvalid
    ),
    'foreign_keys', (
        select json_agg(json_build_object(
            'name', f.conname,
            'deferrable', f.condeferrable,
            'deferred', f.condeferred,
            'target', f.confrelid::bigint,
            'target_name', f.confrelid::regclass::text,
            'target_parts', (
                select json_build_array(f_n.nspname, f_c.relname)
                from pg_class f_c join pg_namespace f_n on f_n.oid = f_c.relnamespace
                where f_c.oid = f.confrelid
            ),
            'columns', (
                select json_agg(a.attname order by p.position)
                from unnest(f.conkey) with ordinality p (number, position)
                join attribute a on a.attrelid = f.conrelid and a.attnum = p.number
            ),
            'takes', (
                select json_agg(a.attname order by p.position)
                from unnest(f.confkey) with ordinality p (number, position)
                join pg_attribute a on a.attrelid = f.confrelid and a.attnum = p.number
            )
        ) order by f.conname)
        from pg_constraint f
        where f.conrelid = t.oid and f.contype = 'f'
    )
)
from target t
left join pg_class c on c.oid = t.oid
left join pg_namespace n on n.oid = c.relnamespace
