-- What the queries of the checks share. They run with an empty search_path.
--
--   api_role      the roles that whoever has the key of a browser can be
--   api_schema    the schemas that PostgREST serves: `pgrst.db_schemas` of the session or of the role `authenticator`,
--                 else `public` and `graphql_public`
--   own_schema    schemas of the project: neither the server's, nor an extension's, nor the platform's, nor ours
--   relation      tables, views, ... of those, without what an extension made; `identity` as the catalog names it;
--                 `in_api`: served, and a role of the API may use the schema
with api_role as materialized (
    select oid, rolname from pg_roles where rolname in ('anon', 'authenticated')
),
served as (
    select coalesce(
        nullif(current_setting('pgrst.db_schemas', true), ''),
        (select nullif(split_part(setting, '=', 2), '')
         from pg_db_role_setting d join pg_roles r on r.oid = d.setrole, unnest(d.setconfig) setting
         where r.rolname = 'authenticator' and split_part(setting, '=', 1) = 'pgrst.db_schemas'
         order by d.setdatabase desc limit 1),
        'public, graphql_public') as names
),
api_schema as materialized (
    select n.oid, n.nspname
    from served cross join lateral regexp_split_to_table(served.names, '\s*,\s*') s (name)
        join pg_namespace n on n.nspname = btrim(s.name, ' "')
),
own_schema as materialized (
    select n.oid, n.nspname, quote_ident(n.nspname) as name
    from pg_namespace n
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> all (:hidden)
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_catalog.pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')
),
relation as materialized (
    select c.oid, c.relkind, c.relname, c.relowner, c.relnamespace, c.relrowsecurity, c.relispartition, c.reloptions,
        s.nspname, s.name || '.' || quote_ident(c.relname) as identity,
        case c.relkind
            when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end as kind,
        exists (
            select from api_schema a
            where a.oid = s.oid
                and exists (select from api_role r where has_schema_privilege(r.oid, a.oid, 'usage'))) as in_api
    from pg_class c join own_schema s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and s.nspname || '.' || c.relname <> all (:left_out)
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
)
