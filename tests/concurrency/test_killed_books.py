"""SIGKILL where no statement of a migration runs: in its fence, its books, its COMMIT; and among several runners."""

import asyncio
import random
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from traces import books, finished, held, ids, trace, until, whole

from migrator.config import Address, Config
from migrator.migrating import up

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]
Traced = Callable[..., Awaitable[list[str]]]

BLOCKED = """select 1 from pg_stat_activity a where cardinality(pg_blocking_pids(a.pid)) > 0
    and a.datname = current_database()"""


async def kill(*processes: subprocess.Popen[str]) -> None:
    """SIGKILL, and wait until the processes are gone."""
    for process in processes:
        process.kill()
    await asyncio.gather(*(asyncio.to_thread(process.wait) for process in processes))


async def finishes(start: Start, db: Connection, marks: list[str], count: int) -> None:
    """A last `up` does what is left; every statement has run once and in order, and nothing is locked."""
    code, document, errors = await finished(start("up", "--json"))
    assert code == 0, (document, errors)
    assert await trace(db) == marks
    assert await books(db) == whole(count)


@pytest.mark.parametrize("table", ["_yoyo_migration", "yoyo_lock", "migrator.journal", "_yoyo_log"])
async def test_killed_in_the_books(start: Start, db: Connection, dsn: str, traced: Traced, table: str) -> None:
    """Held at a table of the books and killed there: the migrations before it are whole, its own is gone."""
    marks = await traced(3)
    assert (await finished(start("up", "--to", "0001", "--json")))[0] == 0
    keeper = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        await keeper.execute(f"begin; lock table {table} in share mode")
        process = start("up", "--lock-timeout", "60s", "--json")
        await until(db, BLOCKED)
        await kill(process)
        await until(db, f"select not exists ({BLOCKED})")  # the server notices while it waits for a lock, too
        await keeper.execute("rollback")
    finally:
        await keeper.close()
    assert await trace(db) == marks[:3]
    await finishes(start, db, marks, 3)


@pytest.mark.parametrize("runners", [1, 3])
async def test_killed_in_a_commit(start: Start, db: Connection, traced: Traced, runners: int) -> None:
    """A COMMIT that takes long is killed on its way: the migration is not applied; who waits goes on."""
    marks = await traced(3)
    await db.execute("insert into gate values ('2.3', 0)")
    await db.execute(
        "create function dawdle() returns trigger language plpgsql as $$ begin "
        "perform pg_sleep(60) from gate where mark = 'commit'; return null; end $$;"
        "create constraint trigger dawdle after insert on trace deferrable initially deferred for each row "
        "when (new.mark = '2.3') execute function dawdle(); insert into gate values ('commit', 60)"
    )
    first = start("up", "--json")
    await held(db, first)
    others = [start("up", "--json") for _ in range(runners - 1)]
    await until(db, f"select count(*) > {runners} from pg_stat_activity where datname = current_database()")
    await db.execute("delete from gate")
    await kill(first)
    assert [code for code, _, _ in [await finished(other) for other in others]] == [0] * (runners - 1)
    await finishes(start, db, marks, 3)


@pytest.mark.parametrize("runners", [1, 3])
async def test_killed_at_any_moment(start: Start, db: Connection, traced: Traced, trials: int, runners: int) -> None:
    """Runners are killed at random moments, all or some of them: nothing runs twice, nothing is left out."""
    moments = random.Random(runners)  # noqa: S311 - moments, no secrets
    count = 30 + 10 * trials  # enough that even the last trial finds work
    marks = await traced(count, statements=2)
    for _ in range(trials):
        processes = [start("up", "--json") for _ in range(runners)]
        await asyncio.sleep(moments.uniform(0.1, 0.4 + 0.2 * runners))
        await kill(*moments.sample(processes, moments.randint(1, runners)))
        await asyncio.gather(*map(finished, processes))
    await finishes(start, db, marks, count)


async def test_twenty_runs_at_once(db: Connection, traced: Traced, dsn: str, tmp_path: Path) -> None:
    """Twenty runs on an empty database, tables of the books and all: each migration once, everybody succeeds."""
    marks = await traced(10, statements=2)
    config = Config(root=tmp_path, database=Address(dsn, "test"), migrations=(tmp_path / "migrations",))
    async with asyncio.timeout(60):
        results = await asyncio.gather(*(up(config) for _ in range(20)))
    assert sorted(done.id for result in results for done in result.done) == ids(10)
    assert [result.pending for result in results] == [()] * 20
    assert await trace(db) == marks
    assert await books(db) == whole(10)
