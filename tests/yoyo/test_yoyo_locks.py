"""One runner at a time, whichever tool it is: yoyo's lock row keeps us out, and ours keeps yoyo out."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Start = Callable[..., subprocess.Popen[str]]
Yoyo = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def slow(migrations: Path) -> Path:
    """A third migration that takes two seconds and counts how often it ran."""
    text = "-- depends: 0002.add-name\ncreate table if not exists ran (at timestamptz);\n"
    text += "insert into ran values (clock_timestamp());\nselect pg_sleep(2);\n"
    (migrations / "0003.slow.sql").write_text(text, encoding="utf-8")
    return migrations


async def asleep(db: Connection) -> None:
    """Wait until the slow migration sleeps."""
    deadline = time.monotonic() + 10
    while not await db.fetchval("select count(*) from pg_stat_activity where wait_event = 'PgSleep'"):
        assert time.monotonic() < deadline, "no migration reached its sleep"
        await asyncio.sleep(0.02)


async def kept_waiting(db: Connection, theirs: subprocess.Popen[str]) -> None:
    """Wait until yoyo waits for its lock table."""
    query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%INTO \"yoyo_lock\"%'"
    deadline = time.monotonic() + 10
    while not await db.fetchval(query):
        assert theirs.poll() is None, "yoyo did not wait"
        assert time.monotonic() < deadline, "yoyo did not come to its lock table"
        await asyncio.sleep(0.02)


async def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """The end of a process: exit code, stdout, stderr."""
    out, errors = await asyncio.to_thread(process.communicate, timeout=30)
    return process.returncode, out, errors or ""


@pytest.mark.usefixtures("slow")
async def test_up_waits_while_yoyo_runs(start: Start, yoyo: Yoyo, db: Connection) -> None:
    """While `yoyo apply` runs, `up` waits; then everything is applied already, and nothing ran twice."""
    theirs = yoyo("apply")
    await asleep(db)
    ours = start("up", "--json")
    code, out, errors = await finished(ours)
    assert code == 0, out + errors
    document = json.loads(out)
    assert (document["done"], document["pending"]) == ([], [])
    assert (await finished(theirs))[0] == 0
    assert await db.fetchval("select count(*) from ran") == 1


@pytest.mark.usefixtures("slow")
async def test_up_gives_up_while_yoyo_runs(start: Start, yoyo: Yoyo, db: Connection) -> None:
    """With little patience `up` refuses with exit 3, changes nothing and names the process that holds yoyo's lock."""
    theirs = yoyo("apply")
    await asleep(db)
    code, out, errors = await finished(start("up", "--json", "--wait", "300ms"))
    assert theirs.poll() is None, "yoyo was done before `up` had to give up"
    assert code == 3, out + errors
    error = json.loads(out)["error"]
    assert error["exit"] == 3
    assert str(theirs.pid) in error["message"]
    assert (await finished(theirs))[0] == 0
    assert await db.fetchval("select count(*) from _yoyo_log") == 3


@pytest.mark.usefixtures("slow")
async def test_yoyo_waits_while_up_runs(start: Start, yoyo: Yoyo, db: Connection) -> None:
    """While `up` runs, `yoyo apply` waits; then it finds everything applied, and nothing ran twice."""
    ours = start("up", "--json")
    await asleep(db)
    theirs = yoyo("apply")
    await kept_waiting(db, theirs)
    assert ours.poll() is None, "`up` was done before yoyo had to wait for it"
    code, out, errors = await finished(ours)
    assert [done["id"] for done in json.loads(out)["done"]] == ["0001.create-users", "0002.add-name", "0003.slow"], (
        errors
    )
    assert code == 0
    assert (await finished(theirs))[0] == 0
    assert await db.fetchval("select count(*) from ran") == 1
    assert await db.fetchval("select count(*) from _yoyo_log") == 3


async def test_the_lock_row_of_a_killed_yoyo_is_named(start: Start, yoyo: Yoyo, slow: Path, db: Connection) -> None:
    """A killed yoyo leaves its row: `up` refuses with its pid and `yoyo break-lock`, and works after that."""
    theirs = yoyo("apply")
    await asleep(db)
    theirs.kill()
    await finished(theirs)
    await db.execute("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'")
    code, out, errors = await finished(start("up", "--json", "--wait", "300ms"))
    assert code == 3, out + errors
    error = json.loads(out)["error"]
    assert str(theirs.pid) in error["message"]
    assert "yoyo break-lock" in error["hint"]
    assert (await finished(yoyo("break-lock")))[0] == 0
    (slow / "0003.slow.sql").unlink()
    code, out, errors = await finished(start("up", "--json"))
    assert (code, json.loads(out)["done"]) == (0, []), errors


async def test_our_lock_row_is_gone_afterwards(start: Start, migrations: Path, db: Connection) -> None:
    """After a success and after a failure alike, no row of ours is left in yoyo's lock table."""
    assert (await finished(start("up")))[0] == 0
    assert await db.fetchval("select count(*) from yoyo_lock") == 0
    (migrations / "0004.broken.sql").write_text("select 1 / 0;", encoding="utf-8")
    assert (await finished(start("up")))[0] == 4
    assert await db.fetchval("select count(*) from yoyo_lock") == 0
