-- What the queries of this folder share. They run with an empty search_path, so that every name but those of
-- pg_catalog is printed with its schema. What is written as `:name` is put in by the reader. What is put in an order is
-- ordered by name, by number or `collate "C"`: never by oid or as the database sorts its own texts, which are not the
-- same everywhere.
--
-- `pg_get_*` read the catalog of now, not that of the snapshot: what another session has dropped meanwhile has no
-- definition, or is an error. So each is asked behind `pg_*_is_visible`, which is null for what is gone, and becomes a
-- part of the row by `jsonb_set`, which is null then: a row without a definition is left out by the reader.
--
--   platform_role      roles of Supabase itself: what they own, their settings and default privileges are the platform's
--   compared_schema    schemas that are compared; `managed` ones belong to the platform: of their tables, policies and
--                      triggers alone are compared
--   extension_member   whatever an extension made: its version stands for it
--   compared_relation  tables, views, ... of those schemas; `managed` as above
--   dependent          what goes with an extension that it is no member of
--   privilege          who may do what beyond the default of an object, and what was taken from that default. Grantors,
--                      order and repetition do not matter; an object that is not in it has its defaults
--   found_sequence     sequences of those schemas; `internal` ones belong to an identity column, others may be owned by
--                      a column
--   compared_extension extensions, but for those that every database of its kind has
--   compared_other     objects of the classes that are neither relations, nor belong to one, nor types or routines
--   operator_member    what an operator class or family has; in a class what cannot be taken out of it
--   shown_option       options of wrappers, servers and foreign tables; of what may be a secret only a mark, as in
--                      `setting.sql`
--   locking            what is deparsed from a whole query, for which the server locks every relation of that query
--                      until the transaction ends: read in batches that each leave most of the room for locks to others
with compared_schema as materialized (
    select oid, nspname, quote_ident(nspname) as name, nspname = any (:managed) as managed
    from pg_namespace
    where nspname !~ '^pg_' and nspname <> 'information_schema' and nspname <> all (:hidden)
        and not (:supabase and nspname ~ '^_?timescaledb')
),
platform_role as materialized (
    select oid, rolname from pg_roles where :supabase and rolname ~ :platform_roles
),
extension_member as materialized (
    select classid, objid from pg_depend where deptype = 'e'
),
compared_relation as materialized (
    select c.oid, c.relkind, c.relname, c.relowner, c.relnamespace, s.managed, c.reltoastrelid, c.relispartition,
        s.name || '.' || quote_ident(c.relname) as identity
    from pg_class c join compared_schema s on s.oid = c.relnamespace
        -- a composite type is a member as a type
        left join extension_member e on
            e.classid = case c.relkind when 'c' then 'pg_catalog.pg_type'::regclass else 'pg_catalog.pg_class'::regclass end
            and e.objid = case c.relkind when 'c' then c.reltype else c.oid end
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
        and s.nspname || '.' || c.relname <> all (:left_out)
        and (:partitions or not c.relispartition)
        and e.objid is null
),
dependent as materialized (
    select d.classid, d.objid, jsonb_agg(e.extname order by e.extname) as extensions
    from pg_depend d join pg_extension e on e.oid = d.refobjid
    where d.deptype = 'x' and d.refclassid = 'pg_catalog.pg_extension'::regclass
    group by d.classid, d.objid
),
acl as materialized (
    select 'pg_catalog.pg_class'::regclass as classid, oid as objid, 0 as objsubid, relacl as held,
        acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner) as standard
    from pg_class where relacl is not null and oid >= 16384
    union all
    select 'pg_catalog.pg_class'::regclass, attrelid, attnum, attacl, acldefault('c', 0)
    from pg_attribute where attacl is not null and attrelid >= 16384
    union all
    select 'pg_catalog.pg_proc'::regclass, oid, 0, proacl, acldefault('f', proowner) from pg_proc where proacl is not null and oid >= 16384
    union all
    select 'pg_catalog.pg_type'::regclass, oid, 0, typacl, acldefault('T', typowner) from pg_type where typacl is not null and oid >= 16384
    union all
    select 'pg_catalog.pg_namespace'::regclass, oid, 0, nspacl, acldefault('n', nspowner)
    from pg_namespace where nspacl is not null
    union all
    select 'pg_catalog.pg_language'::regclass, oid, 0, lanacl, acldefault('l', lanowner)
    from pg_language where lanacl is not null
    union all
    select 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, 0, fdwacl, acldefault('F', fdwowner)
    from pg_foreign_data_wrapper where fdwacl is not null
    union all
    select 'pg_catalog.pg_foreign_server'::regclass, oid, 0, srvacl, acldefault('S', srvowner)
    from pg_foreign_server where srvacl is not null
    union all
    select 'pg_catalog.pg_database'::regclass, oid, 0, datacl, acldefault('d', datdba)
    from pg_database where datacl is not null and datname = current_database()
    union all
    -- that of one schema is added to what the role has, and what everybody has, anyway
    select 'pg_catalog.pg_default_acl'::regclass, d.oid, 0, d.defaclacl, case when d.defaclnamespace = 0 then a.usual
        else array(select item from unnest(a.usual) item where item::text !~ '^=') end
    from pg_default_acl d cross join lateral (
        select acldefault(case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end, d.defaclrole) as usual
    ) a
),
-- most objects have one of a few lists: each is taken apart once
acl_value as (
    select held, standard, row_number() over () as number from (select distinct held, standard from acl) v
),
acl_item as (
    select v.number, x.grantee, x.privilege_type, bool_or(x.is_grantable) as grantable, false as standard
    from acl_value v cross join aclexplode(v.held) x group by v.number, x.grantee, x.privilege_type
    union all
    select v.number, x.grantee, x.privilege_type, x.is_grantable, true from acl_value v cross join aclexplode(v.standard) x
),
difference as (
    select number, grantee, not bool_and(standard) as beyond, privilege_type,
        privilege_type || case when bool_or(grantable) then '*' else '' end as privilege
    from acl_item
    group by number, grantee, privilege_type
    having count(*) = 1 or bool_or(grantable) <> bool_and(grantable)
),
acl_told as materialized (
    select number,
        jsonb_object_agg(who, privileges) filter (where beyond) as granted,
        jsonb_object_agg(who, privileges) filter (where not beyond) as revoked
    from (
        select number, beyond, case grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(grantee)) end as who,
            -- all that there is to grant has one name: a newer server may have more of it
            case when beyond and whole > 1 and count(*) = whole and bool_and(privilege like '%*') then 'ALL*'
                when beyond and whole > 1 and count(*) = whole and not bool_or(privilege like '%*') then 'ALL'
                else string_agg(privilege, ', ' order by privilege_type collate "C") end as privileges
        from difference left join (
            select number, count(distinct privilege_type) as whole from acl_item where standard group by number
        ) every using (number)
        group by number, beyond, grantee, whole
    ) named
    group by number
),
privilege as materialized (
    select a.classid, a.objid, a.objsubid, t.granted, t.revoked
    from acl a join acl_value v on v.held = a.held and v.standard = a.standard join acl_told t on t.number = v.number
),
found_sequence as materialized (
    select c.oid, c.relowner, c.relname as name, s.name || '.' || quote_ident(c.relname) as identity,
        d.refobjid as owner, d.refobjsubid as owner_column, coalesce(d.deptype = 'i', false) as internal,
        jsonb_strip_nulls(jsonb_build_object(
            'type', nullif(format_type(q.seqtypid, null), 'bigint'),
            'start', nullif(q.seqstart, 1),
            'increment', nullif(q.seqincrement, 1),
            'minimum', nullif(q.seqmin, 1),
            'maximum', nullif(q.seqmax, case q.seqtypid
                when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647 else 9223372036854775807 end),
            'cache', nullif(q.seqcache, 1),
            'cycle', case when q.seqcycle then true end,
            'persistence', case c.relpersistence when 'u' then 'unlogged' end,
            'granted', p.granted,
            'revoked', p.revoked)) as attributes
    from pg_sequence q join pg_class c on c.oid = q.seqrelid join compared_schema s on s.oid = c.relnamespace
        left join pg_depend d on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
            and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
        left join privilege p on p.classid = 'pg_catalog.pg_class'::regclass and p.objid = c.oid and p.objsubid = 0
        left join extension_member e on e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid
    where not s.managed and e.objid is null
),
compared_extension as materialized (
    select e.oid, e.extversion, quote_ident(e.extname) as name, quote_ident(n.nspname) as schema,
        pg_get_userbyid(e.extowner) as owner
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace
    where e.extname <> 'plpgsql'
        -- in `public` somebody has put it there
        and not (:supabase and e.extname = any (:platform_extensions) and n.nspname = any (:hidden))
),
compared_other as materialized (
    select * from (
        select 'pg_catalog.pg_event_trigger'::regclass as classid, t.oid as objid, 'event trigger' as kind,
            quote_ident(t.evtname) as identity
        from pg_event_trigger t join pg_proc p on p.oid = t.evtfoid join pg_namespace n on n.oid = p.pronamespace
        where not (:supabase and (n.nspname = any (:hidden || :managed) or t.evtname = any (:platform_event_triggers)))
        union all
        select 'pg_catalog.pg_publication'::regclass, p.oid, 'publication', quote_ident(p.pubname)
        from pg_publication p
        where p.pubname = 'supabase_realtime'
            or not exists (select from platform_role r where r.oid = p.pubowner)
                and not (:supabase and p.pubname ~ '^supabase_realtime_messages_publication')
        union all
        select 'pg_catalog.pg_subscription'::regclass, oid, 'subscription', quote_ident(subname)
        from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())
        union all
        select 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, 'foreign data wrapper', quote_ident(fdwname)
        from pg_foreign_data_wrapper
        union all
        select 'pg_catalog.pg_foreign_server'::regclass, oid, 'server', quote_ident(srvname) from pg_foreign_server
        union all
        select 'pg_catalog.pg_ts_config'::regclass, c.oid, 'text search configuration', s.name || '.' || quote_ident(c.cfgname)
        from pg_ts_config c join compared_schema s on s.oid = c.cfgnamespace where not s.managed
        union all
        select 'pg_catalog.pg_ts_dict'::regclass, d.oid, 'text search dictionary', s.name || '.' || quote_ident(d.dictname)
        from pg_ts_dict d join compared_schema s on s.oid = d.dictnamespace where not s.managed
        union all
        select 'pg_catalog.pg_ts_parser'::regclass, p.oid, 'text search parser', s.name || '.' || quote_ident(p.prsname)
        from pg_ts_parser p join compared_schema s on s.oid = p.prsnamespace where not s.managed
        union all
        select 'pg_catalog.pg_ts_template'::regclass, t.oid, 'text search template', s.name || '.' || quote_ident(t.tmplname)
        from pg_ts_template t join compared_schema s on s.oid = t.tmplnamespace where not s.managed
        union all
        select 'pg_catalog.pg_operator'::regclass, o.oid, 'operator', o.oid::regoperator::text
        from pg_operator o join compared_schema s on s.oid = o.oprnamespace where not s.managed
        union all
        select 'pg_catalog.pg_opclass'::regclass, o.oid, 'operator class',
            s.name || '.' || quote_ident(o.opcname) || ' using ' || quote_ident(a.amname)
        from pg_opclass o join compared_schema s on s.oid = o.opcnamespace join pg_am a on a.oid = o.opcmethod
        where not s.managed
        union all
        select 'pg_catalog.pg_opfamily'::regclass, f.oid, 'operator family',
            s.name || '.' || quote_ident(f.opfname) || ' using ' || quote_ident(a.amname)
        from pg_opfamily f join compared_schema s on s.oid = f.opfnamespace join pg_am a on a.oid = f.opfmethod
        where not s.managed
        union all
        select 'pg_catalog.pg_cast'::regclass, c.oid, 'cast',
            format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null)
        from pg_cast c
        where c.oid >= 16384
            and not exists (
                select from pg_type t join pg_namespace n on n.oid = t.typnamespace
                where t.oid in (c.castsource, c.casttarget) and n.nspname = any (:hidden || :managed))
            -- that of a range to its multirange is made with the type
            and not exists (
                select from pg_depend d
                where d.classid = 'pg_catalog.pg_cast'::regclass and d.objid = c.oid and d.deptype = 'i')
        union all
        select 'pg_catalog.pg_conversion'::regclass, c.oid, 'conversion', s.name || '.' || quote_ident(c.conname)
        from pg_conversion c join compared_schema s on s.oid = c.connamespace where not s.managed
        union all
        select 'pg_catalog.pg_transform'::regclass, r.oid, 'transform',
            format_type(r.trftype, null) || ' language ' || quote_ident(l.lanname)
        from pg_transform r join pg_language l on l.oid = r.trflang
            join pg_type t on t.oid = r.trftype join pg_namespace n on n.oid = t.typnamespace
        where n.nspname <> all (:hidden || :managed)
        union all
        select 'pg_catalog.pg_am'::regclass, oid, 'access method', quote_ident(amname) from pg_am where oid >= 16384
        union all
        select 'pg_catalog.pg_language'::regclass, oid, 'language', quote_ident(lanname) from pg_language where oid >= 16384
        union all
        select 'pg_catalog.pg_collation'::regclass, c.oid, 'collation', s.name || '.' || quote_ident(c.collname)
        from pg_collation c join compared_schema s on s.oid = c.collnamespace where not s.managed
        union all
        select 'pg_catalog.pg_statistic_ext'::regclass, x.oid, 'statistics', s.name || '.' || quote_ident(x.stxname)
        from pg_statistic_ext x join compared_schema s on s.oid = x.stxnamespace
            join compared_relation c on c.oid = x.stxrelid
        where not s.managed and not c.managed
    ) o
    where not exists (select from extension_member e where e.classid = o.classid and e.objid = o.objid)
),
operator_member as materialized (
    -- of the server's own no dependency is kept
    select coalesce(d.refclassid, 'pg_catalog.pg_opfamily'::regclass) as classid, coalesce(d.refobjid, m.family) as objid,
        m.class, jsonb_agg(m.told order by m.number, m.told collate "C") as told
    from (
        select 'pg_catalog.pg_amop'::regclass as classid, m.oid, m.amopfamily as family, 'operators' as class,
            m.amopstrategy as number, m.amopstrategy || ' ' || m.amopopr::regoperator || coalesce(' for order by '
                || (select quote_ident(n.nspname) || '.' || quote_ident(f.opfname)
                    from pg_opfamily f join pg_namespace n on n.oid = f.opfnamespace where f.oid = m.amopsortfamily), '') as told
        from pg_amop m
        where m.oid >= 16384 and not exists (
            select from extension_member e where e.classid = 'pg_catalog.pg_operator'::regclass and e.objid = m.amopopr)
        union all
        select 'pg_catalog.pg_amproc'::regclass, m.oid, m.amprocfamily, 'functions', m.amprocnum,
            m.amprocnum || ' (' || format_type(m.amproclefttype, null) || ', ' || format_type(m.amprocrighttype, null)
                || ') ' || m.amproc::regprocedure
        from pg_amproc m
        where m.oid >= 16384 and not exists (
            select from extension_member e where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = m.amproc)
    ) m left join pg_depend d on d.classid = m.classid and d.objid = m.oid
        and d.refclassid in ('pg_catalog.pg_opclass'::regclass, 'pg_catalog.pg_opfamily'::regclass)
    group by 1, 2, 3
),
shown_option as (
    select classid, objid, name, case
        when name ~* :hidden_names or value ~* :hidden_values
        then '(hidden, ' || left(encode(sha256(convert_to(name || chr(31) || value, 'UTF8')), 'hex'), 4) || ')'
        else value end as value
    from (
        select classid, objid, split_part(line, '=', 1) as name, substr(line, strpos(line, '=') + 1) as value
        from (
            select 'pg_catalog.pg_foreign_data_wrapper'::regclass as classid, oid as objid, unnest(fdwoptions) as line
            from pg_foreign_data_wrapper
            union all
            select 'pg_catalog.pg_foreign_server'::regclass, oid, unnest(srvoptions) from pg_foreign_server
            union all
            select 'pg_catalog.pg_foreign_table'::regclass, ftrelid, unnest(ftoptions) from pg_foreign_table
        ) option
    ) option
),
locking as materialized (
    select classid, objid, (sum(locks) over (order by classid, objid) - 1)::bigint / :locks as batch
    from (
        -- a view by its own name: what makes it is a rule; the relations of a function's body, if that is parsed
        select case when r.rulename = '_RETURN' then 'pg_catalog.pg_class'::regclass else d.classid::regclass end as classid,
            coalesce(case when r.rulename = '_RETURN' then r.ev_class end, d.objid) as objid,
            count(distinct d.refobjid) as locks -- the view itself among them
        from pg_depend d left join pg_rewrite r on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
        where d.classid in ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_proc'::regclass)
            and d.refclassid = 'pg_catalog.pg_class'::regclass and d.objid >= 16384
        group by 1, 2
    ) query (classid, objid, locks)
)
