-- The database `postgres` itself: its owner, its path, the schemas of a project, and who may do what in `public`.
--
-- Facts: https://github.com/supabase/postgres, migrations/db/init-scripts/00000000000000-initial-schema.sql and
-- 00000000000003-post-setup.sql, migrations 20220317095840 (graphql_public), 20240822021428 (webhooks);
-- https://supabase.com/docs/guides/database/postgres/configuration (search_path).

do $database$
begin
    execute format('alter database %I owner to postgres', current_database());
    execute format('alter database %I set search_path to "$user", public, extensions', current_database());
    execute format('grant all on database %I to dashboard_user', current_database());
    -- the services of a project make schemas of their own
    execute format(
        'grant create on database %I to supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin',
        current_database());
end $database$;

create schema if not exists extensions authorization postgres;
create schema if not exists auth;
create schema if not exists storage;
create schema if not exists realtime;
create schema if not exists graphql;
create schema if not exists graphql_public;
create schema if not exists vault;
create schema if not exists supabase_functions;
create schema if not exists pgbouncer authorization pgbouncer;
create schema if not exists public;

-- before PostgreSQL 15 `public` belonged to whoever made the server, and was open to everybody; a project's is neither
alter schema public owner to pg_database_owner;
revoke create on schema public from public;
grant usage on schema public to public, anon, authenticated, service_role;
grant all on schema public to postgres;

grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to postgres, dashboard_user with grant option;
grant usage on schema graphql, graphql_public to postgres, anon, authenticated, service_role;
grant all on schema graphql, graphql_public, vault to postgres with grant option;

-- what an extension or `supabase_admin` makes in `public` is open to the API; what `postgres` makes there, `grants.sql` tells
alter default privileges for role supabase_admin in schema public
    grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
    grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
    grant all on functions to postgres, anon, authenticated, service_role;

do $publication$
begin
    -- which tables the realtime service sends on; a migration adds its own
    if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
        create publication supabase_realtime;
        alter publication supabase_realtime owner to postgres;
    end if;
end $publication$;

-- what the API calls where pg_graphql is not installed, as it is not in new projects since May 2026
-- (https://supabase.com/changelog)
do $graphql$
begin
    if to_regproc('graphql_public.graphql') is null then
        create function graphql_public.graphql(
            "operationName" text default null, query text default null, variables jsonb default null,
            extensions jsonb default null
        ) returns jsonb language sql as $body$
            select '{"errors": [{"message": "pg_graphql extension is not enabled."}]}'::jsonb
        $body$;
    end if;
end $graphql$;
grant execute on function graphql_public.graphql(text, text, jsonb, jsonb) to anon, authenticated, service_role;
