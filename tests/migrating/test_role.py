"""`role`: who owns what a run makes, and that each login which may be the role can go on."""

from collections.abc import Callable
from dataclasses import replace

import asyncpg
import pytest

from migrator.config import Address, Config
from migrator.errors import UnavailableError
from migrator.migrating import up
from migrator.seeding import seed

Project = Callable[..., Config]
Connection = asyncpg.Connection  # type: ignore[type-arg]
AddressAs = Callable[[str], Address]


async def test_a_role_owns_what_migrations_make(project: Project, db: Connection):
    """With `role`, tables belong to it; so do the ledger and our own where it could have made them, else the login."""
    await db.execute("create role maker; grant create on schema public to maker")
    try:
        await up(project({"migrations/0001.a.sql": "create table a ()"}, role="maker"))
        assert await owners(db) == {
            "maker": ["_yoyo_log", "_yoyo_migration", "_yoyo_version", "a", "yoyo_lock"],
            "postgres": ["journal", "migrator", "seed", "setting", "snapshot"],
        }
    finally:
        await db.execute("drop owned by maker cascade; drop role maker")


async def owners(db: Connection) -> dict[str, list[str]]:
    """Who owns what in `public`, and of our schema."""
    rows = await db.fetch(
        'select pg_get_userbyid(owner) as owner, array_agg(name::text order by name::text collate "C") as names from ('
        "select relowner, relname from pg_class where relkind = 'r' and relnamespace::regnamespace::text in "
        "('public', 'migrator') union all select nspowner, nspname from pg_namespace where nspname = 'migrator') "
        "t (owner, name) group by 1"
    )
    return {row["owner"]: row["names"] for row in rows}


@pytest.mark.parametrize("kind", ["inherit", "noinherit"])
async def test_another_login_of_the_same_role_goes_on(
    project: Project, db: Connection, address_as: AddressAs, kind: str
):
    """Two logins that may be the role share one database, seeds included; one that inherits nothing keeps its own."""
    name = await db.fetchval("select current_database()")
    await db.execute("create role maker; create role one login password 'one'; create role two login password 'two'")
    await db.execute(f"alter role one {kind}; grant maker to one, two; grant create on schema public to maker, one")
    await db.execute(f"grant create on database {name} to maker, one")
    seeds = {"seeds/a.yaml": "a:\n  - id: 1\n"}
    try:
        first = project({"migrations/0001.a.sql": "create table a (id int primary key)"}, role="maker")
        await up(replace(first, database=address_as("one")))
        found = await owners(db)
        second = project(
            {"migrations/0002.b.sql": "create table b ()", **seeds}, role="maker", database=address_as("two")
        )
        if kind == "inherit":
            done = (await up(second)).done
            seeded = await seed(second)
            assert (list(found), [each.id for each in done], [file.state for file in seeded.files]) == (
                ["maker"],
                ["0002.b"],
                ["loaded"],
            )
        else:
            assert found["maker"] == ["a"]
            with pytest.raises(UnavailableError) as caught:
                await up(second)
            assert caught.value.code == "missing-rights"
            mine = project({"migrations/0002.b.sql": "create table b ()"}, role="maker", database=address_as("one"))
            assert [each.id for each in (await up(mine)).done] == ["0002.b"]
    finally:
        await db.execute("drop owned by maker, one, two cascade; drop role maker, one, two")
