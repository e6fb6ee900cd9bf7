-- The schema `realtime`: messages, which migrations send from triggers and guard by policies.
--
-- Facts: https://github.com/supabase/realtime, lib/realtime/tenants/repo/migrations (columns, names, row level security,
-- `topic`, `send`, `broadcast_changes`). No message is sent to anybody here: it is a row, in a partition of our own.

grant usage on schema realtime to anon, authenticated, service_role;
grant usage on schema realtime to postgres with grant option;
grant all on schema realtime to supabase_realtime_admin with grant option;
grant usage on schema auth to supabase_realtime_admin;
grant anon, authenticated, service_role to supabase_realtime_admin;

create table if not exists realtime.messages (
    topic text not null,
    extension text not null,
    payload jsonb,
    event text,
    private boolean default false,
    updated_at timestamp not null default now(),
    inserted_at timestamp not null default now(),
    id uuid not null default gen_random_uuid(),
    constraint messages_pkey primary key (id, inserted_at)
) partition by range (inserted_at);
create index if not exists messages_inserted_at_topic_index
    on realtime.messages (inserted_at desc, topic) where extension = 'broadcast' and private is true;
-- the service makes one partition a day
create table if not exists realtime.messages_any_day partition of realtime.messages default;

create table if not exists realtime.schema_migrations (
    version bigint not null,
    inserted_at timestamp(0),
    constraint schema_migrations_pkey primary key (version)
);

do $types$
begin
    if to_regtype('realtime.equality_op') is null then
        create type realtime.equality_op as enum ('eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in');
        create type realtime.user_defined_filter as (column_name text, op realtime.equality_op, value text);
        create type realtime.action as enum ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'ERROR');
    end if;
end $types$;

create table if not exists realtime.subscription (
    id bigint generated always as identity,
    subscription_id uuid not null,
    entity regclass not null,
    filters realtime.user_defined_filter[] not null default '{}',
    claims jsonb not null,
    created_at timestamp not null default timezone('utc', now()),
    constraint pk_subscription primary key (id)
);
create index if not exists ix_realtime_subscription_entity on realtime.subscription (entity);

-- the channel that a policy on `realtime.messages` is asked about
create or replace function realtime.topic() returns text language sql stable as $body$
    select nullif(current_setting('realtime.topic', true), '')::text
$body$;

create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true)
returns void language plpgsql as $body$
begin
    insert into realtime.messages (payload, event, topic, private, extension)
    values (payload, event, topic, private, 'broadcast');
exception
    -- a message that cannot be sent does not undo what it tells of
    when others then raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
end $body$;

create or replace function realtime.broadcast_changes(
    topic_name text, event_name text, operation text, table_name text, table_schema text,
    new record, old record, level text default 'ROW'
) returns void language plpgsql as $body$
begin
    if level <> 'ROW' then
        raise exception 'function can only be triggered for each row, not for each statement';
    end if;
    perform realtime.send(
        jsonb_build_object(
            'old_record', to_jsonb(old), 'record', to_jsonb(new), 'operation', operation, 'table', table_name,
            'schema', table_schema),
        event_name, topic_name);
end $body$;

do $owners$
declare
    made record;
begin
    for made in
        select c.oid::regclass as what, c.relname as name from pg_catalog.pg_class c
        where c.relnamespace = 'realtime'::regnamespace and c.relkind in ('r', 'p')
    loop
        if made.name like 'messages%' then
            execute format('alter table %s owner to supabase_realtime_admin', made.what);
        end if;
    end loop;
    for made in
        select p.oid::regprocedure as what from pg_catalog.pg_proc p where p.pronamespace = 'realtime'::regnamespace
    loop
        execute format('alter function %s owner to supabase_realtime_admin', made.what);
    end loop;
end $owners$;
alter table realtime.messages enable row level security;

grant select, insert, update on realtime.messages to anon, authenticated, service_role;
grant all on realtime.messages to postgres, dashboard_user;
grant select on realtime.subscription to anon, authenticated, service_role;
grant all on realtime.subscription to postgres, dashboard_user, supabase_realtime_admin;
revoke all on realtime.schema_migrations from postgres, anon, authenticated, service_role;
grant all on all functions in schema realtime to postgres, dashboard_user, anon, authenticated, service_role;
