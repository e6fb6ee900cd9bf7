"""What of a Supabase database is compared: what users make in it, and nothing that the platform has made."""

import asyncpg
from mutation import seen
from riches import config_of

from migrator.database.connect import connect
from migrator.database.supabase import prelude
from migrator.schema.objects import Schema
from migrator.schema.reading import read
from migrator.schema.scope import Scope

Connection = asyncpg.Connection

SCOPE = Scope(own="migrator", ledger="public", supabase=True)


async def _read(dsn: str) -> Schema:
    async with connect(config_of(dsn)) as session:
        return await read(session, SCOPE)


async def test_a_new_project_has_next_to_nothing(supabase_dsn: str, admin: Connection):
    """What every project has is left out, but for what migrations change; eras differ in default privileges alone."""
    new = await _read(supabase_dsn)
    await admin.execute(prelude.script(automatic_grants=True))
    old = await _read(supabase_dsn)
    rights = "MAINTAIN, REFERENCES, TRIGGER, TRUNCATE"
    assert {key: new.attributes(key) for key in new.objects} == {
        ("default privileges", "postgres in public on sequences"): {
            "granted": {"anon": "UPDATE", "authenticated": "UPDATE", "service_role": "UPDATE"}
        },
        ("default privileges", "postgres in public on tables"): {
            "granted": {"anon": rights, "authenticated": rights, "service_role": rights}
        },
        ("publication", "supabase_realtime"): {},
        ("schema", "public"): {
            "owner": "pg_database_owner",
            "granted": {
                "PUBLIC": "USAGE",
                "anon": "USAGE",
                "authenticated": "USAGE",
                "postgres": "ALL",
                "service_role": "USAGE",
            },
        },
    }
    assert (new.unmodelled, seen(new, old)) == (
        {},
        {
            ("changed", "default privileges", "postgres in public on sequences"),
            ("changed", "default privileges", "postgres in public on tables"),
            ("extra", "default privileges", "postgres in public on functions"),
        },
    )


OF_USERS = {
    "create function public.on_user() returns trigger language plpgsql as 'begin return new; end'": {
        ("extra", "function", "public.on_user()")
    },
    "create trigger on_user after insert on auth.users for each row execute function public.on_user()": {
        ("extra", "trigger", "auth.users.on_user")
    },
    "comment on trigger on_user on auth.users is 'ours'": {("extra", "comment", "trigger auth.users.on_user")},
    "create trigger hook after insert on storage.objects for each row "
    "execute function supabase_functions.http_request('https://a', 'POST', '{}', '{}', '1000')": {
        ("extra", "trigger", "storage.objects.hook")
    },
    "create policy reading on storage.objects for select using (bucket_id = 'public')": {
        ("extra", "policy", "storage.objects.reading")
    },
    "comment on policy reading on storage.objects is 'ours'": {("extra", "comment", "policy storage.objects.reading")},
    "create policy sending on realtime.messages for insert to authenticated with check (true)": {
        ("extra", "policy", "realtime.messages.sending")
    },
    "create table public.messages (id int)": {
        ("extra", "table", "public.messages"),
        ("extra", "column", "public.messages.id"),
    },
    "alter publication supabase_realtime add table public.messages": {("changed", "publication", "supabase_realtime")},
    "create publication supabase_realtime_of_ours for table public.messages": {
        ("extra", "publication", "supabase_realtime_of_ours")
    },
    "create extension citext with schema extensions": {("extra", "extension", "citext")},
    "alter extension pgcrypto set schema public": {("extra", "extension", "pgcrypto")},
    "alter default privileges for role postgres in schema public grant select on tables to anon": {
        ("changed", "default privileges", "postgres in public on tables")
    },
    "alter default privileges for role postgres revoke execute on functions from public": {
        ("extra", "default privileges", "postgres on functions")
    },
    "alter role authenticator set pgrst.db_schemas = 'public, private'": {
        ("extra", "setting", "pgrst.db_schemas of authenticator in all databases")
    },
    "do $$ begin execute format('alter database %I set statement_timeout = 900000', current_database()); end $$": {
        ("extra", "setting", "statement_timeout")
    },
    "do $$ begin execute format('alter role postgres in database %I set jit = off', current_database()); end $$": {
        ("extra", "setting", "jit of postgres")
    },
}


async def test_what_users_make_is_seen(supabase_dsn: str, postgres: Connection):
    """Each statement of a migration's role is seen, also on the tables of auth, storage and realtime."""
    before = await _read(supabase_dsn)
    try:
        for statement in OF_USERS:
            await postgres.execute(statement)
        after = await _read(supabase_dsn)
    finally:
        await postgres.execute("alter role authenticator reset pgrst.db_schemas")  # it is the whole server's
    assert seen(before, after) == {one for expected in OF_USERS.values() for one in expected}


OF_THE_PLATFORM = """
create function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as 'begin end';
create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
create event trigger anything on ddl_command_end execute function extensions.pgrst_ddl_watch();
create publication supabase_realtime_messages_publication for table realtime.messages;
create publication theirs;
alter publication supabase_realtime owner to supabase_admin;
alter publication supabase_realtime set (publish = 'insert');
create trigger theirs before update on storage.objects for each row execute function storage.update_updated_at_column();
comment on trigger theirs on storage.objects is 'theirs';
comment on table auth.users is 'another';
comment on column storage.objects.name is 'another';
comment on extension pgcrypto is 'another';
alter table auth.users add column new_in_this_version text;
create index new_in_this_version on auth.users (new_in_this_version);
create table storage.new_in_this_version (id int primary key);
create function auth.new_in_this_version() returns int language sql as 'select 1';
create operator extensions.=== (function = int4eq, leftarg = int, rightarg = int);
create type auth.new_type as (id int);
create function auth.to_text(auth.new_type) returns text language sql as 'select null::text';
create cast (auth.new_type as text) with function auth.to_text(auth.new_type);
alter default privileges for role supabase_admin in schema public grant select on tables to anon;
alter default privileges for role postgres in schema storage grant all on tables to anon;
alter default privileges for role supabase_auth_admin grant select on tables to postgres;
update pg_extension set extversion = '0.1' where extname = 'pgcrypto';
drop extension "uuid-ossp";
create schema _timescaledb_internal;
create table _timescaledb_internal.chunk (id int);
create schema pgmq;
create table pgmq.q_mine (id int);
insert into storage.buckets (id, name) values ('mine', 'mine');
do $$
begin
    execute format('alter database %I set "app.settings.jwt_secret" = ''secret''', current_database());
    execute format('alter role supabase_admin in database %I set work_mem = ''9MB''', current_database());
    execute format('alter database %I reset search_path', current_database());
    execute format('grant create on database %I to supabase_etl_admin', current_database());
end
$$
"""


async def test_what_the_platform_makes_is_none_of_it(supabase_dsn: str, admin: Connection):
    """A project of another day, with other versions of the platform's services, has the same schema."""
    before = await _read(supabase_dsn)
    await admin.execute(OF_THE_PLATFORM)
    assert seen(before, await _read(supabase_dsn)) == frozenset()
