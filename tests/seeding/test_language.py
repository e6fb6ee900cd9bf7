"""Seeding as a role that may not use PL/pgSQL."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from migrator import seed
from migrator.config import Address, Config
from migrator.errors import MigratorError, UnavailableError

Project = Callable[..., Config]
Connection = asyncpg.Connection


@pytest.fixture
async def seeder(db: Connection) -> AsyncIterator[str]:
    """A role that may do everything in the database but PL/pgSQL, for which it needs the right of its own."""
    database = await db.fetchval("select current_database()")
    name = f"seeder_{database}"
    await db.execute(
        f"create role {name} login password '{name}'; grant create on database {database} to {name};"
        "revoke usage on language plpgsql from public; create table a (id int primary key);"
        f"create table b (id int primary key); grant all on a, b to {name}"
    )
    yield name
    await db.execute(f"drop owned by {name} cascade; drop role {name}")


async def test_the_way_out(project: Project, db: Connection, seeder: str, address_as: Callable[[str], Address]):
    """The first run and later ones name the right and the statement that gives it; then everything is loaded."""
    files = {f"seeds/{name}.yaml": f"{name}:\n  - id: 1\n" for name in "ab"}
    config = project(files, database=address_as(seeder))

    async def refused() -> None:
        with pytest.raises(UnavailableError) as caught:
            await seed(config)
        assert (caught.value.message, caught.value.code, caught.value.outcome, caught.value.hint) == (
            f"`{seeder}` may not use PL/pgSQL, in which seeds are compared and written",
            "missing-rights",
            "nothing was loaded",
            f'an administrator must run: `grant usage on language plpgsql to "{seeder}"`',
        )

    await refused()
    assert await db.fetchval("select count(*) from pg_namespace where nspname = 'migrator'") == 0
    await db.execute(f'grant usage on language plpgsql to "{seeder}"')
    assert [file.state for file in (await seed(config)).files] == ["loaded", "loaded"]
    await db.execute(f"revoke usage on language plpgsql from {seeder}")
    project({name: text + "  - id: 2\n" for name, text in files.items()})
    await refused()


async def test_another_right_is_called_otherwise(
    project: Project, db: Connection, seeder: str, address_as: Callable[[str], Address]
):
    """A table that may not be written is told as that."""
    await db.execute(f"grant usage on language plpgsql to {seeder}; revoke insert on a from {seeder}")
    config = project({"seeds/a.yaml": "a:\n  - id: 1\n"}, database=address_as(seeder))
    with pytest.raises(MigratorError) as caught:
        await seed(config)
    assert (caught.value.code, caught.value.sqlstate, caught.value.hint) == (
        "row-refused",
        "42501",
        "seed as a role that may write this table",
    )
