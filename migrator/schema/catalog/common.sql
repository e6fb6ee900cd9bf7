-- What the queries of this folder share. They run with an empty search_path, so that every name but those of
-- pg_catalog is printed with its schema. `:hidden`, `:managed`, `:left_out` and `:partitions` are put in by the reader.
--
--   compared_schema    schemas that are compared; `managed` ones belong to the platform: of their tables, policies and
--                      triggers alone are compared
--   extension_member   whatever an extension made: its version stands for it
--   compared_relation  tables, views, ... of those schemas; `managed` as above
--   privilege          who may do what beyond the default of an object, and what was taken from that default. Grantors,
--                      order and repetition do not matter; an object that is not in it has its defaults
with compared_schema as materialized (
    select oid, nspname, quote_ident(nspname) as name, nspname = any (:managed) as managed
    from pg_namespace
    where nspname !~ '^pg_' and nspname <> 'information_schema' and nspname <> all (:hidden)
),
extension_member as materialized (
    select classid, objid from pg_depend where deptype = 'e'
),
compared_relation as materialized (
    select c.oid, c.relkind, c.relname, c.relowner, c.relnamespace, s.managed, c.reltoastrelid, c.relispartition,
        s.name || '.' || quote_ident(c.relname) as identity
    from pg_class c join compared_schema s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
        and s.nspname || '.' || c.relname <> all (:left_out)
        and (:partitions or not c.relispartition)
        and not exists (
            select from extension_member e where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid)
        and (c.relkind <> 'c' or not exists (
            select from extension_member e where e.classid = 'pg_catalog.pg_type'::regclass and e.objid = c.reltype))
),
acl (classid, objid, objsubid, held, standard) as (
    select 'pg_catalog.pg_class'::regclass, oid, 0, relacl,
        acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)
    from pg_class where relacl is not null and oid >= 16384
    union all
    select 'pg_catalog.pg_class'::regclass, attrelid, attnum, attacl, null
    from pg_attribute where attacl is not null and attrelid >= 16384
    union all
    select 'pg_catalog.pg_proc'::regclass, oid, 0, proacl, acldefault('f', proowner) from pg_proc where proacl is not null
    union all
    select 'pg_catalog.pg_type'::regclass, oid, 0, typacl, acldefault('T', typowner) from pg_type where typacl is not null
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
),
difference as (
    select a.classid, a.objid, a.objsubid, d.beyond, d.grantee,
        string_agg(d.privilege, ', ' order by d.privilege) as privileges
    from acl a cross join lateral (
        (select true as beyond, h.grantee, h.privilege_type || case when h.is_grantable then '*' else '' end as privilege
         from aclexplode(a.held) h
         except
         select true, s.grantee, s.privilege_type || case when s.is_grantable then '*' else '' end
         from aclexplode(a.standard) s)
        union all
        (select false, s.grantee, s.privilege_type || case when s.is_grantable then '*' else '' end
         from aclexplode(a.standard) s
         except
         select false, h.grantee, h.privilege_type || case when h.is_grantable then '*' else '' end
         from aclexplode(a.held) h)
    ) d
    group by a.classid, a.objid, a.objsubid, d.beyond, d.grantee
),
privilege as materialized (
    select classid, objid, objsubid,
        jsonb_object_agg(who, privileges) filter (where beyond) as granted,
        jsonb_object_agg(who, privileges) filter (where not beyond) as revoked
    from (
        select d.*, case d.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(d.grantee)) end as who
        from difference d
    ) named
    group by classid, objid, objsubid
)
