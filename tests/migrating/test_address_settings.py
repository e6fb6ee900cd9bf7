"""The settings of an address hold for the whole run: its search_path says whose ledger is read, also after a reset."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from migrator.config import Address
from migrator.events import Retrying
from migrator.migrating import down, up

pytestmark = pytest.mark.db

TWO = {
    "migrations/0001.a.sql": "create table a ();",
    "migrations/0002.b.sql": "alter table a add column b int;",
    "migrations/0002.b.rollback.sql": "alter table a drop column b;",
}


def one(dsn: str) -> Address:
    """The test's database, with a search_path in the address."""
    return Address(f"{dsn}{'&' if '?' in dsn else '?'}options=-csearch_path%3Done", "test")


async def test_what_is_read_after_a_run(project, db, dsn):
    """Migrations reset the session; what is pending afterwards is read from the same ledger as before."""
    await db.execute("create schema one")
    config = replace(project(TWO), database=one(dsn))
    await up(config)
    assert (await down(config)).pending == ("0002.b",)


async def test_what_is_read_after_a_failure(project, db, dsn):
    """A migration that met a lock is rolled back and planned again from the same ledger, and no other one is made."""
    await db.execute("create schema one")
    config = replace(project(TWO, lock_timeout=0.2, lock_retries=50), database=one(dsn))
    await up(config, to="0001")
    other, met = await asyncpg.connect(dsn), asyncio.Event()
    try:
        await other.execute("begin; lock table one.a")
        running = asyncio.create_task(up(config, emit=lambda event: met.set() if isinstance(event, Retrying) else None))
        async with asyncio.timeout(20):
            await met.wait()
        await other.execute("commit")
        result = await running
    finally:
        await other.close()
    assert [done.id for done in result.done] == ["0002.b"]
    assert await db.fetchval("select to_regclass('public._yoyo_migration')") is None
