"""Several `migrate up` at once, as real processes: every migration runs once, and everybody succeeds."""

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from traces import books, finished, held, trace, whole

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]
Traced = Callable[..., Awaitable[list[str]]]


@pytest.mark.parametrize("alone", [(), (2, 4)], ids=["transactional", "with an index built concurrently"])
async def test_five_runners_apply_each_migration_once(
    start: Start, db: Connection, traced: Traced, alone: tuple[int, ...]
) -> None:
    """On an empty database each statement has run once and in order, by ledger, journal, log and trace."""
    marks = await traced(6, alone=alone)
    runners = [start("up", "--json") for _ in range(5)]
    ends = await asyncio.gather(*map(finished, runners))
    assert [code for code, _, _ in ends] == [0] * 5, ends
    done = sorted(entry["id"] for _, document, _ in ends for entry in document["done"])
    assert done == [f"{number:04d}.step" for number in range(1, 7)]
    assert await trace(db) == marks
    assert await books(db) == whole(6)


async def test_twenty_runners_at_once(start: Start, db: Connection, traced: Traced) -> None:
    """Twenty processes, indexes built concurrently among the files: no deadlock, no hang, nothing twice."""
    marks = await traced(6, alone=(2, 3, 5))
    begin = time.monotonic()
    ends = await asyncio.gather(*(finished(start("up", "--json")) for _ in range(20)))
    assert [code for code, _, _ in ends] == [0] * 20, ends
    assert time.monotonic() - begin < 60
    done = sorted(entry["id"] for _, document, _ in ends for entry in document["done"])
    assert done == [f"{number:04d}.step" for number in range(1, 7)]
    assert await trace(db) == marks
    assert await books(db) == whole(6)
    assert await db.fetchval("select count(*) from pg_index where indrelid = 'trace'::regclass and indisvalid") == 3


async def test_a_second_runner_names_the_first(start: Start, db: Connection, traced: Traced) -> None:
    """A runner without patience refuses with exit 3, names the backend that holds the lock, and changes nothing."""
    marks = await traced(2)
    await db.execute("insert into gate values ('2.1', 3)")
    first = start("up", "--json")
    pid = await held(db, first)
    code, document, errors = await finished(start("up", "--json", "--wait", "200ms"))
    assert (code, document["error"]["code"]) == (3, "locked"), errors
    assert str(pid) in document["error"]["message"]
    assert (await finished(first))[0] == 0
    assert await trace(db) == marks
    assert await books(db) == whole(2)


async def test_a_runner_waits_for_a_file_that_another_one_is_in(start: Start, db: Connection, traced: Traced) -> None:
    """While another runner is in the middle of a file without a transaction, that is no accident: it waits."""
    marks = await traced(3, alone=(2,))
    await db.execute("insert into gate values ('2.2', 3)")
    first = start("up", "--json")
    await held(db, first)
    code, document, errors = await finished(start("up", "--json"))
    assert (code, document.get("done")) == (0, []), (document, errors)
    assert (await finished(first))[0] == 0
    assert await trace(db) == marks
    assert await books(db) == whole(3)


async def test_a_runner_waits_for_a_procedure_that_another_one_calls(
    start: Start, db: Connection, tmp_path: Path
) -> None:
    """While it is under way nobody can tell whether it has run, but its own runner will: the other one waits."""
    await db.execute(
        "create table trace (number bigserial, mark text not null); create table gate (mark text, seconds float);"
        "create procedure p() language plpgsql as $$ begin insert into trace (mark) values ('1.1'); commit; "
        "perform pg_sleep(seconds) from gate; end $$; insert into gate values ('', 2)"
    )
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001.step.sql").write_text("-- transactional: false\ncall p();\n", encoding="utf-8")
    first = start("up", "--json")
    await held(db, first)
    assert await db.fetchval("select state from migrator.journal") == "partial-unsure"
    code, document, errors = await finished(start("up", "--json"))
    assert (code, document.get("done")) == (0, []), (document, errors)
    assert (await finished(first))[0] == 0
    assert await trace(db) == ["1.1"]
    assert await books(db) == whole(1)
