"""What the role `postgres` may do with extensions on a server that we make for Supabase."""

from pathlib import Path

import asyncpg
import pytest

import migrator

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
    """Secrets are for `postgres` and the service role; whoever has the public key of the API does not see them."""
    await postgres.execute("select vault.create_secret('s3cret', 'key'); set role service_role")
    seen = await postgres.fetchval("select decrypted_secret from vault.decrypted_secrets")
    await postgres.execute("reset role; set role anon")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for schema vault"):
        await postgres.execute("select * from vault.decrypted_secrets")
    assert seen == "s3cret"
