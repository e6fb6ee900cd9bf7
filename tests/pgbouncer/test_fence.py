"""Several runners behind a real PgBouncer: on the ledger's fence alone, and with the lock of a pinned session."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from migrator import up
from migrator.config import Address, Config
from migrator.errors import UnavailableError
from migrator.migrating.books.lock import key

Connection = asyncpg.Connection
Project = Callable[..., Config]
Start = Callable[..., subprocess.Popen[str]]

TRACE = "create table trace (number bigserial, mark text not null); create table gate (mark text)"

WAIT = "do $$ begin while exists (select from gate where mark = '{}') loop perform pg_sleep(0.02); end loop; end $$;"


def traced(count: int, alone: tuple[int, ...] = ()) -> dict[str, str]:
    """Migrations of two statements each that leave a trace, without a constraint that would hide a second run.

    Between the two they wait while the gate has their number. Those in `alone` have no transaction and build an index.
    """
    files = {}
    for number in range(1, count + 1):
        lines = [
            f"insert into trace (mark) values ('{number}.1');",
            WAIT.format(number),
            f"insert into trace (mark) values ('{number}.2');",
        ]
        if number in alone:
            lines = ["-- transactional: false", *lines, f"create index concurrently trace_{number} on trace (mark);"]
        files[f"migrations/{number:04d}.step.sql"] = "\n".join(lines)
    return files


def marks(count: int) -> list[str]:
    return [f"{number}.{statement}" for number in range(1, count + 1) for statement in (1, 2)]


async def trace(db: Connection) -> list[str]:
    return [row[0] for row in await db.fetch("select mark from trace order by number")]


async def books(db: Connection) -> list[Any]:
    """Ledger, finished notes and log of as many migrations, and what must be zero: lock rows, locks, open runs."""
    of_this = "database = (select oid from pg_database where datname = current_database())"
    counts = [
        "select count(*) from _yoyo_migration",
        "select count(*) from migrator.journal where state = 'applied' and statements_done = statements_total",
        "select count(*) from _yoyo_log where operation = 'apply'",
        "select count(*) from yoyo_lock",
        f"select count(*) from pg_locks where locktype = 'advisory' and {of_this}",
    ]
    return [await db.fetchval(count) for count in counts]


async def finished(process: subprocess.Popen[str]) -> tuple[int, Any]:
    out, errors = await asyncio.to_thread(process.communicate, timeout=90)
    return process.returncode, json.loads(out) if out else errors


async def sleeping(db: Connection) -> int:
    """Wait until a migration waits at the gate; its backend's pid."""
    deadline = time.monotonic() + 20
    query = "select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    while (pid := await db.fetchval(query)) is None:
        assert time.monotonic() < deadline, "no migration comes to the gate"
        await asyncio.sleep(0.02)
    return int(pid)


def done(ends: list[tuple[int, Any]]) -> list[str]:
    return sorted(entry["id"] for _, document in ends for entry in document["done"])


ALLOWED = ("up", "--json", "--allow-transaction-pooler")


@pytest.mark.parametrize("extra", [(), ("--one-by-one",)], ids=["one message", "one by one"])
async def test_six_runners_on_the_fence_alone(
    start: Start, project: Project, bounced, db: Connection, extra: tuple[str, ...]
):
    """On an empty database, through three shared connections: each migration once, in order, and everybody succeeds."""
    await db.execute(TRACE)
    project({**traced(8), "migrations/post-apply.sql": "insert into trace (mark) values ('after')"})
    address = bounced("transaction", size=3)
    runners = [start(*ALLOWED, *extra, DATABASE_URL=address) for _ in range(6)]
    ends = await asyncio.gather(*map(finished, runners))
    assert [code for code, _ in ends] == [0] * 6, ends
    assert {document["database"]["kind"] for _, document in ends if document["done"]} == {"transaction-pooler"}
    assert done(ends) == [*(f"{number:04d}.step" for number in range(1, 9)), "post-apply"]
    assert await trace(db) == [*marks(8), "after"]
    assert await books(db) == [8, 8, 9, 0, 0]


async def test_a_killed_runner_on_the_fence(start: Start, project: Project, bounced, db: Connection):
    """One of five is killed in the middle of a migration: it is rolled back, and the others do it and the rest."""
    await db.execute(f"{TRACE}; insert into gate values ('3')")
    project(traced(5))
    address = bounced("transaction", size=3)
    first = start(*ALLOWED, DATABASE_URL=address)
    pid = await sleeping(db)
    others = [start(*ALLOWED, DATABASE_URL=address) for _ in range(4)]
    deadline = time.monotonic() + 20
    # one of them at least has met the fence of the first
    waiting = "select count(*) from pg_stat_activity where query like '%pg_try_advisory_xact_lock%' and pid <> $1"
    while not await db.fetchval(waiting, pid):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    first.kill()
    while await db.fetchval("select count(*) from pg_stat_activity where pid = $1", pid):
        assert time.monotonic() < deadline, "the server still runs the message of a dead client"
        await asyncio.sleep(0.05)
    await db.execute("delete from gate")
    ends = await asyncio.gather(*map(finished, others))
    assert [code for code, _ in ends] == [0] * 4, ends
    assert done(ends) == ["0003.step", "0004.step", "0005.step"]
    assert await trace(db) == marks(5)
    assert await books(db) == [5, 5, 5, 0, 0]


async def test_impatient_runners_are_told_that_it_is_locked(start: Start, project: Project, bounced, db: Connection):
    """While a migration runs, whoever has no patience gets exit code 3 and `locked`, and nothing else."""
    await db.execute(f"{TRACE}; insert into gate values ('1')")
    project(traced(2))
    address = bounced("transaction", size=4)
    first = start(*ALLOWED, DATABASE_URL=address)
    await sleeping(db)
    ends = await asyncio.gather(
        *(finished(start(*ALLOWED, "--wait", wait, DATABASE_URL=address)) for wait in ("0", "300ms"))
    )
    assert [(code, document["error"]["code"]) for code, document in ends] == [(3, "locked")] * 2
    await db.execute("delete from gate")
    assert (await finished(first))[0] == 0
    assert await trace(db) == marks(2)
    assert await books(db) == [2, 2, 2, 0, 0]


async def test_a_direct_runner_and_the_fence(start: Start, project: Project, bounced, db: Connection):
    """A direct runner in the middle of a file without a transaction has the lock: runners on the fence wait for it.

    They neither take its file for an abandoned one nor its lock row for a dead one.
    """
    await db.execute(f"{TRACE}; insert into gate values ('2')")
    project(traced(4, alone=(2,)))
    address = bounced("transaction", size=3)
    direct = start("up", "--json")
    await sleeping(db)
    impatient = await finished(start(*ALLOWED, "--wait", "100ms", DATABASE_URL=address))
    assert (impatient[0], impatient[1]["error"]["code"]) == (3, "locked"), impatient
    assert await db.fetchval("select count(*) from yoyo_lock") == 1
    patient = start(*ALLOWED, DATABASE_URL=address)
    waiting = "select count(*) from pg_stat_activity where query like '%pg_try_advisory_xact_lock%'"
    deadline = time.monotonic() + 20
    while not await db.fetchval(waiting):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    await db.execute("delete from gate")
    ends = await asyncio.gather(*map(finished, [direct, patient]))
    assert [code for code, _ in ends] == [0, 0], ends
    assert await trace(db) == marks(4)
    assert await books(db) == [4, 4, 4, 0, 0]


async def test_a_lock_that_is_taken_on_the_way(start: Start, project: Project, bounced, db: Connection, dsn: str):
    """Whoever takes the ledger's lock between two migrations of a run on the fence is waited for."""
    await db.execute(f"{TRACE}; insert into gate values ('1')")
    project(traced(2))
    process = start(*ALLOWED, DATABASE_URL=bounced("transaction", size=2))
    await sleeping(db)
    other = await asyncpg.connect(dsn)
    taking = asyncio.create_task(other.execute(f"select pg_advisory_lock({key('public')})"))
    deadline = time.monotonic() + 20
    while not await db.fetchval("select count(*) from pg_locks where locktype = 'advisory' and not granted"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    await db.execute("delete from gate")
    await taking
    await asyncio.sleep(1)  # it goes on at once, if it does not wait
    assert process.poll() is None
    assert await trace(db) == marks(1)
    await other.close()
    assert (await finished(process))[0] == 0
    assert await trace(db) == marks(2)
    assert await books(db) == [2, 2, 2, 0, 0]


async def test_a_backend_that_ends_on_the_fence(start: Start, project: Project, bounced, db: Connection):
    """The server ends the backend of a run: the ledger is asked through the pooler, and the next run does the rest."""
    await db.execute(f"{TRACE}; insert into gate values ('2')")
    project(traced(3))
    address = bounced("transaction", size=2)
    process = start(*ALLOWED, DATABASE_URL=address)
    await db.execute("select pg_terminate_backend($1)", await sleeping(db))
    code, document = await finished(process)
    assert (code, document["error"]["code"], document["error"]["done"]) == (4, "connection-lost", ["0001.step"]), (
        document
    )
    await db.execute("delete from gate")
    code, document = await finished(start(*ALLOWED, DATABASE_URL=address))
    assert (code, [each["id"] for each in document["done"]]) == (0, ["0002.step", "0003.step"])
    assert await trace(db) == marks(3)
    assert await books(db) == [3, 3, 3, 0, 0]


async def test_files_without_a_transaction_are_refused(project: Project, bounced, db: Connection):
    """On the fence alone such a file is refused before anything runs, what comes before it included."""
    await db.execute(TRACE)
    config = project(traced(3, alone=(3,)), database=Address(bounced("transaction"), "test"))
    with pytest.raises(UnavailableError) as caught:
        await up(config, allow_transaction_pooler=True)
    assert (caught.value.code, caught.value.migration, caught.value.outcome) == (
        "transaction-pooler",
        "0003.step",
        "nothing was changed",
    )
    assert await trace(db) == []


async def test_a_large_migration_on_the_fence(project: Project, bounced, db: Connection):
    """One that needs several messages stays on one connection, for its transaction is open between them."""
    rows = "\n".join(f"insert into big values ({number}, repeat('x', 10), '{'y' * 200}');" for number in range(900))
    files = {"migrations/0001.big.sql": f"create table big (id int, a text, b text);\n{rows}"}
    config = project(files, database=Address(bounced("transaction", size=3, server_round_robin=1), "test"))
    result = await up(config, allow_transaction_pooler=True)
    assert [(each.id, each.statements) for each in result.done] == [("0001.big", 901)]
    assert await db.fetchval("select count(*) from big") == 900


@pytest.mark.parametrize("alone", [(), (2, 4)], ids=["transactional", "with an index built concurrently"])
async def test_session_mode_with_several_runners(
    start: Start, project: Project, bounced, db: Connection, alone: tuple[int, ...]
):
    """Behind a session pooler everything is as on direct connections, and the connections go back clean."""
    await db.execute(TRACE)
    project(traced(5, alone=alone))
    address = bounced("session", size=6, server_reset_query="")
    runners = [start("up", "--json", DATABASE_URL=address) for _ in range(4)]
    ends = await asyncio.gather(*map(finished, runners))
    assert [code for code, _ in ends] == [0] * 4, ends
    assert {document["database"]["kind"] for _, document in ends if document["done"]} == {"session-pooler"}
    assert done(ends) == [f"{number:04d}.step" for number in range(1, 6)]
    assert await trace(db) == marks(5)
    assert await books(db) == [5, 5, 5, 0, 0]
