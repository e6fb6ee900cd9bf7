-- as on Supabase: the services own their schemas, and `postgres` (here `cases_deployer`) may use them
do $$
begin
    if not exists (select from pg_roles where rolname = 'cases_deployer') then
        create role cases_deployer;
    end if;
end $$;
create schema auth;
create table auth.users (id int primary key);
create table auth.schema_migrations (version text primary key);
grant usage on schema auth to cases_deployer;
grant select on auth.users, auth.schema_migrations to cases_deployer;
create table notes (id int);
grant create on schema public to cases_deployer;
