"""A lost connection where the ledger is the CLI's table, which keeps no log: its rows and the journal tell."""

import asyncio
import time
from dataclasses import replace

import pytest
from cable import deaf_from
from clirows import journal, rows

from migrator.config import Address
from migrator.errors import WorkError
from migrator.migrating import redo, up

pytestmark = pytest.mark.db

SLEEPING = "select count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"


async def until(db, query):
    """Wait until a query answers yes."""
    end = time.monotonic() + 10
    while not await db.fetchval(query):
        assert time.monotonic() < end, query
        await asyncio.sleep(0.02)


async def test_cut_on_the_way_up_and_back(files, cable, db):
    """Cut in the second of two, then behind the last COMMIT, then in a `redo`: each time what is told is true."""
    await db.execute("create table gate (seconds float); insert into gate values (60)")
    config = files({"1_a": "create table a ()", "2_b": "create table b (); select pg_sleep(seconds) from gate"})
    config = replace(config, database=Address(cable.dsn, "test"))
    running = asyncio.create_task(up(config))
    await until(db, SLEEPING)
    cable.cut()
    with pytest.raises(WorkError) as caught:
        await running
    assert (caught.value.code, caught.value.done) == ("connection-lost", ("1_a",))
    assert caught.value.outcome == "`2_b` was rolled back; 1 migration before it stays applied"
    await db.execute("delete from gate")
    cable.inward = deaf_from(b" 0 1\0")
    running = asyncio.create_task(up(config))
    await until(db, "select count(*) = 2 from supabase_migrations.schema_migrations")
    cable.cut()
    assert [done.id for done in (await running).done] == ["2_b"]
    assert [version for version, _, _ in await rows(db)] == ["1", "2"]
    assert await journal(db) == [("1_a", "applied", True), ("2_b", "applied", True)]
    (config.root / "supabase" / "rollbacks").mkdir()
    (config.root / "supabase" / "rollbacks" / "2_b.sql").write_text("drop table b")
    before = await db.fetchval("select finished_at from migrator.journal where migration_id = '2_b'")
    cable.inward = deaf_from(b" 0 1\0")
    again = asyncio.create_task(redo(config))
    await until(db, f"select finished_at > '{before}' from migrator.journal where migration_id = '2_b'")
    cable.cut()
    assert [(done.id, done.direction) for done in (await again).done] == [("2_b", "down"), ("2_b", "up")]
