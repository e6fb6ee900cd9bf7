"""Runs of files without a transaction that are killed: at every statement, in an index build, at random moments.

After a last `up` every statement has run exactly once and in order, every index is there and valid, and nothing is
locked. `--trials` says how many random moments are tried.
"""

import asyncio
import random
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from stepped import TABLES, all_valid, indexes, write
from traces import books, finished, held, trace, until, whole

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]
Stepped = Callable[[int], Awaitable[list[str]]]


@pytest.fixture
def stepped(tmp_path: Path, db: Connection) -> Stepped:
    """Write so many migrations; returns the marks in the order that they must have."""
    return lambda count: write(db, tmp_path / "migrations", count)


async def kill(db: Connection, processes: list[subprocess.Popen[str]]) -> None:
    """End all of them at once, and wait until the server has noticed."""
    for process in processes:
        process.kill()
    for process in processes:
        await asyncio.to_thread(process.wait)
    await until(
        db,
        "select count(*) = 0 from pg_stat_activity where datname = current_database() "
        "and backend_type = 'client backend' and application_name like 'migrate%'",
    )


async def is_whole(start: Start, db: Connection, marks: list[str], count: int) -> None:
    """A last `up` finishes the work, and everything is there once."""
    code, document, errors = await finished(start("up", "--json"))
    assert code == 0, (document, errors)
    assert await trace(db) == marks
    assert await indexes(db) == all_valid(count)
    assert await books(db) == whole(count)


@pytest.mark.parametrize("runners", [1, 3])
async def test_killed_at_every_statement(
    start: Start, db: Connection, stepped: Stepped, runners: int, *, long: bool
) -> None:
    """One file, killed before each of its statements in turn: each run goes on where the one before was killed."""
    marks = await stepped(3)
    for boundary in (2, 5) if runners > 1 and not long else range(1, 8):
        await db.execute("truncate gate")
        await db.execute("insert into gate values ($1, 60)", f"2-{boundary}")
        processes = [start("up", "--json") for _ in range(runners)]
        await held(db, *processes)
        await kill(db, processes)
    await db.execute("truncate gate")
    await is_whole(start, db, marks, 3)


async def snapshot(dsn: str) -> Connection:
    """A session whose transaction every concurrent index statement has to wait for."""
    reader = await asyncpg.connect(dsn)
    await reader.execute("begin isolation level repeatable read; select count(*) from load")
    return reader


@pytest.mark.parametrize("runners", [1, 3])
async def test_killed_while_an_index_is_built(
    start: Start, db: Connection, dsn: str, stepped: Stepped, runners: int
) -> None:
    """The build waits for an old snapshot when its client dies: the INVALID index is dropped and built again."""
    marks = await stepped(3)
    reader = await snapshot(dsn)
    try:
        processes = [start("up", "--json") for _ in range(runners)]
        await until(db, "select exists (select from pg_index where indexrelid = to_regclass('load_2_a'))")
        await kill(db, processes)
    finally:
        await reader.close()
    assert await indexes(db) == [("load_2_a", False)]
    await is_whole(start, db, marks, 3)


@pytest.mark.parametrize("what", ["create", "drop"])
async def test_killed_between_a_statement_and_its_note(
    start: Start, db: Connection, dsn: str, stepped: Stepped, what: str
) -> None:
    """The statement is committed, its note is not: the next run sees that in the catalog and goes on behind it."""
    marks = await stepped(3)
    if what == "drop":
        await db.execute("insert into gate values ('2-5', 60)")
        process = start("up", "--json")
        await held(db, process)
        await kill(db, [process])
        await db.execute("truncate gate")
    reader, keeper = await snapshot(dsn), await asyncpg.connect(dsn)
    try:
        process = start("up", "--json")
        await until(
            db, "select exists (select from pg_index where indexrelid = to_regclass('load_2_a') and not indisvalid)"
        )
        await keeper.execute("begin; select 1 from migrator.journal where migration_id = '0002.step' for update")
        await reader.execute("commit")
        await until(
            db,
            "select count(*) > 0 from pg_stat_activity where datname = current_database() "
            "and wait_event_type = 'Lock' and application_name like 'migrate 0002%' and query like '%journal%'",
        )
        before = await indexes(db)
        await kill(db, [process])
    finally:
        await reader.close()
        await keeper.close()
    assert before == ([("load_2_a", True)] if what == "create" else [("load_2_b", True)])
    assert await db.fetchval("select state from migrator.journal where migration_id = '0002.step'") == "partial-unsure"
    await is_whole(start, db, marks, 3)


async def test_killed_in_a_procedure(start: Start, db: Connection, tmp_path: Path) -> None:
    """A CALL that was killed is never run again by itself; what a person says about it counts."""
    await db.execute(TABLES)
    await db.execute(
        "create procedure p() language plpgsql as $$ begin insert into trace (mark) values ('1.1'); commit; "
        "perform pg_sleep(seconds) from gate; end $$"
    )
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001.step.sql").write_text("-- transactional: false\ncall p();\n", encoding="utf-8")
    await db.execute("insert into gate values ('', 60)")
    process = start("up", "--json")
    await held(db, process)
    await kill(db, [process])
    await db.execute("truncate gate")
    for _ in range(2):
        code, document, _ = await finished(start("up", "--json"))
        assert (code, document["error"]["code"], document["error"]["statement"]) == (1, "migration-unsure", 1)
    assert await trace(db) == ["1.1"]
    assert (await finished(start("mark", "0001", "--applied", "--json")))[0] == 0
    assert (await finished(start("up", "--json")))[0] == 0
    assert await trace(db) == ["1.1"]
    assert (await books(db))["lock rows"] == 0


async def reached(db: Connection, statements: int, processes: list[subprocess.Popen[str]]) -> None:
    """Wait until so many statements have left their traces, or the runs are over."""
    while any(process.poll() is None for process in processes):
        if await db.fetchval("select count(*) from trace") >= statements:
            return
        await asyncio.sleep(0.001)


async def strike(db: Connection, processes: list[subprocess.Popen[str]], victim: str) -> None:
    """End the runs, by their clients or by the server's side of them, which lets the clients tell of it."""
    if victim == "backend":
        await db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
            "and application_name like 'migrate%'"
        )
        for code, document, errors in await asyncio.gather(*map(finished, processes)):
            assert code in {0, 3, 4}, (document, errors)
    await kill(db, processes)


@pytest.mark.parametrize("runners", [1, 3])
@pytest.mark.parametrize("victim", ["client", "backend"])
async def test_killed_at_any_moment(
    start: Start, db: Connection, stepped: Stepped, trials: int, runners: int, victim: str
) -> None:
    """Killed at random moments, up to three times over, then run to the end: nothing is missing, nothing is twice."""
    moments = random.Random(f"{runners} {victim}")  # noqa: S311 - moments, no secrets
    marks = await stepped(6)
    left = trials
    while left:
        seen: list[str] = []
        for _ in range(min(3, left)):
            left -= 1
            processes = [start("up", "--json") for _ in range(runners)]
            # from some statement that was not done before, a little further: into whatever comes next
            await reached(db, moments.randint(len(seen), len(marks)), processes)
            await asyncio.sleep(moments.uniform(0, 0.03))
            await strike(db, processes, victim)
            seen = await trace(db)
            assert seen == marks[: len(seen)]
        await is_whole(start, db, marks, 6)
        await db.execute(f"drop schema migrator cascade; drop schema public cascade; create schema public; {TABLES}")
