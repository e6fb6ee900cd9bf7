"""SIGINT and SIGTERM at unlucky moments: in a COMMIT, between two tries, in an index build, with a dead network."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from cable import Cable, deaf_from
from traces import books, finished, held, ids, trace, until, whole

from migrator.config import Address, Config
from migrator.events import Applied, Event, Halted
from migrator.migrating import up

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]
Traced = Callable[..., Awaitable[list[str]]]


async def stopped(process: subprocess.Popen[str], *, within: float = 3) -> dict[str, object]:
    """Send SIGTERM; the error of the document with which the run ends."""
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code, document, errors = await finished(process)
    assert time.monotonic() - begin < within, (time.monotonic() - begin, document, errors)
    assert (code, document["error"]["code"]) == (143, "terminated"), errors
    assert "Traceback" not in errors
    error: dict[str, object] = document["error"]
    return error


async def test_in_a_commit(start: Start, db: Connection, traced: Traced) -> None:
    """What a COMMIT still has to check is cancelled like a statement: the migration is not applied."""
    marks = await traced(3)
    await db.execute(
        "create function dawdle() returns trigger language plpgsql as $$ begin "
        "perform pg_sleep(60) from gate where mark = 'commit'; return null; end $$;"
        "create constraint trigger dawdle after insert on trace deferrable initially deferred for each row "
        "when (new.mark = '2.3') execute function dawdle(); insert into gate values ('commit', 60)"
    )
    process = start("up", "--json")
    await held(db, process)
    error = await stopped(process)
    assert (error["done"], error["outcome"]) == (ids(1), "`0001.step` stays committed; `0002.step` is not applied")
    assert await trace(db) == marks[:3]
    assert await books(db) == whole(1)


async def test_a_commit_that_was_faster_is_told(cable: Cable, db: Connection, traced: Traced, tmp_path: Path) -> None:
    """Its answer is on its way when the run is cancelled: the ledger is asked, and what it has is told."""
    marks = await traced(2)
    config = Config(root=tmp_path, database=Address(cable.dsn, "test"), migrations=(tmp_path / "migrations",))
    events: list[Event] = []
    cable.inward = deaf_from(b" 0 1\0")
    running = asyncio.create_task(up(config, emit=events.append))
    await until(db, "select to_regclass('_yoyo_log') is not null")
    await until(db, "select count(*) = 2 from _yoyo_log")
    cable.cut()
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert [event.id for event in events if isinstance(event, Applied)] == ids(2)
    assert [event for event in events if isinstance(event, Halted)] == []
    assert await trace(db) == marks
    assert await books(db) == whole(2)


async def test_between_two_tries(start: Start, db: Connection, dsn: str, traced: Traced) -> None:
    """While a migration waits to be tried again nothing of it is there, and the run goes at once."""
    await traced(1)
    keeper = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        await keeper.execute("begin; lock table trace in access exclusive mode")
        process = start("up", "--lock-timeout", "100ms", "--lock-retries", "1000", "--wait", "60", "--json")
        await until(db, "select count(*) > 0 from pg_locks where locktype = 'advisory' and granted")
        await asyncio.sleep(0.5)
        error = await stopped(process)
    finally:
        await keeper.close()
    assert error["done"] == []
    assert await trace(db) == []
    assert (await books(db))["locks"] == 0


async def test_in_an_index_build(start: Start, db: Connection, dsn: str, traced: Traced) -> None:
    """The INVALID index that a cancelled build leaves is named as what is true; the next run makes it valid."""
    marks = await traced(2, alone=(2,))
    keeper = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        await keeper.execute("begin isolation level repeatable read; select 1")
        process = start("up", "--json")
        await until(
            db,
            "select count(*) > 0 from pg_stat_activity where query like 'create index concurrently%' "
            "and wait_event_type = 'Lock' and datname = current_database()",
        )
        error = await stopped(process)
    finally:
        await keeper.close()
    assert (error["done"], error["migration"], error["statement"]) == (ids(1), "0002.step", 7)
    assert error["outcome"] == (
        "`0001.step` stays committed; of `0002.step` statements 1-6 stay committed (7 in all), "
        "and the index that it was building stays INVALID"
    )
    assert await db.fetchval("select not indisvalid from pg_index where indexrelid = 'trace_2'::regclass")
    assert (await finished(start("up", "--json")))[0] == 0
    assert await db.fetchval("select indisvalid from pg_index where indexrelid = 'trace_2'::regclass")
    assert await trace(db) == marks
    assert await books(db) == whole(2)


async def test_twice_in_a_row(start: Start, db: Connection, traced: Traced) -> None:
    """A run that is stopped, and the next one, too, further on: the third does the rest."""
    marks = await traced(4)
    for number, done in ((2, 1), (4, 2)):
        await db.execute("delete from gate")
        await db.execute("insert into gate values ($1, 60)", f"{number}.2")
        process = start("up", "--json")
        await held(db, process)
        assert len((await stopped(process))["done"]) == done  # type: ignore[arg-type]
        assert await books(db) == whole(number - 1)
    await db.execute("delete from gate")
    assert (await finished(start("up", "--json")))[0] == 0
    assert await trace(db) == marks
    assert await books(db) == whole(4)


@pytest.mark.parametrize("command", ["down", "redo"])
async def test_on_the_way_down(start: Start, db: Connection, traced: Traced, tmp_path: Path, command: str) -> None:
    """A rollback that is stopped is rolled back itself: its migration is still applied."""
    await traced(2)
    (tmp_path / "migrations" / "0002.step.rollback.sql").write_text(
        "delete from trace where mark like '2.%'; select pg_sleep(60);"
    )
    assert (await finished(start("up", "--json")))[0] == 0
    process = start(command, "--yes", "--json")
    await held(db, process)
    error = await stopped(process)
    assert (error["done"], error["outcome"]) == ([], "`0002.step` is still applied; nothing else was changed")
    assert len(await trace(db)) == 6
    assert await books(db) == whole(2)


@pytest.mark.parametrize("dark", ["unplugged", "a black hole"])
async def test_with_a_dead_network(start: Start, cable: Cable, db: Connection, traced: Traced, dark: str) -> None:
    """No cancellation arrives and nobody can be asked: the run ends within seconds, and says that it does not know."""
    await traced(2)
    await db.execute("insert into gate values ('2.2', 60)")
    passed = asyncio.Event()

    def see(_line, data):
        if b" 1 3\0" in data:
            passed.set()
        return data

    cable.inward = see
    process = start("up", "--json", DATABASE_URL=cable.dsn)
    await held(db, process)
    await asyncio.wait_for(passed.wait(), 10)
    await asyncio.sleep(0.2)  # nobody can look whether the client has read what was written to it
    if dark == "unplugged":
        cable.refuse()
    cable.swallow()
    error = await stopped(process, within=10)
    assert error["done"] == ids(1)
    assert error["outcome"] == (
        "`0001.step` stays committed; whether `0002.step` is committed could not be asked: `migrate status` tells"
    )


async def test_in_a_statement_that_commits_for_itself(start: Start, db: Connection, tmp_path: Path):
    """What a DO has committed stays: that is said, and neither this message nor the next run tells anything else."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001.a.sql").write_text(
        "-- transactional: false\n"
        "do $$ begin create table a (n int); insert into a values (77); commit; perform pg_sleep(60); end $$;"
    )
    process = start("up", "--json")
    await held(db, process)
    error = await stopped(process)
    assert (
        error["outcome"] == "what statement 1 of 1 of `0001.a` has committed by itself stays; nothing else was changed"
    )
    assert error["hint"] == "look at what it has done, then `migrate mark 0001.a --applied` or `--pending`"
    assert await db.fetchval("select n from a") == 77
    code, document, _ = await finished(start("up", "--json"))
    assert (code, document["error"]["code"]) == (1, "migration-unsure")
    assert document["error"]["outcome"] == "nothing of `0001.a` is known to be committed"
    assert (await finished(start("mark", "0001.a", "--applied", "--json")))[0] == 0
    assert (await finished(start("up", "--json")))[0] == 0
