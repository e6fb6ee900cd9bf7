"""SIGKILL in the middle of `up`: the next `up` finds the truth, finishes the work, and nothing has run twice."""

import asyncio
import random
import subprocess
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from traces import books, finished, gone, held, ids, trace, whole

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]
Traced = Callable[..., Awaitable[list[str]]]


@pytest.mark.parametrize("mark", ["1.1", "1.3", "2.2", "3.1", "4.3"])
async def test_killed_at_a_statement(start: Start, db: Connection, traced: Traced, mark: str) -> None:
    """Killed in a statement: migrations before it stay, its own is gone, the next `up` does the rest."""
    marks = await traced(4)
    await db.execute("insert into gate values ($1, 60)", mark)
    process = start("up", "--json")
    await held(db, process)
    process.kill()
    await asyncio.to_thread(process.wait)
    await db.execute("delete from gate")
    complete = int(mark[0]) - 1
    assert await trace(db) == [known for known in marks if int(known[0]) <= complete]
    code, document, errors = await finished(start("up", "--json"))
    assert code == 0, (document, errors)
    assert [done["id"] for done in document["done"]] == ids(4)[complete:]
    assert await trace(db) == marks
    assert await books(db) == whole(4)


@pytest.mark.parametrize("seed", range(3))
async def test_killed_at_any_moment(start: Start, db: Connection, traced: Traced, seed: int) -> None:
    """Killed at a random moment, from its start-up to its end, three times over: the end state is the same."""
    moments = random.Random(seed)  # noqa: S311 - moments, no secrets
    marks = await traced(20, statements=2)
    for _ in range(3):
        process = start("up", "--json")
        await asyncio.sleep(moments.uniform(0.05, 0.6))
        process.kill()
        await asyncio.to_thread(process.wait)
    code, document, errors = await finished(start("up", "--json"))
    assert code == 0, (document, errors)
    assert await trace(db) == marks
    assert await books(db) == whole(20)


async def test_killed_in_a_file_without_a_transaction(start: Start, db: Connection, traced: Traced) -> None:
    """What is committed of such a file is known: `status` counts it, and the next `up` goes on behind it."""
    marks = await traced(3, alone=(2,))
    await db.execute("insert into gate values ('2.2', 60)")
    process = start("up", "--json")
    pid = await held(db, process)
    process.kill()
    await asyncio.to_thread(process.wait)
    await gone(db, pid)
    await db.execute("delete from gate")
    _, status, _ = await finished(start("status", "--json"))
    found = {migration["id"]: (migration["state"], migration["steps"]) for migration in status["migrations"]}
    assert found["0002.step"] == ("partial", {"done": 2, "total": 7})
    assert [state for state, _ in found.values()] == ["applied", "partial", "pending"]
    assert await trace(db) == ["1.1", "1.2", "1.3", "2.1"]
    code, document, errors = await finished(start("up", "--json"))
    assert code == 0, (document, errors)
    assert await trace(db) == marks
    assert await books(db) == whole(3)


async def test_killed_with_two_runners_waiting(start: Start, db: Connection, traced: Traced) -> None:
    """The runner that holds the lock is killed: one of those that wait takes over, and each statement has run once."""
    marks = await traced(4)
    await db.execute("insert into gate values ('3.2', 60)")
    first = start("up", "--json")
    await held(db, first)
    others = [start("up", "--json") for _ in range(2)]
    await asyncio.sleep(0.6)
    await db.execute("delete from gate")
    first.kill()
    ends = await asyncio.gather(*map(finished, others))
    assert [code for code, _, _ in ends] == [0, 0], ends
    assert sorted(entry["id"] for _, document, _ in ends for entry in document["done"]) == ids(4)[2:]
    assert await trace(db) == marks
    assert await books(db) == whole(4)
