"""What the role `postgres` may do with extensions on a server that we make for Supabase."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

import migrator
from migrator.database.postgres import programs
from migrator.database.supabase import trusted

STAND_INS = Path(migrator.__file__).parent / "database" / "supabase" / "extensions"

MOVES = """
create extension vector with schema public;
create extension citext;
create extension hypopg;
create table item (name citext unique, place vector(3));
alter extension vector set schema extensions;
alter extension citext set schema extensions;
alter extension hypopg set schema extensions;
alter extension "uuid-ossp" set schema public;
alter extension pg_stat_statements set schema public;
comment on extension pgcrypto is 'cryptographic functions';
drop extension hypopg;
drop extension if exists "uuid-ossp";
create extension "uuid-ossp" with schema extensions;
insert into item values ('a', '[1,2,3]');
"""


async def test_extensions_are_moved_commented_and_dropped(postgres: asyncpg.Connection):
    """What every project has, and what a migration made, `postgres` moves, comments, drops and makes again."""
    await postgres.execute(MOVES)
    found = await postgres.fetch(
        "select extname, extnamespace::regnamespace::text from pg_extension where extname <> 'plpgsql' order by 1"
    )
    assert [tuple(row) for row in found] == [
        ("citext", "extensions"),
        ("pg_stat_statements", "public"),
        ("pgcrypto", "extensions"),
        ("supabase_vault", "vault"),
        ("uuid-ossp", "extensions"),
        ("vector", "extensions"),
    ]


async def test_a_foreign_server_can_be_made(postgres: asyncpg.Connection):
    """postgres_fdw, which PostgreSQL keeps for superusers, is created and its wrapper used, as on the platform."""
    await postgres.execute(
        "create extension postgres_fdw with schema extensions;"
        "create server other foreign data wrapper postgres_fdw options (host 'db.example.com');"
        "create user mapping for postgres server other options (user 'ada', password 'x');"
        "create foreign table remote (id int) server other"
    )
    assert await postgres.fetchval("select count(*) from pg_foreign_table") == 1


SETTLED = """
create extension if not exists pg_cron with schema extensions;
grant usage on schema cron to postgres;
grant all privileges on all tables in schema cron to postgres;
grant usage on schema cron to service_role;
create extension if not exists pg_net with schema extensions;
grant usage on schema net to postgres, anon, authenticated, service_role;
grant execute on all functions in schema net to service_role;
create extension if not exists pgmq;
select pgmq.create('jobs');
alter table pgmq.q_jobs enable row level security;
create policy "Workers see jobs" on pgmq.q_jobs to authenticated using (true);
alter table pgmq.meta enable row level security;
grant all on all tables in schema pgmq to service_role;
create extension if not exists pgaudit with schema extensions;
alter role postgres set pgaudit.log to 'all';
alter role postgres reset pgaudit.log;
"""


async def test_what_migrations_do_behind_an_extension(postgres: asyncpg.Connection):
    """Grants, policies and settings that projects write behind `create extension` work; pg_cron is in `pg_catalog`."""
    await postgres.execute(SETTLED)
    place = await postgres.fetchval(
        "select extnamespace::regnamespace::text from pg_extension where extname = 'pg_cron'"
    )
    await postgres.execute("drop extension pg_cron")
    left = await postgres.fetchval("select to_regnamespace('cron')")
    assert (place, left) == ("pg_catalog", None)


async def test_all_stand_ins_are_there(postgres: asyncpg.Connection):
    """`postgres` creates every stand-in on a server of ours; where there is a real extension, that one is taken."""
    names = sorted(path.stem for path in STAND_INS.glob("*.control"))
    for name in names:
        await postgres.execute(f'create extension if not exists "{name}" cascade')
    told = await postgres.fetch(
        "select name, comment from pg_available_extensions where name = any ($1) or name in ('vector', 'pg_trgm')",
        names,
    )
    real = sorted(row["name"] for row in told if not row["comment"].startswith("stand-in of "))
    assert (len(told) - len(real), real) == (len(names), ["pg_trgm", "vector"])


async def test_the_vault_is_closed_to_the_api(postgres: asyncpg.Connection):
    """Secrets are for `postgres` and the service role, written by functions; the key of the API sees none."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for table secrets"):
        await postgres.execute("insert into vault.secrets (secret) values ('by hand')")
    await postgres.execute("select vault.create_secret('s3cret', 'key'); set role service_role")
    seen = await postgres.fetchval("select decrypted_secret from vault.decrypted_secrets")
    await postgres.execute("reset role; set role anon")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for schema vault"):
        await postgres.execute("select * from vault.decrypted_secrets")
    assert seen == "s3cret"


async def test_an_older_version_can_be_asked_for(postgres: asyncpg.Connection):
    """`supabase db diff` writes the version of its day behind an extension; such a migration replays."""
    await postgres.execute("create extension if not exists pg_net with schema extensions version '0.7.1'")
    first = await postgres.fetchval("select extversion from pg_extension where extname = 'pg_net'")
    await postgres.execute("alter extension pg_net update")
    second = await postgres.fetchval("select extversion from pg_extension where extname = 'pg_net'")
    assert (first, second) == ("0.7.1", "0.19.5")


async def test_statements_are_counted(postgres: asyncpg.Connection):
    """pg_stat_statements, which every project has, counts here as on the platform."""
    await postgres.execute("select 'counted' as marker")
    assert await postgres.fetchval("select count(*) from pg_stat_statements where query like '%as marker%'") > 0


async def test_files_are_laid_out_anew(folder: Path):
    """What is laid out is for the programs of now alone, also below a path that the setting cannot hold."""
    directory = folder / "a:b" / "pg"
    directory.mkdir(parents=True)
    installed = programs.find(directory)
    *loaded, option, setting = trusted.lay_out(directory, installed)
    place = Path(setting.partition("=")[2].removesuffix(":$system"))
    stale = place / "extension" / "gone.control"
    stale.write_text("comment = 'of other programs'")
    again = trusted.lay_out(directory, installed)
    made = {path.name: path.stat().st_uid for path in (place / "extension").iterdir()}
    owner = installed.account.uid if installed.account else os.geteuid()
    shutil.rmtree(place.parent)
    assert (loaded[1], option, ":" in str(place), again[3] == setting, {*made.values()}) == (
        "shared_preload_libraries=pg_stat_statements",
        "-c",
        False,
        True,
        {owner},
    )
    assert {*made} >= {"pgcrypto.control", "pgcrypto--1.3.sql", "pg_net--0.7.1.sql", "vector.control", "citext.control"}
    assert {*made}.isdisjoint({"gone.control", "file_fdw.control", "vector--0.8.0.sql"})


async def test_what_older_programs_lack_is_named(folder: Path):
    """Before PostgreSQL 18 there are no stand-ins: what is missing for that is told, and what contrib has is not."""
    installed = replace(programs.find(folder), version="17.2")
    missing = trusted.lacking(installed)
    assert (trusted.lay_out(folder, installed), "pgcrypto" in missing, "vector" in missing) == (
        ["-c", "shared_preload_libraries=pg_stat_statements"],
        True,
        False,
    )


async def test_a_real_extension_wins(folder: Path):
    """Where the programs have an extension for real, its own control file and scripts are taken, and trusted."""
    real = folder / "share" / "extension"
    real.mkdir(parents=True)
    (real / "pgcrypto.control").write_text("comment = 'cryptographic functions'\ndefault_version = '1.4'\n")
    installed = replace(programs.find(folder), folder=folder / "bin")
    trusted.lay_out(folder, installed)
    made = folder / trusted.FOLDER / "extension"
    assert (
        (made / "pgcrypto.control").read_text(),
        list(made.glob("pgcrypto--*")),
        (made / "uuid-ossp.control").read_text().startswith("comment = 'stand-in of uuid-ossp"),
    ) == (
        f"comment = 'cryptographic functions'\ndefault_version = '1.4'\ntrusted = true\ndirectory = '{real}'\n",
        [],
        True,
    )
