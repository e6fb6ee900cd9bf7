"""`seed --atomic`: all files in one transaction, in the order in which they would load, or nothing."""

import asyncio

import asyncpg
import pytest

from migrator.errors import WorkError
from migrator.events import FileLoaded
from migrator.seeding import seed

SHOP = """
create table users (id int generated always as identity primary key, email text unique);
create table posts (id int primary key, by int not null references users, title text);
"""
FILES = {
    "seeds/a.yaml": "posts:\n  - {id: 1, by: {email: ada@x}, title: a}\n",
    "seeds/b.yaml": "users:\n  - {email: ada@x}\n",
    "seeds/c.yaml": "posts:\n  - {id: 2, by: {email: ada@x}, title: c}\n",
}


@pytest.fixture
async def shop(db: asyncpg.Connection) -> asyncpg.Connection:
    """Users and their posts."""
    await db.execute(SHOP)
    return db


async def test_all_files_are_one_transaction(shop, project):
    """In the order of their references, on one connection, with one transaction id, and told when it is committed."""
    events = []
    result = await seed(project(FILES), atomic=True, emit=events.append)
    assert [file.state for file in result.files] == ["loaded", "loaded", "loaded"]
    rows = "select count(distinct xmin::text) from (select xmin from users union all select xmin from posts union all"
    assert await shop.fetchval(f"{rows} select xmin from migrator.seed) _") == 1
    assert len([event for event in events if isinstance(event, FileLoaded)]) == 3
    again = await seed(project(), atomic=True)
    assert {file.state for file in again.files} == {"unchanged"}


async def test_a_failure_takes_everything_back(shop, project):
    """The error is at its place and says that nothing was loaded; the ledger knows no file."""
    config = project({**FILES, "seeds/d.yaml": "posts:\n  - {id: 3, by: 99}\n"})
    events = []
    with pytest.raises(WorkError) as raised:
        await seed(config, atomic=True, emit=events.append)
    error = raised.value
    assert (error.where.path.rpartition("/")[2], error.where.line, error.done, error.outcome) == (
        "d.yaml",
        2,
        (),
        "nothing was loaded: every file of this run was rolled back",
    )
    assert [event for event in events if isinstance(event, FileLoaded)] == []
    assert await shop.fetchval("select (select count(*) from users) + (select count(*) from posts)") == 0
    assert await shop.fetchval("select count(*) from migrator.seed") == 0


async def test_two_runs_at_once(shop, project):
    """One loads, the other finds it loaded: nothing twice, no deadlock."""
    config = project(FILES)
    results = await asyncio.gather(*(seed(config, atomic=True) for _ in range(4)))
    states = sorted({file.state for file in result.files}.pop() for result in results)
    assert states == ["loaded", "unchanged", "unchanged", "unchanged"]
    assert await shop.fetchval("select count(*) from posts") == 2
