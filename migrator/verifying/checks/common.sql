-- What the queries of the checks share. They run with an empty search_path.
--
--   api_role      the roles that whoever has the key of a browser can be
--   served        the names of the schemas that PostgREST serves, and what says so (`source`)
--   api_schema    those of them that there are
--   api_usage     which role of the API may use which of them
--   own_schema    schemas of the project: neither the server's, nor an extension's, nor the platform's, nor ours
--   invoker_view  every view with the rights of whoever reads it, whatever its schema
--   relation      tables, views, ... of those, without what an extension made; `identity` as the catalog names it;
--                 `in_api`: served, and a role of the API may use the schema; `invoker`: an `invoker_view`
--   reach         what a role of the API may do with a relation that is served: `rights` in words, with the columns
--                 where it is not all of them; `columns`: those that it may select. What came through PUBLIC or another
--                 role counts, too; TRUNCATE does not, because the API has no such request
--   exposed       the same in a line per relation: `who` may do what; `names`: of these roles
--   giver         to whom rights on a relation were granted that a role of the API has: from whom to revoke them
--   routine       functions and procedures of own schemas, without what an extension made
--   ledger_table  our own tables and the ledger's, which are no relation of the project
--   policed       policies of row level security of the project, also on the platform's tables; `api`: the roles of the
--                 API that one is for; `use_passing`, `check_passing`: those of them that pass its condition for rows
--                 that are there, and for new ones, whatever the row. One without a condition lets nobody through
--   login         conditions that every user passes who has logged in
--   narrowing     the restrictive ones of them by role: whether one says something of either kind of rows
with api_role as materialized (
    select oid, rolname from pg_roles where rolname in ('anon', 'authenticated')
),
-- PostgREST reads what was set for its own role, in this database before everywhere, and not what was set for the
-- database alone: https://docs.postgrest.org/en/stable/references/configuration.html#in-database-configuration.
-- What differs in this session from what its role and database bring along was said for this run, and comes first.
setting as materialized (
    select d.setrole, d.setdatabase <> 0 as here, substr(s, strpos(s, '=') + 1) as names
    from pg_db_role_setting d cross join unnest(d.setconfig) s
    where s like 'pgrst.db\_schemas=_%'
        and d.setdatabase in (0, (select oid from pg_database where datname = current_database()))
),
served as materialized (
    select names, source from (
        select 1 as place, current_setting('pgrst.db_schemas', true) as names, 'session' as source
        where current_setting('pgrst.db_schemas', true) is distinct from (
            select s.names from setting s left join pg_roles r on r.oid = s.setrole
            where s.setrole = 0 or r.rolname = session_user order by s.setrole = 0, not s.here limit 1)
        union all
        (select 2, s.names, 'role' from setting s join pg_roles r on r.oid = s.setrole
         where r.rolname = 'authenticator' order by not s.here limit 1)
        union all
        select 3, current_setting('pgrst.db_schemas', true), 'database'
        union all
        select 4, 'public, graphql_public', null
    ) told (place, names, source)
    where names <> '' order by place limit 1
),
api_schema as materialized (
    -- a name is taken as it is, without quotes: `public, My Schema`
    select n.oid, n.nspname
    from pg_namespace n
    where n.nspname in (
        select btrim(s.name, e' \t\r\n') from served, unnest(string_to_array(served.names, ',')) s (name))
),
api_usage as materialized (
    select a.oid as schema, a.nspname, r.oid as role, r.rolname
    from api_schema a cross join api_role r
    where has_schema_privilege(r.oid, a.oid, 'usage')
),
own_schema as materialized (
    select n.oid, n.nspname, quote_ident(n.nspname) as name
    from pg_namespace n
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> all (:hidden)
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_catalog.pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e'
                and d.refclassid = 'pg_catalog.pg_extension'::regclass)
),
invoker_view as materialized (
    select c.oid from pg_class c cross join unnest(c.reloptions) o
    where c.relkind = 'v' and case when o like 'security\_invoker=%' then split_part(o, '=', 2)::boolean end
),
relation as materialized (
    select c.oid, c.relkind, c.relname, c.relowner, c.relnamespace, c.relrowsecurity,
        c.relforcerowsecurity, c.relispartition, c.reloptions,
        s.nspname, s.name || '.' || quote_ident(c.relname) as identity,
        case c.relkind
            when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
            else 'table' end as kind,
        s.oid in (select u.schema from api_usage u) as in_api,
        c.oid in (select i.oid from invoker_view i) as invoker
    from pg_class c join own_schema s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and s.nspname || '.' || c.relname <> all (:left_out)
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
                and d.refclassid = 'pg_catalog.pg_extension'::regclass)
),
reach as materialized (
    select r.oid, u.role, u.rolname, string_agg(p.name || coalesce(p.columns, ''), ', ' order by p.place) as rights,
        bool_or(p.name = 'select') as reads, max(p.columns) filter (where p.name = 'select') as columns
    from relation r join api_usage u on u.schema = r.relnamespace
        cross join lateral (
            select o.place, o.name, case when not has_table_privilege(u.role, r.oid, o.name) then (
                select ' (' || string_agg('`' || a.attname || '`', ', ' order by a.attnum) || ')' from pg_attribute a
                where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                    and has_column_privilege(u.role, r.oid, a.attnum, o.name)) end as columns
            from unnest(array['select', 'insert', 'update', 'delete']) with ordinality o (name, place)
            where case o.name
                when 'delete' then has_table_privilege(u.role, r.oid, o.name)
                else has_any_column_privilege(u.role, r.oid, o.name) end
        ) p
    -- nobody writes to a materialized view
    where r.relkind <> 'm' or p.name = 'select'
    group by r.oid, u.role, u.rolname
),
exposed as materialized (
    select oid, string_agg(shown || ' may ' || rights, '; ' order by shown) as who, bool_or(reads) as reads,
        string_agg(names, ', ' order by names) as names
    from (
        select oid, rights, reads, string_agg('`' || rolname || '`', ' and ' order by rolname) as shown,
            string_agg(rolname, ', ' order by rolname) as names
        from reach group by oid, rights, reads
    ) alike
    group by oid
),
giver as (
    select held.oid, string_agg(distinct coalesce(quote_ident(r.rolname), 'public'), ', ') as names
    from (
        select c.oid, a.grantee from pg_class c cross join aclexplode(c.relacl) a where a.grantee <> c.relowner
        union
        select t.attrelid, a.grantee from pg_attribute t cross join aclexplode(t.attacl) a where t.attacl is not null
    ) held left join pg_roles r on r.oid = held.grantee
    where held.grantee = 0
        or exists (select from api_role a where pg_has_role(a.oid, held.grantee, 'usage'))
    group by held.oid
),
api_member as materialized (
    select a.oid as api, r.oid as role from api_role a join pg_roles r on pg_has_role(a.oid, r.oid, 'usage')
    union all
    select a.oid, 0 from api_role a
),
policy as materialized (
    select p.oid, p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polroles, c.relrowsecurity, c.relnamespace,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) as of_table, quote_ident(p.polname) as name,
        array(select distinct m.api from api_member m where m.role = any (p.polroles)) as api,
        pg_get_expr(p.polqual, p.polrelid) as uses, pg_get_expr(p.polwithcheck, p.polrelid) as checks
    from pg_policy p join pg_class c on c.oid = p.polrelid and c.relkind in ('r', 'p')
        join pg_namespace n on n.oid = c.relnamespace
    where (n.nspname = any (:managed) or c.relnamespace in (select s.oid from own_schema s))
        and n.nspname || '.' || c.relname <> all (:left_out)
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
                and d.refclassid = 'pg_catalog.pg_extension'::regclass)
),
login (said) as (
    -- what every user passes who has logged in
    values ('(auth.role() = ''authenticated''::text)'), ('(( SELECT auth.role() AS role) = ''authenticated''::text)'),
        ('(auth.uid() IS NOT NULL)'), ('(( SELECT auth.uid() AS uid) IS NOT NULL)')
),
condition as materialized (
    -- an operator is printed with its operands in parentheses
    select e.said, case
        when e.said in ('true', '(NOT false)', '( SELECT true AS bool)') or e.said like '(true OR %'
            or e.said like '% OR true)'
            or o.operand !~ '[() ]' and e.said = '(' || o.operand || ' = ' || o.operand || ')'
        then array(select a.oid from api_role a)
        when e.said in (select l.said from login l)
        then array(select a.oid from api_role a where a.rolname = 'authenticated')
        else '{}' end as passing
    from (select p.uses from policy p union select p.checks from policy p) e (said)
        cross join lateral split_part(substr(e.said, 2), ' = ', 1) o (operand)
),
policed as materialized (
    select p.*, coalesce(u.passing, '{}') as use_passing, coalesce(c.passing, '{}') as check_passing
    from policy p
        left join condition u on u.said = p.uses
        left join condition c on c.said = coalesce(p.checks, p.uses)
),
narrowing as materialized (
    select p.polrelid, p.polcmd, a.oid as role, a.oid <> all (p.use_passing) as uses,
        a.oid <> all (p.check_passing) as checks
    from policed p join api_role a on a.oid = any (p.api)
    where not p.polpermissive
),
routine as materialized (
    select p.oid, p.oid::regprocedure::text as identity,
        case p.prokind when 'p' then 'procedure' else 'function' end as kind, p.prokind, p.pronamespace, p.proowner,
        p.proacl, p.prosecdef, p.proconfig, p.prolang, p.prorettype
    from pg_proc p
    where p.pronamespace in (select s.oid from own_schema s) and p.prokind <> 'a'
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
),
ledger_table as (
    select c.oid, c.relrowsecurity, c.relnamespace, n.nspname,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) as identity
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname || '.' || c.relname = any (:left_out) and c.relkind in ('r', 'p', 'v', 'f')
)
