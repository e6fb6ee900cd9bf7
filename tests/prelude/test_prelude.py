"""What a database made for Supabase holds, and what `postgres` may do in it, against what the platform says."""

import json

import asyncpg
import pytest

from migrator.database.supabase import prelude

Connection = asyncpg.Connection

USER = "11111111-1111-4111-8111-111111111111"


async def test_postgres_is_no_superuser_and_owns_the_database(postgres: Connection):
    """Migrations run as a role with the attributes of the platform's, on a database that is its own."""
    role = await postgres.fetchrow(
        "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles "
        "where rolname = current_user"
    )
    rest = await postgres.fetchrow(
        "select current_user::text, pg_get_userbyid(datdba)::text, current_setting('search_path'), "
        "current_setting('wal_level') from pg_database where datname = current_database()"
    )
    assert (tuple(role), tuple(rest)) == (
        (False, True, True, True, True),
        ("postgres", "postgres", '"$user", public, extensions', "logical"),
    )


async def test_nothing_of_it_is_built_in(admin: Connection):
    """PostgreSQL holds row level security off, and leaves out of dumps, what has a number below a user's first."""
    numbers = await admin.fetchval(
        "select count(*) filter (where oid < 16384) || ' of ' || (count(*) > 50)::text from pg_class "
        "where relnamespace::regnamespace::text in ('auth', 'storage', 'realtime')"
    )
    assert numbers == "0 of true"


async def test_the_roles_of_the_api_have_the_platforms_limits(postgres: Connection):
    """A statement of `anon` has 3 seconds and one of `authenticated` 8, and neither can log in."""
    rows = await postgres.fetch(
        "select rolname::text, rolcanlogin, rolbypassrls, rolconfig from pg_roles "
        "where rolname in ('anon', 'authenticated', 'service_role') order by 1"
    )
    assert [tuple(row) for row in rows] == [
        ("anon", False, False, ["statement_timeout=3s"]),
        ("authenticated", False, False, ["statement_timeout=8s"]),
        ("service_role", False, True, None),
    ]


REFUSED = {
    "create table auth.mine (id int)": "permission denied for schema auth",
    "create table storage.mine as select 1": "permission denied for schema storage",
    "create view realtime.mine as select 1": "permission denied for schema realtime",
    "create function auth.mine() returns int language sql as 'select 1'": "permission denied for schema auth",
    "create or replace function auth.uid() returns uuid return null::uuid": "permission denied for schema auth",
    "alter table auth.users add column mine text": "must be owner of table users",
    "alter table auth.users drop column phone_change": "must be owner of table users",
    "alter table storage.objects enable row level security": "must be owner of table objects",
    "alter table storage.objects disable trigger user": "must be owner of table objects",
    "alter function auth.uid() owner to postgres": "must be owner of function uid",
    "create index mine on auth.users (phone)": "must be owner of table users",
    "create policy mine on auth.flow_state using (true)": "must be owner of table flow_state",
    "comment on table auth.users is 'mine'": "must be owner of table users",
    "drop table auth.identities": "must be owner of table identities",
    "drop function auth.email()": "must be owner of function email",
    "drop index auth.users_instance_id_idx": "must be owner of index users_instance_id_idx",
    "drop schema auth cascade": "must be owner of schema auth",
    "insert into auth.schema_migrations values ('1')": "permission denied for table schema_migrations",
}

ALLOWED = """
create policy mine on storage.objects for select using (bucket_id = 'a');
alter policy mine on storage.objects to authenticated;
comment on policy mine on storage.objects is 'ours';
drop policy mine on storage.objects

create policy mine on storage.buckets using (true)

create policy mine on realtime.messages for select to authenticated using (realtime.topic() = 'a')

create policy mine on auth.users for select using (id = auth.uid())

create function public.f() returns trigger language plpgsql as 'begin return new; end';
create trigger mine after insert on auth.users for each row execute function public.f();
drop trigger mine on auth.users;
create trigger mine after insert on storage.objects for each row execute function public.f();
drop function public.f() cascade

create table public.profile (id uuid primary key references auth.users on delete cascade);
drop table public.profile

create view public.people as select id, email from auth.users

grant select on auth.users to service_role;
grant usage on schema storage to service_role

create temp table t (id int);
drop table t

alter publication supabase_realtime owner to postgres;
create table public.t (id int);
alter publication supabase_realtime add table public.t;
alter publication supabase_realtime drop table public.t

alter role authenticator set pgrst.db_schemas = 'public, api';
alter role authenticator reset all;
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s'

set session_replication_role = replica;
set session_replication_role = origin

comment on schema public is 'standard public schema';
alter schema public owner to pg_database_owner

create extension vector with schema extensions;
create table public.t (v extensions.vector(3))

create extension moddatetime with schema extensions;
create extension if not exists pg_stat_statements

create role app_reader nologin;
grant app_reader to authenticator;
drop role app_reader

create schema api;
grant usage on schema api to anon;
alter default privileges in schema api grant select on tables to anon;
drop schema api cascade
""".strip().split("\n\n")


async def test_what_the_services_own_is_closed_to_ddl(postgres: Connection):
    """Supabase has forbidden DDL in auth, storage and realtime since April 2025, and here it is 42501, too."""
    found = {}
    for sql in REFUSED:
        try:
            await postgres.execute(sql)
        except asyncpg.InsufficientPrivilegeError as error:
            found[sql] = error.args[0]
    assert found == REFUSED


async def test_what_the_platform_allows_works(postgres: Connection):
    """Policies and triggers on the listed tables, and everything else that migrations of projects do."""
    refused = {}
    for sql in ALLOWED:
        await postgres.execute("begin")
        try:
            await postgres.execute(sql)
        except asyncpg.PostgresError as error:
            refused[sql] = error.args[0]
        await postgres.execute("rollback")
    assert refused == {}


async def test_an_extension_that_the_platform_keeps_back_stays_a_superusers(postgres: Connection):
    """`file_fdw` reads files of the server: no project has it."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied to create extension"):
        await postgres.execute("create extension file_fdw")


async def test_who_asks_is_told_by_the_token(postgres: Connection):
    """`auth.uid()`, `role()`, `email()` and `jwt()` read the claims that the API sets; without any they are null."""
    sql = "select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'sub'"
    async with postgres.transaction():
        claims = json.dumps({"sub": USER, "role": "authenticated", "email": "ada@example.com"})
        await postgres.execute("select set_config('request.jwt.claims', $1, true)", claims)
        await postgres.execute("set local role authenticated")
        inside = await postgres.fetchrow(sql)
    outside = await postgres.fetchrow(sql)
    assert (tuple(inside), tuple(outside)) == (
        (USER, "authenticated", "ada@example.com", USER),
        (None, None, None, None),
    )


async def test_names_of_objects_are_taken_apart(postgres: Connection):
    """Policies on storage ask for the folders, the file and the extension of a name."""
    row = await postgres.fetchrow(
        "select storage.foldername(n), storage.filename(n), storage.extension(n) from (values ('a/b/c.tar.gz')) v (n)"
    )
    assert tuple(row) == (["a", "b"], "c.tar.gz", "gz")


async def test_objects_are_not_deleted_by_hand(postgres: Connection):
    """A row deleted by SQL would leave its file behind: the platform refuses, and so do we."""
    await postgres.execute("insert into storage.buckets (id, name) values ('a', 'a')")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="Direct deletion from storage tables is not allowed"):
        await postgres.execute("delete from storage.buckets")


async def test_an_address_is_one_persons_except_by_single_sign_on(postgres: Connection):
    """The index on `auth.users.email` is unique for people without single sign-on alone."""
    row = "insert into auth.users (id, email, is_sso_user) values (gen_random_uuid(), 'ada@example.com', {})"
    for sso in ("true", "true", "false"):
        await postgres.execute(row.format(sso))
    with pytest.raises(asyncpg.UniqueViolationError, match="users_email_partial_key"):
        await postgres.execute(row.format("false"))
    columns = await postgres.fetchval(
        "select count(*) from information_schema.columns where table_schema = 'auth' and table_name = 'users'"
    )
    assert columns == 35


async def _open(connection: Connection, name: str) -> tuple[bool, ...]:
    await connection.execute(f"create table public.{name} (id serial)")
    row = await connection.fetchrow(
        f"select has_table_privilege('anon', 'public.{name}', 'select'), "
        f"has_table_privilege('authenticated', 'public.{name}', 'insert'), "
        f"has_sequence_privilege('service_role', 'public.{name}_id_seq', 'usage')"
    )
    return tuple(row)


async def test_rights_that_the_api_has_no_use_for_stay(postgres: Connection):
    """The platform takes back what the API uses alone, and so do we: the same migrations give the same rights."""
    await postgres.execute("create table public.t (id serial); create function public.f() returns int return 1")
    rights = await postgres.fetchval(
        "select string_agg(a.privilege_type, ' ' order by a.privilege_type) from pg_class c, aclexplode(c.relacl) a "
        "where c.oid = 'public.t'::regclass and a.grantee = 'anon'::regrole and a.privilege_type <> 'MAINTAIN'"
    )
    function = await postgres.fetchrow(
        "select proacl::text, has_function_privilege('anon', oid, 'execute') from pg_proc "
        "where oid = 'public.f'::regproc"
    )
    assert (rights, tuple(function)) == ("REFERENCES TRIGGER TRUNCATE", (None, True))


async def test_grants_of_either_era(admin: Connection, postgres: Connection):
    """New tables in `public` are closed to the API, as since 2026-10-30, or open, as before; and it can be changed."""
    closed = await _open(postgres, "a")
    await admin.execute(prelude.script(automatic_grants=True))
    opened = await _open(postgres, "b")
    await admin.execute(prelude.script(automatic_grants=False))
    again = await _open(postgres, "c")
    assert (closed, opened, again) == ((False,) * 3, (True,) * 3, (False,) * 3)


CATALOG = """select array_agg(what order by what) from (
    select format('class %s %s', c.oid::regclass, c.relacl) as what from pg_class c
    where c.relnamespace::regnamespace::text in ('auth', 'storage', 'realtime', 'supabase_functions')
    union all select format('routine %s %s %s', oid, proname, proacl) from pg_proc
    where pronamespace::regnamespace::text in ('auth', 'storage', 'realtime', 'extensions', 'graphql_public')
    union all select format('schema %s %s', nspname, nspacl) from pg_namespace
    union all select format('default %s %s', oid, defaclacl) from pg_default_acl
    union all select format('trigger %s %s', oid, tgname) from pg_trigger
    union all select format('member %s %s', roleid::regrole, member::regrole) from pg_auth_members) found"""


async def test_the_prelude_again_changes_nothing(admin: Connection, postgres: Connection):
    """It may be run over itself, and over what a project has made: objects, rights and rows stay the same ones."""
    await postgres.execute(
        "insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.com');"
        "create policy mine on storage.objects for select using (true)"
    )
    before = await admin.fetchval(CATALOG)
    await admin.execute(prelude.script(automatic_grants=False))
    after = await admin.fetchval(CATALOG)
    rows = await admin.fetchval("select count(*) from auth.users")
    policies = await admin.fetchval("select count(*) from pg_policy")
    assert (after, rows, policies) == (before, 1, 1)
