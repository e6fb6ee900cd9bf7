create extension if not exists btree_gist with schema extensions;
create extension if not exists vector with schema extensions;
create extension if not exists pg_cron;

-- helpers of policies and triggers, which the API does not serve
create schema private;
grant usage on schema private to authenticated, service_role;
