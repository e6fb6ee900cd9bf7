-- The schema `supabase_functions`: what a database webhook, a trigger of a project, calls.
--
-- Facts: https://github.com/supabase/postgres, migrations/db/migrations/20240822021428_enable_webhooks_by_default.sql;
-- https://supabase.com/docs/guides/database/webhooks. No request is sent here.

create table if not exists supabase_functions.migrations (
    version text not null,
    inserted_at timestamptz not null default now(),
    constraint migrations_pkey primary key (version)
);
create table if not exists supabase_functions.hooks (
    id bigserial,
    hook_table_id integer not null,
    hook_name text not null,
    created_at timestamptz not null default now(),
    request_id bigint,
    constraint hooks_pkey primary key (id)
);

create or replace function supabase_functions.http_request() returns trigger
language plpgsql security definer set search_path to supabase_functions as $body$
begin
    return coalesce(new, old);
end $body$;

alter table supabase_functions.migrations owner to supabase_functions_admin;
alter table supabase_functions.hooks owner to supabase_functions_admin;
alter function supabase_functions.http_request() owner to supabase_functions_admin;

grant usage on schema supabase_functions to postgres, anon, authenticated, service_role;
grant all on schema supabase_functions to supabase_functions_admin;
grant all on all tables in schema supabase_functions to postgres, anon, authenticated, service_role;
grant all on all sequences in schema supabase_functions to postgres, anon, authenticated, service_role;
revoke all on function supabase_functions.http_request() from public;
grant execute on function supabase_functions.http_request() to postgres, anon, authenticated, service_role;
