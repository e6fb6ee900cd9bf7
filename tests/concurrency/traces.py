"""What a test asks of traced migrations: which statements took effect, what the books say, where a run is."""

import asyncio
import json
import subprocess
import time
from typing import Any

import asyncpg
import pytest

Connection = asyncpg.Connection


def ids(count: int) -> list[str]:
    """The ids of that many traced migrations."""
    return [f"{number:04d}.step" for number in range(1, count + 1)]


async def trace(db: Connection) -> list[str]:
    """The statements that took effect, in order."""
    return [row[0] for row in await db.fetch("select mark from trace order by number")]


async def books(db: Connection) -> dict[str, Any]:
    """What ledger, journal, log and locks say."""
    locks = (
        "select count(*) from pg_locks where locktype = 'advisory' "
        "and database = (select oid from pg_database where datname = current_database())"
    )
    return {
        "ledger": [row[0] for row in await db.fetch("select migration_id from _yoyo_migration order by 1")],
        "journal": [
            tuple(row)
            for row in await db.fetch(
                "select migration_id, state, statements_done = statements_total from migrator.journal order by 1"
            )
        ],
        "log": [tuple(row) for row in await db.fetch("select migration_id, operation from _yoyo_log order by 1, 2")],
        "lock rows": await db.fetchval("select count(*) from yoyo_lock"),
        "locks": await db.fetchval(locks),
    }


def whole(count: int) -> dict[str, Any]:
    """What the books must say when that many migrations are applied, each once."""
    return {
        "ledger": ids(count),
        "journal": [(id_, "applied", True) for id_ in ids(count)],
        "log": [(id_, "apply") for id_ in ids(count)],
        "lock rows": 0,
        "locks": 0,
    }


async def held(db: Connection, *processes: subprocess.Popen[str]) -> int:
    """Wait until a migration of one of the runs sleeps at the gate; returns its backend's pid."""
    deadline = time.monotonic() + 15
    while True:
        pid = await db.fetchval(
            "select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
        )
        if pid is not None:
            return int(pid)
        for process in processes:
            if process.poll() is not None:
                pytest.fail(f"`migrate` ended before the gate: {process.communicate()}")
        assert time.monotonic() < deadline, "no migration came to the gate"
        await asyncio.sleep(0.02)


async def finished(process: subprocess.Popen[str]) -> tuple[int, Any, str]:
    """The end of a `migrate ... --json`: its exit code, its document, what it wrote to stderr."""
    out, errors = await asyncio.to_thread(process.communicate, timeout=60)
    return process.returncode, json.loads(out) if out else None, errors


async def until(db: Connection, query: str) -> None:
    """Wait until the query is true."""
    deadline = time.monotonic() + 15
    while not await db.fetchval(query):
        assert time.monotonic() < deadline, f"it never came to be: {query}"
        await asyncio.sleep(0.02)


async def gone(db: Connection, pid: int) -> None:
    """Wait until the server has ended a backend whose client is dead."""
    deadline = time.monotonic() + 15
    while await db.fetchval("select count(*) from pg_stat_activity where pid = $1", pid):
        assert time.monotonic() < deadline, "the server still runs the statement of a dead client"
        await asyncio.sleep(0.05)
