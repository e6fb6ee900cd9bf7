-- The extensions that every project has, as far as this server has them.
--
-- Facts: https://github.com/supabase/postgres, migrations/db/init-scripts/00000000000000-initial-schema.sql and
-- migrations 20221207154255 (vault); pg_graphql is not among them since May 2026 (https://supabase.com/changelog).
-- There `postgres` may drop, move and comment them, and so it makes here what it can; what is left the superuser makes.

do $extensions$
declare
    wanted record;
begin
    for wanted in
        select w.name, w.schema, not v.superuser or v.trusted as theirs from (values
            ('uuid-ossp', 'extensions'), ('pgcrypto', 'extensions'), ('pg_stat_statements', 'extensions'),
            ('supabase_vault', 'vault')
        ) as w (name, schema)
        join pg_catalog.pg_available_extensions a using (name)
        join pg_catalog.pg_available_extension_versions v on v.name = a.name and v.version = a.default_version
        where a.installed_version is null
    loop
        perform set_config('role', case when wanted.theirs then 'postgres' else 'none' end, true);
        execute format('create extension %I with schema %I', wanted.name, wanted.schema);
    end loop;
    perform set_config('role', 'none', true);
end $extensions$;

grant all on all tables in schema extensions to postgres, dashboard_user;
grant all on all sequences in schema extensions to postgres, dashboard_user;
grant all on all routines in schema extensions to postgres, dashboard_user;
-- secrets are written by functions alone: ansible/files/postgresql_extension_custom_scripts/supabase_vault
grant usage on schema vault to service_role;
grant select, delete on all tables in schema vault to postgres, service_role;
grant all on all routines in schema vault to postgres, service_role;
