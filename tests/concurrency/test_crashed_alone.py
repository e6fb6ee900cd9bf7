"""The server crashes under files without a transaction: the next run finds out what is done, and does the rest."""

import asyncio
import random
from pathlib import Path

import asyncpg
import pytest
from crashing import Server
from stepped import TABLES, all_valid, indexes, write
from traces import books, trace, until, whole

from migrator.config import Address, Config
from migrator.errors import MigratorError
from migrator.migrating import up

pytestmark = pytest.mark.db


@pytest.fixture
async def config(server: Server, tmp_path: Path) -> Config:
    """A project on an empty database of that server."""
    db = await asyncpg.connect(server.dsn, statement_cache_size=0)
    await db.execute("drop schema public cascade; drop schema if exists migrator cascade; create schema public")
    await db.close()
    return Config(root=tmp_path, database=Address(server.dsn, "test"), migrations=(tmp_path / "migrations",))


async def ends(running: "asyncio.Task[object]") -> None:
    """Wait for a run that has lost its server, or was done before."""
    try:
        await running
    except MigratorError as error:
        assert error.code in {"connection-lost", "connection-refused", "server-starting"}, error  # noqa: PT017


async def is_whole(server: Server, config: Config, marks: list[str], count: int) -> None:
    """A last run finishes the work, and everything is there once."""
    await up(config)
    db = await asyncpg.connect(server.dsn, statement_cache_size=0)
    try:
        assert await trace(db) == marks
        assert await indexes(db) == all_valid(count)
        assert await books(db) == whole(count)
    finally:
        await db.close()


async def test_a_crash_while_an_index_is_built(server: Server, config: Config) -> None:
    """It is INVALID when the server is back, and the next run drops it and builds it again."""
    db, reader = await asyncpg.connect(server.dsn), await asyncpg.connect(server.dsn)
    marks = await write(db, config.migrations[0], 3)
    await reader.execute("begin isolation level repeatable read; select count(*) from load")
    running: asyncio.Task[object] = asyncio.create_task(up(config))
    # its own transaction is on the disk: the build flushes it before it waits for others
    await until(db, "select exists (select from pg_index where indexrelid = to_regclass('load_2_a') and indisready)")
    await asyncio.to_thread(server.crash)
    for connection in (db, reader):
        connection.terminate()
    await ends(running)
    db = await asyncpg.connect(server.dsn, statement_cache_size=0)
    assert await indexes(db) == [("load_2_a", False)]
    assert await db.fetchval("select state from migrator.journal where migration_id = '0002.step'") == "partial-unsure"
    await db.close()
    await is_whole(server, config, marks, 3)


async def test_a_crash_at_any_moment(server: Server, config: Config, trials: int) -> None:
    """Whatever the crash takes back is done by the next run, and nothing twice."""
    moments = random.Random("crash")  # noqa: S311 - moments, no secrets
    db = await asyncpg.connect(server.dsn, statement_cache_size=0)
    marks = await write(db, config.migrations[0], 4)
    for _ in range(trials):
        seen = await trace(db)
        if seen == marks:
            await db.execute(
                f"drop schema migrator cascade; drop schema public cascade; create schema public; {TABLES}"
            )
            seen = []
        running: asyncio.Task[object] = asyncio.create_task(up(config))
        goal = moments.randint(len(seen), len(marks) - 1)
        while not running.done():
            if len(await trace(db)) > goal:
                break
            await asyncio.sleep(0.001)
        await asyncio.sleep(moments.uniform(0, 0.03))
        await asyncio.to_thread(server.crash)
        db.terminate()
        await ends(running)
        db = await asyncpg.connect(server.dsn, statement_cache_size=0)
        seen = await trace(db)
        assert seen == marks[: len(seen)]
    await db.close()
    await is_whole(server, config, marks, 4)
