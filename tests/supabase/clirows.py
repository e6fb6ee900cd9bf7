"""What a test asks of the Supabase CLI's table, and how it waits for a real process."""

import asyncio
import json
import subprocess
import time
from typing import Any

import asyncpg
import pytest

Connection = asyncpg.Connection


async def rows(db: Connection) -> list[tuple[str, str | None, list[str] | None]]:
    """The rows: version, name, statements."""
    query = "select version, name, statements from supabase_migrations.schema_migrations order by version"
    return [tuple(row) for row in await db.fetch(query)]


async def journal(db: Connection) -> list[tuple[str, str, bool]]:
    """Our notes: id, state, and whether all statements are done."""
    query = "select migration_id, state, statements_done = statements_total from migrator.journal order by 1"
    return [tuple(row) for row in await db.fetch(query)]


async def locks(db: Connection) -> int:
    """How many advisory locks are held in this database."""
    query = (
        "select count(*) from pg_locks where locktype = 'advisory' "
        "and database = (select oid from pg_database where datname = current_database())"
    )
    return int(await db.fetchval(query))


async def sleeping(db: Connection, process: subprocess.Popen[str]) -> int:
    """Wait until a migration sleeps; returns its backend's pid."""
    deadline = time.monotonic() + 20
    while True:
        pid = await db.fetchval(
            "select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
        )
        if pid is not None:
            return int(pid)
        if process.poll() is not None:
            pytest.fail(f"`migrate` ended before it slept: {process.communicate()}")
        assert time.monotonic() < deadline, "no migration came to its sleep"
        await asyncio.sleep(0.02)


async def until(db: Connection, query: str) -> None:
    """Wait until a query counts something."""
    deadline = time.monotonic() + 20
    while not await db.fetchval(query):
        assert time.monotonic() < deadline, query
        await asyncio.sleep(0.02)


async def gone(db: Connection, pid: int) -> None:
    """Wait until the server has ended a backend whose client is dead."""
    deadline = time.monotonic() + 20
    while await db.fetchval("select count(*) from pg_stat_activity where pid = $1", pid):
        assert time.monotonic() < deadline, "the server still runs the statement of a dead client"
        await asyncio.sleep(0.05)


async def finished(process: subprocess.Popen[str]) -> tuple[int, Any, str]:
    """The end of a `migrate ... --json`: its exit code, its document, what it wrote to stderr."""
    out, errors = await asyncio.to_thread(process.communicate, timeout=60)
    return process.returncode, json.loads(out) if out else None, errors
