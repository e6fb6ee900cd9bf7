"""The cases that every tutorial on seeding PostgreSQL from Python meets."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Config
from migrator.database.connect import connect
from migrator.database.sessions.opening import pool
from migrator.errors import WorkError
from migrator.seeding import seed

USERS = """\
users:
  - {user_id: 1, first_name: Tomas, last_name: Svojanovsky}
  - {user_id: 2, first_name: John,  last_name: Doe}
"""


async def test_two_queries_at_once_on_one_connection_fail(db):
    """A connection runs one query at a time: a second one that is sent meanwhile is an InterfaceError."""
    with pytest.raises(asyncpg.InterfaceError, match="another operation is in progress"):
        await asyncio.gather(db.execute("select pg_sleep(0.2)"), db.execute("select pg_sleep(0.2)"))


async def test_the_pool_serves_queries_at_once(project: Callable[..., Config]):
    """The same two queries through the pool run side by side, each on a connection of its own."""

    async def pid(size: int) -> list[int]:
        async with connect(project()) as first, pool(first.target, size) as sessions:

            async def one() -> int:
                async with sessions.session() as session:
                    await session.run("select pg_sleep(0.2)")
                    return session.pid

            return await asyncio.gather(one(), one())

    first, second = await pid(2)
    assert first != second


async def test_the_rows_of_a_file_are_committed(run, users):
    """What a file holds is in the table, for every other connection to see, once `seed` returns."""
    outcomes = await run({"users.yaml": USERS})
    rows = await users.fetch("select user_id, first_name, last_name from users order by user_id")
    assert [tuple(row) for row in rows] == [(1, "Tomas", "Svojanovsky"), (2, "John", "Doe")]
    assert outcomes["users.yaml"].state == "loaded"
    assert outcomes["users.yaml"].tables["users"].inserted == 2


async def test_a_duplicate_key_rolls_the_whole_file_back(project, users):
    """A key that is taken is PostgreSQL's error at the YAML line, and nothing of the file stays."""
    await users.execute("insert into users values (1, 'Ada', 'Lovelace', 'ada@example.com')")
    config = project(
        {
            "seeds/users.yaml": (
                "users:\n"
                "  key: email\n"
                "  rows:\n"
                "    - {user_id: 7, first_name: John, last_name: Doe, email: john@example.com}\n"
                "    - {user_id: 1, first_name: Tomas, last_name: Svojanovsky, email: tomas@example.com}\n"
            )
        }
    )
    with pytest.raises(WorkError) as caught:
        await seed(config)
    error = caught.value
    assert error.sqlstate == "23505"
    assert error.detail == (
        'duplicate key value violates unique constraint "users_pkey" (23505): Key (user_id)=(1) already exists.'
    )
    assert error.where is not None
    assert (Path(error.where.path).name, error.where.line, error.where.column) == ("users.yaml", 5, 17)
    assert error.where.excerpt[error.where.column - 1 :].startswith("1, first_name: Tomas")
    assert error.outcome == f"`{error.where.path}` was rolled back"
    assert error.done == ()
    assert await users.fetchval("select array_agg(first_name) from users") == ["Ada"]
    assert await users.fetchval("select count(*) from migrator.seed") == 0
