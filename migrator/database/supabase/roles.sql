-- The roles of a Supabase project, and what they are of one another.
--
-- Facts: https://github.com/supabase/postgres, migrations/db/init-scripts/00000000000000-initial-schema.sql (API roles and
-- their timeouts), 00000000000003-post-setup.sql (search_path), 10000000000000_demote-postgres.sql (`postgres`),
-- 20230529180330 (the API roles inherit), 20250605172253 (ADMIN from PostgreSQL 16 on), 20251105172723 (reload);
-- https://supabase.com/docs/guides/database/postgres/roles.
--
-- `supabase_admin` is there already: the superuser that the server was made with. Nobody needs to log in as it.

do $roles$
declare
    made record;
begin
    for made in
        select * from (values
            ('anon', 'nologin inherit'),                -- whoever has the public key of the API
            ('authenticated', 'nologin inherit'),       -- whoever has logged in by it
            ('service_role', 'nologin inherit bypassrls'),  -- whoever has its secret key
            ('authenticator', 'login noinherit'),       -- PostgREST logs in as this one and becomes one of the three
            ('postgres', 'login createdb createrole replication bypassrls'),
            ('dashboard_user', 'nologin createdb createrole replication'),
            ('supabase_auth_admin', 'login noinherit createrole'),
            ('supabase_storage_admin', 'login noinherit createrole'),
            ('supabase_realtime_admin', 'nologin noinherit'),
            ('supabase_functions_admin', 'login noinherit createrole'),
            ('supabase_replication_admin', 'login replication'),
            ('supabase_etl_admin', 'login replication bypassrls'),
            ('supabase_read_only_user', 'login bypassrls'),
            ('supabase_privileged_role', 'nologin'),
            ('pgbouncer', 'login')
        ) as wanted (name, attributes)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = made.name) then
            execute format('create role %I %s', made.name, made.attributes);
        end if;
    end loop;
end $roles$;

grant anon, authenticated, service_role to authenticator;
-- migrations grant the API roles to roles of their own and change their settings (`alter role authenticator set
-- pgrst.db_schemas ...`); from PostgreSQL 16 on both need ADMIN
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant authenticator to supabase_storage_admin;
grant supabase_privileged_role to postgres;
grant pg_read_all_data, pg_monitor, pg_signal_backend to postgres;
grant pg_read_all_data to supabase_read_only_user, supabase_etl_admin;
grant execute on function pg_catalog.pg_reload_conf() to postgres with grant option;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_admin set search_path to "$user", public, auth, extensions;
alter role supabase_auth_admin set search_path to auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout to 60000;
alter role supabase_storage_admin set search_path to storage;
alter role supabase_functions_admin set search_path to supabase_functions;

do $grants$
begin
    -- GRANT SET came with PostgreSQL 15. The platform's extension supautils lets `postgres` set them:
    -- ansible/files/postgresql_config/supautils.conf.j2, `privileged_role_allowed_configs`; those of PostgREST are set on
    -- `authenticator`: https://docs.postgrest.org/en/stable/references/configuration.html#in-database-configuration
    if current_setting('server_version_num')::integer >= 150000 then
        execute 'grant set on parameter
            log_min_duration_statement, log_min_messages, log_statement, session_replication_role, track_functions,
            track_io_timing,
            pgaudit.log, pgaudit.log_catalog, pgaudit.log_client, pgaudit.log_level, pgaudit.log_relation,
            pgaudit.log_rows, pgaudit.log_statement, pgaudit.log_statement_once, pgaudit.role,
            pgrst.db_aggregates_enabled, pgrst.db_anon_role, pgrst.db_extra_search_path, pgrst.db_max_rows,
            pgrst.db_plan_enabled, pgrst.db_pre_request, pgrst.db_schemas, pgrst.db_tx_end, pgrst.openapi_mode
            to postgres with grant option';
    end if;
end $grants$;
