"""Which schemas the API serves, by every way to say so, against how PostgREST reads it."""

from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrator import verify
from migrator.config import Address, Config
from migrator.database.connect import connect
from migrator.schema.scope import Scope
from migrator.verifying.asking import surroundings

Connection = asyncpg.Connection

SCOPE = Scope(own="migrator", ledger="public", supabase=True)
HERE = """do $$ begin
execute format('alter {whose} in database %I set pgrst.db_schemas = ''shop''', current_database()); end $$;"""

SAID = {
    "": (["graphql_public", "public"], "`pgrst.db_schemas` is not set, and the default is `public, graphql_public`"),
    "alter role authenticator set pgrst.db_schemas = 'shop'": (
        ["shop"],
        "`pgrst.db_schemas` of the role `authenticator` is `shop`",
    ),
    "alter role authenticator set pgrst.db_schemas = ' My Shop ,shop,\tpublic,none'": (
        ["My Shop", "public", "shop"],
        "`pgrst.db_schemas` of the role `authenticator` is ` My Shop ,shop,\tpublic,none`",
    ),
    # PostgREST takes the quotes for a part of the name
    "alter role authenticator set pgrst.db_schemas = 'public, \"My Shop\"'": (
        ["public"],
        '`pgrst.db_schemas` of the role `authenticator` is `public, "My Shop"`',
    ),
    "alter role authenticator set pgrst.db_schemas = 'a=b'": (
        ["a=b"],
        "`pgrst.db_schemas` of the role `authenticator` is `a=b`",
    ),
    "alter role authenticator set pgrst.db_schemas = ''": (
        ["graphql_public", "public"],
        "`pgrst.db_schemas` is not set, and the default is `public, graphql_public`",
    ),
    # what is set for the role in this database comes before what is set for it everywhere
    "alter role authenticator set pgrst.db_schemas = 'public'; " + HERE.format(whose="role authenticator"): (
        ["shop"],
        "`pgrst.db_schemas` of the role `authenticator` is `shop`",
    ),
    # that of another role is not PostgREST's
    "alter role anon set pgrst.db_schemas = 'shop'": (
        ["graphql_public", "public"],
        "`pgrst.db_schemas` is not set, and the default is `public, graphql_public`",
    ),
    # what is said for this run comes before all
    "alter role authenticator set pgrst.db_schemas = 'public'; set local pgrst.db_schemas = 'shop, My Shop'": (
        ["My Shop", "shop"],
        "`pgrst.db_schemas` of this session is `shop, My Shop`",
    ),
}
"""By what is said: the schemas that are served, and what tells so."""

SCHEMAS = 'create schema shop; create schema "My Shop"; create schema "a=b"'


@pytest.fixture
def config(supabase_dsn: str) -> Config:
    """A configuration for the test's database."""
    return Config(root=Path("/"), database=Address(supabase_dsn, "test"))


async def test_what_says_which_schemas_are_served(config: Config) -> None:
    """A role's setting here, everywhere, of several names with spaces and signs, an empty one, and this run's."""
    actual = {}
    async with connect(config) as session:
        for said in SAID:
            await session.run(f"begin; {SCHEMAS}; {said}")
            around = await surroundings.look(session, SCOPE)
            actual[said] = ([*around.api_schemas], around.served)
            await session.run("rollback")
    assert actual == SAID


async def test_a_database_that_says_it(config: Config, postgres: Connection, supabase_database: str) -> None:
    """PostgREST does not ask the database; where nothing is set for its role, it is the best that anybody has said."""
    await postgres.execute(f"{SCHEMAS}; alter database {supabase_database} set pgrst.db_schemas = 'shop'")

    async def look(before: str = "") -> tuple[tuple[str, ...], str]:
        async with connect(config) as session:
            await session.run(f"begin; {before}")
            around = await surroundings.look(session, SCOPE)
            await session.run("rollback")
        return around.api_schemas, around.served

    assert await look() == (("shop",), "`pgrst.db_schemas` of this database is `shop`")
    of_role = "alter role authenticator set pgrst.db_schemas = 'public'"
    assert await look(of_role) == (("public",), "`pgrst.db_schemas` of the role `authenticator` is `public`")
    assert await look(f"{of_role}; set local pgrst.db_schemas = 'My Shop'") == (
        ("My Shop",),
        "`pgrst.db_schemas` of this session is `My Shop`",
    )


async def test_buckets_that_nobody_may_read(
    supabase_server: Path, supabase_database: str, on: Callable[..., str], admin: Connection, tmp_path: Path
) -> None:
    """Where a role may not read the rows that a check looks at, or not all, the answer names the check and says why."""
    why = {}
    await admin.execute("create role ci login")
    await admin.execute("grant usage on schema storage to ci")
    for role, grant in {
        "postgres": "select 1",
        "ci": "select 1",
        "ci ": "grant select on storage.buckets to ci",
    }.items():
        await admin.execute(grant)
        address = Address(on(supabase_server, role.strip(), supabase_database), "test")
        result = await verify(Config(root=tmp_path, database=address, migrations=(tmp_path,)))
        why[role] = [each.why for each in result.not_compared if each.what == "check V315 public_bucket_allows_listing"]
    await admin.execute("drop owned by ci; drop role ci")
    assert why == {
        "postgres": [],
        "ci": ["this role may not read `storage.buckets`"],
        "ci ": ["row level security hides rows of `storage.buckets` from this role"],
    }
