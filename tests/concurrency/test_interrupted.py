"""SIGINT and SIGTERM: the statement is cancelled at once, the lock is free, the ledger tells the truth."""

import signal
import subprocess
import time
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from traces import books, finished, held, ids, trace, whole

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]
Traced = Callable[..., Awaitable[list[str]]]


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
async def test_a_signal_ends_up_cleanly(
    start: Start, db: Connection, traced: Traced, number: signal.Signals, expected: int
) -> None:
    """In the middle of the second of three migrations: the first stays, the second is gone, all within two seconds."""
    marks = await traced(3)
    await db.execute("insert into gate values ('2.2', 60)")
    process = start("up", "--json")
    pid = await held(db, process)
    begin = time.monotonic()
    process.send_signal(number)
    code, document, errors = await finished(process)
    assert time.monotonic() - begin < 2
    assert code == expected, errors
    assert (document["ok"], document["error"]["exit"], document["error"]["done"]) == (False, expected, ids(1))
    assert "Traceback" not in errors
    assert await db.fetchval("select count(*) from pg_stat_activity where pid = $1 and state = 'active'", pid) == 0
    assert await trace(db) == marks[:3]
    assert await books(db) == whole(1)
    await db.execute("delete from gate")
    assert (await finished(start("up", "--json")))[0] == 0
    assert await trace(db) == marks
    assert await books(db) == whole(3)


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
async def test_a_signal_ends_waiting(
    start: Start, db: Connection, traced: Traced, number: signal.Signals, expected: int
) -> None:
    """A runner that waits for the lock goes at once, and the one that holds it is not disturbed."""
    marks = await traced(2)
    await db.execute("insert into gate values ('1.2', 3)")
    first = start("up", "--json")
    await held(db, first)
    second = start("up", "--json")
    while await db.fetchval("select count(*) from pg_stat_activity where application_name like 'migrate%'") < 2:
        assert second.poll() is None
    begin = time.monotonic()
    second.send_signal(number)
    code, document, errors = await finished(second)
    assert time.monotonic() - begin < 2
    assert (code, document["error"]["exit"]) == (expected, expected), errors
    assert (await finished(first))[0] == 0
    assert await trace(db) == marks
    assert await books(db) == whole(2)


async def test_a_signal_stops_a_file_without_a_transaction(start: Start, db: Connection, traced: Traced) -> None:
    """Its statement is cancelled, what was committed is in the journal, and no lock row keeps the next run out."""
    await traced(2, alone=(1,))
    await db.execute("insert into gate values ('1.2', 60)")
    process = start("up", "--json")
    await held(db, process)
    process.send_signal(signal.SIGTERM)
    code, _, errors = await finished(process)
    assert code == 143, errors
    found = await books(db)
    assert (found["ledger"], found["journal"]) == ([], [("0001.step", "partial", False)])
    assert (found["locks"], found["lock rows"]) == (0, 0)
    assert await trace(db) == ["1.1"]
