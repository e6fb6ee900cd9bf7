"""A pooler is known by what it does: what is refused behind it, what is not, and what it is called."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import asyncpg
import pytest

from migrator import down, mark, protect, redo, reset, seed, status, up
from migrator.config import Address, Config
from migrator.database.address.pooler import kind_of
from migrator.database.address.target import Host, Secret
from migrator.database.connect import connect
from migrator.database.sessions import probe
from migrator.database.sessions.probe import find_mode
from migrator.errors import UnavailableError
from migrator.migrating.running import sharing

Project = Callable[..., Config]

FILES: dict[str, str | bytes] = {
    "migrations/0001.a.sql": "create table a (id int primary key)",
    "migrations/0001.a.rollback.sql": "drop table a",
    "seeds/a.yaml": "a:\n  - id: 1\n",
}


def at(address: str) -> Address:
    return Address(address, "test")


async def mode(config: Config) -> tuple[str, str]:
    """What a connection is called after a read, and after the mode was asked for."""
    async with connect(config, migrating=True) as session:
        (backend,) = await session.read("select to_jsonb(pg_backend_pid())")
        session.answered_by(backend)
        before = session.target.kind
        await find_mode(session)
        return before, session.target.kind


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("turns", [0, 1], ids=["newest first", "in turns"])
async def test_transaction_mode_is_proven(project: Project, bounced, size: int, turns: int):
    """Whatever the pool's size, and in whichever order it hands out its connections."""
    address = bounced("transaction", size=size, server_round_robin=turns)
    assert await mode(project(database=at(address))) == ("pooler", "transaction-pooler")


async def test_transaction_mode_is_proven_under_load(project: Project, bounced, monkeypatch: pytest.MonkeyPatch):
    """While other clients take and return connections at every moment, there is no mistake either."""
    # an answer that does not come in time proves nothing, and here a busy machine may be as slow as it likes
    monkeypatch.setattr(probe, "PATIENCE", 60.0)
    monkeypatch.setattr(probe, "TAKE", probe.TAKE.replace("2s", "60s"))
    address = bounced("transaction", size=4)

    async def busy() -> None:
        connection = await asyncpg.connect(address, statement_cache_size=0)
        try:
            while True:
                await connection.execute("select pg_sleep(0.001)")
        finally:
            await connection.close()

    load = [asyncio.create_task(busy()) for _ in range(6)]
    try:
        found = [await mode(project(database=at(address))) for _ in range(5)]
    finally:
        for task in load:
            task.cancel()
        await asyncio.gather(*load, return_exceptions=True)
    assert found == [("pooler", "transaction-pooler")] * 5


@pytest.mark.parametrize("size", [1, 3])
async def test_session_mode_is_not_called_otherwise(project: Project, bounced, size: int):
    """A session that keeps its backend is one of a session pooler, also where the pool has no second connection."""
    address = bounced("session", size=size)
    assert await mode(project(database=at(address))) == ("pooler", "session-pooler")


async def test_a_direct_connection_is_none(project: Project, dsn: str):
    """Without a pooler the backend is the one of the handshake, and nothing is asked."""
    assert await mode(project(database=at(dsn))) == ("direct", "direct")


async def test_only_who_writes_is_refused(project: Project, bounced, db):
    """Behind a pooler in transaction mode every command that would write is refused, and every other one works."""
    address = bounced("transaction")
    direct, pooled = project(FILES), project(FILES, database=at(address))

    async def refused(coroutine) -> str | None:
        with pytest.raises(UnavailableError) as caught:
            await coroutine
        assert (caught.value.exit_code, caught.value.code, caught.value.outcome) == (
            3,
            "transaction-pooler",
            "nothing was changed",
        )
        said = f"`{address}` is a pooler in transaction mode, where no session lock holds"
        assert caught.value.message == said
        return caught.value.hint

    hint = await refused(up(pooled))
    assert hint is not None
    assert hint.endswith(", or run on the ledger's own fence with `--allow-transaction-pooler`")
    assert await db.fetchval("select count(*) from pg_namespace where nspname = 'migrator'") == 0
    assert (await up(pooled, dry_run=True)).planned == ("0001.a",)
    assert await refused(mark(pooled, ("0001",), state="applied")) == hint.removesuffix(
        ", or run on the ledger's own fence with `--allow-transaction-pooler`"
    )
    await up(direct)
    settled = await up(pooled)
    assert (settled.done, settled.database.kind) == ((), "pooler")
    writing = (down(pooled), redo(pooled), reset(pooled), mark(pooled, ("0001",), state="pending"), protect(pooled))
    for command in writing:
        assert "`--allow" not in str(await refused(command))
    assert (await down(pooled, dry_run=True)).planned == ("0001.a",)
    found = await status(pooled)
    assert ([each.state for each in found.migrations], found.database.kind) == (["applied"], "pooler")
    for state in ("loaded", "unchanged"):
        seeded = await seed(pooled)
        assert ([file.state for file in seeded.files], seeded.database.kind) == ([state], "pooler")
    assert await db.fetchval("select count(*) from a") == 1
    assert await db.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0


async def test_the_direct_address_is_named(project: Project, bounced, dsn: str, db):
    """The way out is the address that the server gives itself; one that was reached by a socket has none."""
    place = await db.fetchrow("select host(inet_server_addr()) as host, inet_server_port() as port")
    address = bounced("transaction").replace("//postgres@", "//postgres:hunter2@")
    with pytest.raises(UnavailableError) as caught:
        await up(project(FILES, database=at(address)))
    said = str(caught.value.hint)
    assert "hunter2" not in said + str(caught.value)
    if place["host"] is None:
        assert said.startswith("use the direct address of the server, or the session mode of the pooler, or")
    else:
        database = urlsplit(dsn).path
        assert f"which it says is `postgresql://postgres@{place['host']}:{place['port']}{database}`" in said


async def test_a_known_pooler_names_its_other_door(project: Project, dsn: str):
    """Where the name tells, the way out is the address without the pooler, with the same login and never a password."""
    async with connect(project(database=at(dsn))) as session:
        host = Host(name="ep-a-pooler.eu-central-1.aws.neon.tech")
        session.target = replace(
            session.target,
            hosts=(host,),
            user="ada",
            database="shop",
            password=Secret("hunter2"),
            kind=kind_of((host,)),
        )
        with pytest.raises(UnavailableError) as caught:
            await sharing.refuse_pooler(session)
    assert caught.value.hint == "use `postgresql://ada@ep-a.eu-central-1.aws.neon.tech:5432/shop`, where sessions hold"


async def test_session_mode_is_as_a_direct_connection(project: Project, bounced, db):
    """Everything works behind a pooler in session mode, and the result calls it that."""
    pooled = project(
        {**FILES, "migrations/0002.b.sql": "-- transactional: false\ncreate index concurrently b on a (id)"},
        database=at(bounced("session")),
    )
    done = await up(pooled)
    assert ([each.id for each in done.done], done.database.kind) == (["0001.a", "0002.b"], "session-pooler")
    assert (await mark(pooled, ("0002",), state="pending")).database.kind == "session-pooler"
    assert (await down(pooled)).database.kind == "session-pooler"
    assert await db.fetchval("select count(*) from _yoyo_migration") == 0


async def test_the_command_says_so(start, project: Project, bounced):
    """`migrate up --json` and `migrate status` call the pooler by its name; the refusal is exit code 3."""
    address = bounced("transaction")
    project(FILES)
    process = start("up", "--json", DATABASE_URL=address)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)["error"]["code"]) == (3, "transaction-pooler")
    process = start("status", DATABASE_URL=address)
    out, _ = process.communicate(timeout=60)
    assert re.search(r"\(pooler, from DATABASE_URL\)", out)


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_settings_of_the_address_hold(project: Project, bounced, look, db, mode: str):
    """What the address asks for, such as a search_path of two schemas, holds for us and for no other client."""
    await db.execute("create schema one; create schema two; create table two.b (id int)")
    address = bounced(mode, server_reset_query="")
    asked = project(FILES, database=at(f"{address}?options=-csearch_path%3Done,two"))
    backend, before = await look(address)
    assert (await status(asked)).migrations[0].state == "pending"
    files = {"migrations/0002.c.sql": "insert into b values (7); create table c (id int)"}
    applied = await up(project(files, database=asked.database), allow_transaction_pooler=True)
    assert [each.id for each in applied.done] == ["0001.a", "0002.c"]
    assert await db.fetchval(
        "select array_agg(tablename order by tablename) from pg_tables where schemaname = 'one'"
    ) == [*("_yoyo_log", "_yoyo_migration", "_yoyo_version", "a", "c", "yoyo_lock")]
    assert await db.fetchval("select id from two.b") == 7
    assert [each.state for each in (await status(asked)).migrations] == ["applied", "applied"]
    assert (await up(asked)).done == ()
    assert await look(address) == (backend, before)
    assert before["search_path"] == '"$user", public'


async def test_a_pooler_that_hid_is_found_out_by_the_lock(project: Project, bounced, db, monkeypatch):
    """Where the probe saw nothing and another backend answers under the lock, the run ends before it writes."""

    async def sees_nothing(session) -> None:
        session.found("session-pooler" if session.target.kind == "pooler" else session.target.kind)

    monkeypatch.setattr(sharing, "find_mode", sees_nothing)
    address = bounced("transaction", size=2, server_round_robin=1)
    warm = [await asyncpg.connect(address, statement_cache_size=0) for _ in range(2)]
    for connection in warm:
        await connection.execute("begin")
    for connection in warm:
        await connection.execute("rollback")
        await connection.close()
    config = project(FILES, database=at(address))
    with pytest.raises(UnavailableError) as caught:
        await up(config)
    assert caught.value.code == "transaction-pooler"
    assert await db.fetchval("select count(*) from pg_namespace where nspname = 'migrator'") == 0
    assert await db.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0
    allowed = await up(config, allow_transaction_pooler=True)
    assert ([each.id for each in allowed.done], allowed.database.kind) == (["0001.a"], "transaction-pooler")
    assert await db.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0
