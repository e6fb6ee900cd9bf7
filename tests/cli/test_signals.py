"""SIGINT and SIGTERM end a command cleanly: the statement is cancelled, the ledger true, the answer one document."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Config

SLOW = {
    "migrations/0001.quick.sql": "CREATE TABLE quick ();",
    "migrations/0002.slow.sql": "CREATE TABLE slow ();\nSELECT pg_sleep(60);",
    "migrations/0003.never.sql": "CREATE TABLE never ();",
}


def _start(folder: Path, dsn: str, *arguments: str) -> "subprocess.Popen[str]":
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("MIGRATOR_", "GITHUB_"))}
    environ |= {"DATABASE_URL": dsn, "PYTHONPATH": str(Path(__file__).parents[2])}
    (folder / "migrator.toml").touch()
    return subprocess.Popen(
        [sys.executable, "-m", "migrator", *arguments],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def _until_sleeping(db: "asyncpg.Connection[asyncpg.Record]") -> None:
    query = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    end = time.monotonic() + 30
    while await db.fetchval(query) == 0:
        assert time.monotonic() < end, "the slow statement has not begun"
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)  # nobody can look whether the command has read the mark of it, too


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
async def test_a_signal_stops_cleanly(
    project: Callable[..., Config],
    dsn: str,
    db: "asyncpg.Connection[asyncpg.Record]",
    number: signal.Signals,
    code: int,
    word: str,
):
    """The running migration is rolled back, those before it stay, those behind it never begin, and JSON says so."""
    folder = project(SLOW).root
    process = _start(folder, dsn, "up", "--json")
    await _until_sleeping(db)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    document = json.loads(out)
    assert (process.returncode, err, document["ok"]) == (code, "", False)
    assert document["error"]["code"] == word
    assert document["error"]["exit"] == code
    assert document["error"]["migration"] == "0002.slow"
    assert document["error"]["done"] == ["0001.quick"]
    tables = await db.fetch("select tablename from pg_tables where tablename in ('quick', 'slow', 'never')")
    assert [row["tablename"] for row in tables] == ["quick"]
    assert await db.fetchval("select array_agg(migration_id) from _yoyo_migration") == ["0001.quick"]
    locks = (
        "select count(*) from pg_locks join pg_database d on d.oid = database "
        "where locktype = 'advisory' and datname = current_database()"
    )
    assert await db.fetchval(locks) == 0


async def test_the_same_signal_twice_is_one(
    project: Callable[..., Config], dsn: str, db: "asyncpg.Connection[asyncpg.Record]"
):
    """A wrapper passes on a signal that the terminal has sent to everybody: that does not end the process at once."""
    process = _start(project(SLOW).root, dsn, "up")
    await _until_sleeping(db)
    process.send_signal(signal.SIGINT)
    await asyncio.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.splitlines()[-4:] == [
        "error: interrupted while `0002.slow` ran, statement 2 of 2",
        "`0001.quick` stays committed; `0002.slow` is not applied",
        "",
        "hint: run the command again to go on",
    ]


STUBBORN = """
import asyncio, sys
from migrator.cli.signals import stoppable
from migrator.cli.stopping import Stop

async def work():
    print("ready", flush=True)
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

def say(word):
    return lambda: print(word, flush=True)

asyncio.run(stoppable(work(), Stop(), first=say("first"), second=say("second")))
"""


def test_a_later_signal_ends_the_process():
    """Whoever asks again after a second does not want to wait for the server; the terminal is put in order first."""
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "first\n"
    time.sleep(1.1)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    assert (out, process.returncode) == ("second\n", -signal.SIGINT)
