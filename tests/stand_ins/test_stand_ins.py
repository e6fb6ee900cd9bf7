"""The extensions that a Supabase project expects and that the embedded server lacks, played by SQL of ours."""

import re
from collections.abc import Callable
from typing import Any

import asyncpg
from standing import FOLDER, NAMES, version

from migrator.config import Address, Config
from migrator.migrating import up

SCHEMAS = {
    "pg_cron": "pg_catalog",
    "pg_graphql": "graphql",
    "pg_tle": "pgtle",
    "pgmq": "pgmq",
    "pgsodium": "pgsodium",
    "supabase_vault": "vault",
}
"""What has a schema of its own, as the real one has; all others go where the statement says."""

RELOCATABLE = {
    *("hypopg", "index_advisor", "pg_hashids", "pg_stat_monitor", "pgaudit", "pgcrypto", "pgtap", "rum", "uuid-ossp"),
    "wrappers",
}
"""The real ones are: nix/tests/expected/z_17_ext_interface.out of https://github.com/supabase/postgres."""


async def test_each_can_be_made_dropped_and_made_again(theirs: Any, db: Any):
    """Every stand-in lives through the statements that migrations hold, in the hands of a role that is no superuser.

    Moved to another schema they are by a superuser: PostgreSQL asks for the ownership of each function, also of a
    trusted extension of its own.
    """
    told = {}
    for name in NAMES:
        place = "" if name in SCHEMAS else "with schema extensions"
        await theirs.execute(f'create extension "{name}" {place} cascade')
        await theirs.execute(f'drop extension "{name}"')
        await theirs.execute(f"create extension if not exists \"{name}\" {place} version '{version(name)}' cascade")
        await theirs.execute(f"comment on extension \"{name}\" is 'ours'")
        row = await theirs.fetchrow(
            "select extrelocatable, extnamespace::regnamespace::text as schema, extowner::regrole::text as owner,"
            " (select comment from pg_available_extensions where name = extname) as comment"
            " from pg_extension where extname = $1",
            name,
        )
        told[name] = (row["extrelocatable"], row["schema"], row["owner"], row["comment"].partition(":")[0])
        if row["extrelocatable"]:
            await theirs.execute(f'create schema "to {name}"')
            await db.execute(f'alter extension "{name}" set schema "to {name}"')
            await db.execute(f'alter extension "{name}" set schema extensions')
    assert told == {
        name: (
            name in RELOCATABLE,
            SCHEMAS.get(name, "extensions"),
            "stand_in_owner",
            f"stand-in of {name} made by migrator",
        )
        for name in NAMES
    }


CALLS = """
select p.oid::regprocedure::text as signature, p.prokind, e.extname as extension,
    format(
        'select %I.%I(%s)', n.nspname, p.proname,
        (select string_agg(
            case when p.provariadic <> 0 and i.n = p.pronargs then 'variadic ' else '' end || 'null::'
            || case when t.typtype = 'p' then 'int' else i.type::regtype::text end, ', ' order by i.n)
        from unnest(p.proargtypes) with ordinality i (type, n) join pg_type t on t.oid = i.type)
    ) as call
from pg_extension e
join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
    and d.classid = 'pg_proc'::regclass
join pg_proc p on p.oid = d.objid
join pg_namespace n on n.oid = p.pronamespace
where e.extname <> 'plpgsql' and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and not (p.proargtypes::oid[] @> array['internal'::regtype::oid])
order by 3, 1
"""


async def test_each_function_works_or_says_that_it_does_not(theirs: Any, db: Any):
    """What a stand-in cannot do raises 0A000, names the function and the extension, and tells the way out."""
    for name in NAMES:
        await theirs.execute(f'create extension if not exists "{name}" cascade')
    calls = await db.fetch(CALLS)
    wrong, raising = [], 0
    for row in calls:
        try:
            await db.execute(row["call"])
        except asyncpg.FeatureNotSupportedError as error:
            raising += 1
            name = row["call"].removeprefix("select ").partition("(")[0]
            expected = f"{name}() does not work in this server: its {row['extension']} is a stand-in"
            if not expected.endswith(error.message) or "docker:supabase/postgres" not in str(error.hint):
                wrong.append((row["call"], error.message, error.hint))
        except asyncpg.PostgresError as error:
            # what works complains of null arguments in its own words
            if error.sqlstate not in {"22004", "23502", "P0001", "42501", "XX000", "22023", "42P01"}:
                wrong.append((row["call"], error.sqlstate, error.message))
    assert (wrong, raising > 150, len(calls) > 300) == ([], True, True)


PROJECT = """
create schema if not exists extensions;
create schema if not exists graphql;
create schema if not exists vault;
create schema if not exists pgmq;
create extension if not exists "pg_cron" with schema "pg_catalog";
create extension if not exists "pg_graphql" with schema "graphql";
create extension if not exists "pg_net" with schema "extensions";
create extension if not exists "pgcrypto" with schema "extensions";
create extension if not exists "pgjwt" with schema "extensions";
create extension if not exists "supabase_vault" with schema "vault";
create extension if not exists "uuid-ossp" with schema "extensions";
create extension if not exists "http" with schema "extensions";
create extension if not exists "hypopg" with schema "extensions";
create extension if not exists "index_advisor" with schema "extensions";
create extension if not exists "pg_jsonschema" with schema "extensions";
create extension if not exists "pgmq" with schema "pgmq";
create extension if not exists "pg_trgm" with schema "extensions";
create extension if not exists "citext" with schema "extensions";
comment on extension "uuid-ossp" is 'generate universally unique identifiers (UUIDs)';
drop extension if exists "pg_net";
"""

FIRST_TABLES = """
create table person (
    id uuid primary key default uuid_generate_v4(),
    token text not null default encode(extensions.gen_random_bytes(32), 'hex'),
    secret text not null,
    email citext unique
);
comment on table person is e'@graphql({"totalCount": {"enabled": true}})';
select cron.schedule('clean', '0 * * * *', $$delete from person where email is null$$);
insert into person (secret, email) values (crypt('password123', gen_salt('bf')), 'ada@example.com');
"""


async def test_a_project_replays(
    project: Callable[..., Config], owner: str, address_as: Callable[[str], Address], db: Any
):
    """What `supabase db pull` writes about extensions, and a first migration on them, apply as a role without power."""
    config = project(
        {"migrations/0001.extensions.sql": PROJECT, "migrations/0002.first.sql": FIRST_TABLES},
        database=address_as(owner),
    )
    done = await up(config)
    row = await db.fetchrow(
        "select length(token) as token, secret = extensions.crypt('password123', secret) as right,"
        " (select count(*) from cron.job) as jobs, (select count(*) from pg_extension) as extensions from person"
    )
    assert ([each.id for each in done.done], dict(row)) == (
        ["0001.extensions", "0002.first"],
        {"token": 64, "right": True, "jobs": 1, "extensions": 14},
    )


def as_sql(name: str) -> str:
    """A stand-in's script as a superuser runs it without `create extension`, in a schema `stand_in`."""
    script = (FOLDER / f"{name}--{version(name)}.sql").read_text()
    changes = {
        r"^\\.*$": "",
        r"@extschema@": "stand_in",
        r"'?@extowner@'?": "current_user",
        r"^select pg_extension_config_dump.*$": "",
    }
    for pattern, text in changes.items():
        script = re.sub(pattern, text, script, flags=re.MULTILINE)
    return script


async def test_each_script_runs_on_this_major_version(db: Any):
    """In a container any PostgreSQL from 14 on creates a stand-in: each script runs on the server of these tests."""
    empty = []
    for name in NAMES:
        schema = SCHEMAS.get(name, "stand_in")
        await db.execute("begin; create schema stand_in; set local search_path = stand_in")
        if schema not in {"stand_in", "pg_catalog"}:
            await db.execute(f"create schema {schema}")
        if name == "pgjwt":
            await db.execute(as_sql("pgcrypto"))
        await db.execute(as_sql(name))
        own = "select count(*) from pg_proc where pronamespace::regnamespace::text = any ($1)"
        if not await db.fetchval(own, ["stand_in", "net", "cron", "repack", schema]):
            empty.append(name)
        await db.execute("rollback")
    assert empty == []
