"""The server stops, crashes and comes back in the middle of a run: what is told is true, and the next run goes on."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from crashing import Server, looking
from traces import books, ids, trace, whole

from migrator.config import Address, Config
from migrator.errors import ConnectionLostError, MigratorError, WorkError
from migrator.events import Applied, Event, Told
from migrator.migrating import up

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Laid = Callable[..., Awaitable[list[str]]]

SLEEPING = "select count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep'"


@pytest.fixture
async def config(server: Server, tmp_path: Path) -> Config:
    """A project on an empty database of that server."""
    async with looking(server) as db:
        await db.execute("drop schema public cascade; drop schema if exists migrator cascade; create schema public")
    return Config(root=tmp_path, database=Address(server.dsn, "test"), migrations=(tmp_path / "migrations",))


async def write(server: Server, config: Config, count: int) -> list[str]:
    """Migrations of two traced statements each, between which they may be held; the marks in order."""
    async with looking(server) as db:
        await db.execute(
            "create table trace (number bigserial, mark text not null); create table gate (mark text, seconds float)"
        )
    folder = config.migrations[0]
    folder.mkdir()
    for number in range(1, count + 1):
        (folder / f"{number:04d}.step.sql").write_text(
            f"insert into trace (mark) values ('{number}.1');\n"
            f"select pg_sleep(seconds) from gate where mark = '{number}';\n"
            f"insert into trace (mark) values ('{number}.2');\n"
        )
    return [f"{number}.{part}" for number in range(1, count + 1) for part in (1, 2)]


async def at_the_gate(server: Server, config: Config, gate: str, events: list[Event]) -> "asyncio.Task[object]":
    """A run that sleeps at a gate."""
    async with looking(server) as db:
        await db.execute("insert into gate values ($1, 60)", gate)
        running: asyncio.Task[object] = asyncio.create_task(up(config, emit=events.append))
        while not await db.fetchval(SLEEPING):
            assert not running.done(), running
            await asyncio.sleep(0.02)
    return running


async def test_a_shutdown_in_the_middle_of_a_run(server: Server, config: Config):
    """`pg_ctl stop -m fast` ends the session with 57P01; when the server is back the ledger is asked."""
    marks = await write(server, config, 3)
    events: list[Event] = []
    running = await at_the_gate(server, config, "2", events)
    await asyncio.to_thread(server.stop, "fast")
    await asyncio.to_thread(server.start)
    with pytest.raises(WorkError) as caught:
        await running
    error = caught.value
    assert (error.code, error.sqlstate, error.done) == ("connection-lost", "57P01", ("0001.step",))
    assert error.message == "`0002.step` failed at statement 2 of 3: the connection was lost"
    assert error.outcome == "`0002.step` was rolled back; 1 migration before it stays applied"
    async with looking(server) as db:
        await db.execute("delete from gate")
        assert await trace(db) == marks[:2]
        assert [done.id for done in (await up(config)).done] == ids(3)[1:]
        assert (await trace(db), await books(db)) == (marks, whole(3))


async def test_a_crash_may_take_back_what_was_seen_committed(server: Server, config: Config):
    """Only the last commit waits for the disk: what a crash takes back is named, and is not told as done."""
    marks = await write(server, config, 3)
    events: list[Event] = []
    running = await at_the_gate(server, config, "3", events)
    assert [event.id for event in events if isinstance(event, Applied)] == ids(3)[:2]
    await asyncio.to_thread(server.crash)
    with pytest.raises(ConnectionLostError) as caught:
        await running
    error = caught.value
    assert (error.exit_code, error.done) == (3, ())
    assert error.outcome == (
        "`0001.step` was rolled back; nothing else was changed; "
        "the crash of the server took back `0001.step`, `0002.step`"
    )
    async with looking(server) as db:
        await db.execute("delete from gate")
        assert [done.id for done in (await up(config)).done] == ids(3)
        assert (await trace(db), await books(db)) == (marks, whole(3))


async def test_a_server_that_does_not_come_back(server: Server, config: Config):
    """The run waits no longer than `--wait`, tells what it saw, and that the ledger could not be asked."""
    marks = await write(server, config, 2)
    events: list[Event] = []
    running = await at_the_gate(server, replace(config, wait=0.5), "2", events)
    await asyncio.to_thread(server.stop, "fast")
    try:
        with pytest.raises(WorkError) as caught:
            await asyncio.wait_for(running, 10)
    finally:
        await asyncio.to_thread(server.start)
    assert (caught.value.code, caught.value.done) == ("connection-lost", ("0001.step",))
    assert caught.value.outcome is not None
    assert caught.value.outcome.startswith("the ledger could not be asked (no PostgreSQL server listens at ")
    async with looking(server) as db:
        await db.execute("delete from gate")
        await up(config)
        assert (await trace(db), await books(db)) == (marks, whole(2))


async def test_a_session_that_an_administrator_ends(server: Server, config: Config):
    """`pg_terminate_backend` in the middle: the reason is the server's, the ledger is asked at once."""
    await write(server, config, 2)
    events: list[Event] = []
    running = await at_the_gate(server, config, "2", events)
    async with looking(server) as db:
        await db.execute("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'")
    with pytest.raises(WorkError) as caught:
        await running
    assert caught.value.detail == (
        "the server ended the connection: terminating connection due to administrator command (57P01)"
    )
    assert [event.code for event in events if isinstance(event, Told)] == ["asking-ledger"]


@pytest.mark.parametrize("runners", [1, 3])
async def test_crashes_at_any_moment(server: Server, config: Config, trials: int, runners: int):
    """The server crashes at random moments: what `done` says is in the ledger, and in the end all ran exactly once."""
    moments = random.Random(runners)  # noqa: S311 - moments, no secrets
    count = 30 + 10 * trials  # enough that even the last trial finds work
    marks = await write(server, config, count)
    done: list[str] = []

    async def one() -> None:
        try:
            done.extend(each.id for each in (await up(config)).done)
        except MigratorError as error:
            done.extend(error.done)

    for _ in range(trials):
        running = [asyncio.create_task(one()) for _ in range(runners)]
        await asyncio.sleep(moments.uniform(0.02, 0.25))
        await asyncio.to_thread(server.crash)
        await asyncio.gather(*running)
    async with looking(server) as db:
        there = await db.fetchval("select to_regclass('_yoyo_migration') is not null")
        entries = await db.fetch("select migration_id from _yoyo_migration order by 1") if there else []
        assert sorted(done) == [row[0] for row in entries]
        done += [each.id for each in (await up(config)).done]
        assert sorted(done) == ids(count)
        assert (await trace(db), await books(db)) == (marks, whole(count))
