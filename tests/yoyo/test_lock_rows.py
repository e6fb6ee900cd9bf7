"""Yoyo's lock row: ours around a file without a transaction, a dead one of ours, and one of a stranger."""

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

from migrator import migrating
from migrator.config import Address, Config
from migrator.database.address.dsn import parse
from migrator.database.sessions.opening import open_session
from migrator.errors import UnavailableError
from migrator.events import Event, Waiting
from migrator.migrating.books.lock import by_row, key, row_holder
from migrator.migrating.books.supabase_table import SCHEMA, SupabaseTable

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Make = Callable[..., Config]
Start = Callable[..., subprocess.Popen[str]]
Yoyo = Callable[..., subprocess.Popen[str]]

GATE = 4711
"""The advisory lock that a test holds to keep a statement from ending."""

SLOW = f"""-- transactional: false
-- depends: 0002.add-name
create table if not exists ran (n int);
insert into ran values (1);
select pg_advisory_lock({GATE}), pg_advisory_unlock({GATE});
insert into ran values (2);
"""

KILL_OTHERS = """select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"""

TAKE = """
import sys
from yoyo import exceptions, get_backend
try:
    with get_backend(sys.argv[1]).lock(timeout=0.4):
        print("taken")
except exceptions.LockTimeout as error:
    print(error)
"""
"""Takes yoyo's lock as yoyo does, with less patience than its command's ten seconds."""


@pytest.fixture
def slow(migrations: Path) -> Path:
    """A third migration, without a transaction, that waits at the gate between its two rows."""
    (migrations / "0003.slow.sql").write_text(SLOW, encoding="utf-8")
    return migrations


@pytest.fixture
async def gate(db: Connection) -> Connection:
    """A session that has the gate closed."""
    await db.execute(f"select pg_advisory_lock({GATE})")
    return db


async def waiting_at_the_gate(db: Connection, *processes: subprocess.Popen[str]) -> None:
    """Wait until a migration waits at the gate."""
    deadline = time.monotonic() + 15
    query = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {GATE} and not granted"
    while not await db.fetchval(query):
        assert [process.poll() for process in processes] == [None] * len(processes)
        assert time.monotonic() < deadline, "nobody came to the gate"
        await asyncio.sleep(0.02)


async def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The end of a process: exit code and all that it said."""
    out, errors = await asyncio.to_thread(process.communicate, timeout=30)
    return process.returncode, out + (errors or "")


async def yoyos_lock(dsn: str) -> str:
    """What comes of yoyo's own attempt at its lock."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PYTHON"))}
    command = [sys.executable, "-c", TAKE, dsn]
    done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.usefixtures("slow")
async def test_yoyo_is_kept_out_of_a_file_without_a_transaction(
    start: Start, yoyo: Yoyo, gate: Connection, dsn: str
) -> None:
    """While such a file runs our lock row is committed: yoyo names our process, waits in no transaction, and finds all
    of it applied.
    """  # noqa: D205 - one sentence
    ours = start("up", "--json", "--lock-timeout", "1min")
    await waiting_at_the_gate(gate, ours)
    assert await yoyos_lock(dsn) == (
        f"Process {ours.pid} has locked this database (run yoyo break-lock to remove this lock)"
    )
    theirs = yoyo("apply")
    await waiting_at_the_gate(gate, ours, theirs)
    await gate.execute(f"select pg_advisory_unlock({GATE})")
    code, said = await finished(ours)
    assert (code, [done["id"] for done in json.loads(said)["done"]][-1]) == (0, "0003.slow")
    assert (await finished(theirs))[0] == 0
    assert await gate.fetch("select n from ran order by n") == [(1,), (2,)]
    assert await gate.fetchval("select count(*) from yoyo_lock") == 0


@pytest.mark.usefixtures("slow")
async def test_a_dead_row_of_ours_is_removed_by_the_next_run(
    start: Start, yoyo: Yoyo, gate: Connection, dsn: str
) -> None:
    """Killed in such a file we leave our row behind, which keeps yoyo out. The next `up` knows it as ours, removes it
    and goes on where the file stopped; then yoyo finds nothing to do.
    """  # noqa: D205 - one sentence
    ours = start("up", "--lock-timeout", "1min")
    await waiting_at_the_gate(gate, ours)
    ours.send_signal(signal.SIGKILL)
    await finished(ours)
    await gate.execute(KILL_OTHERS)
    assert (await yoyos_lock(dsn)).startswith(f"Process {ours.pid} has locked this database")
    await gate.execute(f"select pg_advisory_unlock({GATE})")
    code, said = await finished(start("up", "--json"))
    assert code == 0, said
    assert await yoyos_lock(dsn) == "taken"
    assert (await finished(yoyo("apply")))[0] == 0
    assert await gate.fetchval("select array_agg(n order by n) from ran") == [1, 2]


async def test_a_dead_row_of_a_post_apply_file_is_removed(
    start: Start, migrations: Path, gate: Connection, dsn: str
) -> None:
    """A post-apply file without a transaction that was killed is owed, and the run that pays knows the row as ours."""
    (migrations / "post-apply.sql").write_text(
        f"-- transactional: false\nselect pg_advisory_lock({GATE}), pg_advisory_unlock({GATE});", encoding="utf-8"
    )
    ours = start("up", "--lock-timeout", "1min")
    await waiting_at_the_gate(gate, ours)
    ours.send_signal(signal.SIGKILL)
    await finished(ours)
    await gate.execute(KILL_OTHERS)
    assert (await yoyos_lock(dsn)).startswith(f"Process {ours.pid} has locked this database")
    await gate.execute(f"select pg_advisory_unlock({GATE})")
    code, said = await finished(start("up", "--json"))
    assert (code, [done["id"] for done in json.loads(said)["done"]]) == (0, ["post-apply"]), said
    assert await yoyos_lock(dsn) == "taken"


PENDING = {
    "up": {"migrations/0002.b.sql": "create table b ();"},
    "up without a transaction": {"migrations/0002.b.sql": "-- transactional: false\nvacuum;"},
    "post-apply": {"migrations/post-apply.sql": "-- transactional: false\nvacuum;"},
}
STRANGER = "insert into yoyo_lock values (1, timezone('utc', clock_timestamp()) - interval '1 hour', {pid})"


@pytest.mark.parametrize(
    "pid",
    [
        pytest.param(99999, id="another process"),
        # in a container every process may be number 1
        pytest.param(os.getpid(), id="of our number"),
    ],
)
@pytest.mark.parametrize("what", ["up", "up without a transaction", "post-apply", "down", "mark"])
async def test_a_row_of_a_stranger_is_named_and_left_alone(project: Make, db: Connection, what: str, pid: int) -> None:
    """A row that is not ours stops every command that writes: exit 3, its process, its age and yoyo's own way out. It
    is told of once while it is waited for, and it is not removed, whatever its number.
    """  # noqa: D205 - one sentence
    files = {"migrations/0001.a.sql": "create table a ();", "migrations/0001.a.rollback.sql": "drop table a;"}
    await migrating.up(project(files))
    await db.execute(STRANGER.format(pid=pid))
    if what == "post-apply":
        await db.execute(
            "insert into migrator.journal (migration_id, statements_done, statements_total, state) "
            "values ('post-apply', 0, 1, 'owed')"
        )
    config = project(PENDING.get(what, {}), wait=0.6)
    events: list[Event] = []
    commands = {
        "down": lambda: migrating.down(config, emit=events.append),
        "mark": lambda: migrating.mark(config, ("0001",), state="pending", emit=events.append),
    }
    with pytest.raises(UnavailableError) as caught:
        await commands.get(what, lambda: migrating.up(config, emit=events.append))()
    error = caught.value
    assert (error.exit_code, error.code) == (3, "locked")
    head, _, age = error.message.rpartition(", for ")
    assert head == f"`yoyo` or another `migrate` holds the lock of the ledger: process {pid}"
    assert 3600 <= int(age.removesuffix(" s")) < 3700
    assert "`yoyo break-lock --database ADDRESS`" in str(error.hint)
    assert [event.application for event in events if isinstance(event, Waiting)] == [f"process {pid}"]
    assert await db.fetchval("select array_agg(pid) from yoyo_lock") == [pid]


async def test_mark_waits_for_yoyo(project: Make, db: Connection) -> None:
    """`mark` waits as `up` does: when the row goes away in time, it does its work."""
    config = project({"migrations/0001.a.sql": ""}, wait=20.0)
    await migrating.up(config)
    await db.execute(STRANGER.format(pid=99999))
    told = asyncio.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Waiting):
            told.set()

    marking = asyncio.create_task(migrating.mark(config, ("0001",), state="pending", emit=hear))
    await asyncio.wait_for(told.wait(), 10)
    await db.execute("delete from yoyo_lock")
    assert (await marking).marked == ("0001.a",)


async def test_a_holder_is_named_whatever_kind_of_lock_it_has(db: Connection, dsn: str) -> None:
    """Who has the Supabase ledger's own lock is a backend of the server; it is named by what the server knows of it."""
    await db.execute("set application_name = 'their cli'")
    session = await open_session(parse(Address(dsn, "test"), {}))
    try:
        query = SupabaseTable().holder()
        assert (row_holder(await session.read(query)), by_row([], patience=1.0)) == (None, None)
        async with db.transaction():
            await db.execute(f"select pg_advisory_xact_lock({key(SCHEMA)})")
            rows = await session.read(query)
    finally:
        await session.close()
    pid = db.get_server_pid()
    named = str(row_holder(rows))
    assert named.startswith(f"backend {pid}")  # and from where, unless it came over a socket
    assert named.endswith(" (`their cli`)")
    holder = by_row(rows, patience=1.0)
    assert holder is not None
    assert (holder.pid, holder.application, holder.patience) == (pid, "their cli", 1.0)
