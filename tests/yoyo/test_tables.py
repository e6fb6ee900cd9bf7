"""The ledger's tables and rows are those that `yoyo` itself would have made."""

import hashlib
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrator import migrating
from migrator.config import Config

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Make = Callable[..., Config]
Yoyo = Callable[..., subprocess.Popen[str]]

TABLES = ("_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock")
COLUMNS = """
    select c.relname::text, c.relkind::text, c.relpersistence::text, c.relrowsecurity, a.attnum, a.attname::text,
           format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity::text
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relname like '%yoyo%' and c.relkind = 'r'
    order by 1, 5"""
CONSTRAINTS = """
    select conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid::regclass::text like '%yoyo%' order by 1, 2"""
INDEXES = "select indexdef from pg_indexes where schemaname = 'public' and tablename like '%yoyo%' order by 1"
LOG = """
    select operation, migration_id, migration_hash, username, coalesce(comment, '(null)'), length(id)
    from _yoyo_log order by created_at_utc"""


async def shape(db: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Everything about yoyo's tables that another program could lean on."""
    queries = {"columns": COLUMNS, "constraints": CONSTRAINTS, "indexes": INDEXES}
    found = {name: [tuple(row) for row in await db.fetch(query)] for name, query in queries.items()}
    return {**found, "version": [tuple(row) for row in await db.fetch("select version from _yoyo_version")]}


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for a `yoyo` command, which must succeed."""
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, out


async def afresh(db: Connection) -> None:
    """An empty database again."""
    await db.execute("drop schema public cascade; drop schema if exists migrator cascade; create schema public")


async def test_our_tables_have_the_shape_of_yoyos(project: Make, migrations: Path, yoyo: Yoyo, db: Connection) -> None:
    """Columns, types, defaults, constraints, indexes and the version are identical, whoever came first."""
    finish(yoyo("apply"))
    theirs = await shape(db)
    assert sorted({row[0] for row in theirs["columns"]}) == list(TABLES)
    await afresh(db)
    await migrating.up(project({}, migrations=(migrations,)))
    assert await shape(db) == theirs


async def test_log_rows_are_those_that_yoyo_writes(project: Make, migrations: Path, yoyo: Yoyo, db: Connection) -> None:
    """Apply, rollback, mark and unmark leave the same rows in `_yoyo_log`, but for their random id and the time.

    The host is our own name where yoyo asks the name service for the full one, which can take seconds.
    """
    for command in (["apply"], ["rollback", "--all"], ["mark"], ["unmark", "--all"]):
        finish(yoyo(*command))
    theirs = [tuple(row) for row in await db.fetch(LOG)]
    assert [row[:2] for row in theirs] == [
        ("apply", "0001.create-users"),
        ("apply", "0002.add-name"),
        ("rollback", "0002.add-name"),
        ("rollback", "0001.create-users"),
        ("mark", "0001.create-users"),
        ("mark", "0002.add-name"),
        ("unmark", "0002.add-name"),
        ("unmark", "0001.create-users"),
    ]
    await afresh(db)
    config = project({}, migrations=(migrations,))
    await migrating.up(config)
    await migrating.down(config, everything=True)
    ids = ("0001.create-users", "0002.add-name")
    await migrating.mark(config, ids, state="applied")
    await migrating.mark(config, ids, state="pending")
    ours = [tuple(row) for row in await db.fetch(LOG)]
    assert ours[:6] == theirs[:6]
    assert sorted(ours[6:]) == sorted(theirs[6:])
    hosts = await db.fetch("select distinct hostname from _yoyo_log")
    assert [row[0] for row in hosts] == [socket.gethostname()]


async def test_ledger_rows_are_those_that_yoyo_writes(
    project: Make, migrations: Path, yoyo: Yoyo, db: Connection
) -> None:
    """A migration's key is the sha256 of its id, and its time is in UTC, as in yoyo's own rows."""
    query = "select migration_hash, migration_id, abs(extract(epoch from applied_at_utc - timezone('utc', now()))) < 60"
    finish(yoyo("apply"))
    theirs = [tuple(row) for row in await db.fetch(f"{query} from _yoyo_migration order by 2")]
    await afresh(db)
    await db.execute("set timezone = 'Pacific/Auckland'")
    await migrating.up(project({}, migrations=(migrations,)))
    ours = [tuple(row) for row in await db.fetch(f"{query} from _yoyo_migration order by 2")]
    assert ours == theirs
    assert ours[0] == (hashlib.sha256(b"0001.create-users").hexdigest(), "0001.create-users", True)
