create extension if not exists pg_trgm with schema extensions;
create extension if not exists moddatetime with schema extensions;
create extension if not exists vector with schema extensions;
create extension if not exists pg_cron;
create extension if not exists pg_net with schema extensions;

create schema private;
grant usage on schema private to authenticated;
-- nothing that is made here is open by itself
alter default privileges in schema private revoke execute on functions from public;
