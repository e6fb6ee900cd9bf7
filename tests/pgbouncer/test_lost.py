"""The way to a PgBouncer in transaction mode is cut: there is no lock to look at, and the ledger tells all the same."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from cable import Cable, deaf_from

from migrator.config import Address, Config
from migrator.errors import WorkError
from migrator.migrating import up

pytestmark = pytest.mark.db

Connection = asyncpg.Connection

SLEEPING = "select count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"


async def until(db: Connection, query: str) -> None:
    """Wait until a query answers yes."""
    end = time.monotonic() + 10
    while not await db.fetchval(query):
        assert time.monotonic() < end, query
        await asyncio.sleep(0.02)


@pytest.fixture
async def bouncer(bounced: Callable[..., str]) -> AsyncIterator[Cable]:
    """A cable to a PgBouncer."""
    async with Cable(bounced("transaction", size=3)) as laid:
        yield laid


@pytest.fixture
async def config(bouncer: Cable, db: Connection, tmp_path: Path) -> Config:
    """Two migrations of which the second one may wait at a gate, with the address of the cable."""
    await db.execute("create table gate (seconds float)")
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001.a.sql").write_text("create table a ();")
    (folder / "0002.b.sql").write_text("create table b (); select pg_sleep(seconds) from gate;")
    return Config(root=tmp_path, database=Address(bouncer.dsn, "test"), migrations=(folder,))


async def test_cut_while_a_statement_runs(bouncer: Cable, config: Config, db: Connection):
    """The run waits until no backend is in one of its migrations, and tells what stays; the next run does the rest."""
    await db.execute("insert into gate values (60)")
    running = asyncio.create_task(up(config, allow_transaction_pooler=True))
    await until(db, SLEEPING)
    bouncer.cut()
    with pytest.raises(WorkError) as caught:
        await running
    error = caught.value
    assert (error.code, error.done) == ("connection-lost", ("0001.a",))
    assert error.outcome == "`0002.b` was rolled back; 1 migration before it stays applied"
    assert not await db.fetchval(SLEEPING)
    await db.execute("delete from gate")
    assert [done.id for done in (await up(config, allow_transaction_pooler=True)).done] == ["0002.b"]
    assert await db.fetchval("select count(*) from yoyo_lock") == 0


async def test_cut_when_the_answer_is_on_its_way(bouncer: Cable, config: Config, db: Connection):
    """Everything is committed and nothing has been heard of it: the run succeeds by what the ledger says."""
    bouncer.inward = deaf_from(b" 0 1\0")
    running = asyncio.create_task(up(config, allow_transaction_pooler=True))
    await until(db, "select to_regclass('_yoyo_log') is not null")
    await until(db, "select count(*) = 2 from _yoyo_log")
    bouncer.cut()
    assert [done.id for done in (await running).done] == ["0001.a", "0002.b"]
    assert await db.fetchval("select count(*) from yoyo_lock") == 0
