"""Nothing that a migration leaves in its session reaches the next client of a pooler, however the run ended."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from migrator import seed, up
from migrator.config import Address, Config
from migrator.database.sessions import probe
from migrator.errors import MigratorError

Connection = asyncpg.Connection
Project = Callable[..., Config]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
async def leaving(db: Connection) -> AsyncIterator[str]:
    """Statements that leave behind whatever a session can keep; their role is dropped after the test."""
    role = f"leaker_{await db.fetchval('select current_database()')}"
    await db.execute(f"create role {role}")
    yield f"""
        create temp table leftover (id int);
        prepare leftover as select 1;
        declare leftover cursor with hold for select 1;
        listen leftover;
        set application_name = 'leftover';
        set statement_timeout = '17s';
        set lock_timeout = '18s';
        set synchronous_commit = off;
        select set_config('app.tenant', 'leftover', false);
        set session authorization {role};
        set role {role};
        set search_path = pg_catalog;
    """
    await db.execute(f"drop role {role}")


GATE = "do $$ begin while exists (select from gate) loop perform pg_sleep(0.02); end loop; end $$;"

DEFERRED = """
    create table parent (id int primary key);
    create table child (id int references parent deferrable initially deferred);
    insert into child values (1);
"""

AT_COMMIT_ALONE = """
    create table parent (id int primary key);
    create table child (id int references parent deferrable initially deferred);
    create table bait (id int);
    create function later() returns trigger language plpgsql as $$ begin
        set constraints all deferred;
        insert into public.child values (1);
        return null;
    end $$;
    create constraint trigger later after insert on bait deferrable initially deferred
        for each row execute function later();
    grant insert on child to public;
    insert into bait values (1);
"""
"""Whoever looks for what COMMIT would find wrong, finds it deferred again: COMMIT itself fails."""

ENDINGS: dict[str, tuple[str, str, str | None]] = {
    "applied": ("", "", None),
    "a statement fails": ("", "select 1 / 0;", "22012"),
    "a constraint fails at commit": (DEFERRED, "", "23503"),
    "commit itself fails": (AT_COMMIT_ALONE, "", "23503"),
    "a syntax error": ("", "selec 1;", "42601"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("mode", "one_by_one"),
    [("transaction", False), ("transaction", True), ("session", False)],
    ids=["transaction mode", "transaction mode, one by one", "session mode"],
)
async def test_the_next_client_finds_nothing(
    project: Project,
    bounced,
    look,
    waiting: Callable[[str], int],
    db: Connection,
    leaving: str,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    mode: str,
    *,
    one_by_one: bool,
):
    """A client that waits for the run's backend gets it at the first moment it can, and finds a new one's state."""
    monkeypatch.setattr(probe, "PATIENCE", 0.2)  # the pool has one connection only, so that everybody gets the same
    before, after, sqlstate = ENDINGS[ending]
    address = bounced(mode, size=1, server_reset_query="")
    backend, clean = await look(address)
    await db.execute("create table gate (); insert into gate default values")
    files = {
        "migrations/0001.a.sql": "create table a (id int)",
        "migrations/0002.b.sql": GATE + before + leaving + after,
    }
    config = project(files, database=Address(address, "test"))
    run = asyncio.create_task(up(config, one_by_one=one_by_one, allow_transaction_pooler=True))
    if sqlstate != "42601" or one_by_one:  # else the server refuses the message before it runs any of it
        await _held(db)
        lurking = asyncio.create_task(look(address))
        while not waiting(address):
            assert not lurking.done()
            await asyncio.sleep(0.01)
        await db.execute("delete from gate")
        assert await lurking == (backend, clean)
    if sqlstate is None:
        assert [each.id for each in (await run).done] == ["0001.a", "0002.b"]
    else:
        with pytest.raises(MigratorError) as caught:
            await run
        assert (caught.value.sqlstate, caught.value.migration) == (sqlstate, "0002.b")
    assert await look(address) == (backend, clean)
    nothing = ("prepared", "cursors", "temporary", "channels")
    assert [clean[name] for name in nothing] == [None] * 4
    assert await db.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0


async def _held(db: Connection) -> int:
    """Wait until the migration sleeps; its backend's pid."""
    deadline = time.monotonic() + 20
    query = "select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    while (pid := await db.fetchval(query)) is None:
        assert time.monotonic() < deadline, "the migration does not come to its sleep"
        await asyncio.sleep(0.02)
    return int(pid)


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_an_interrupted_run_leaves_nothing(
    start: Start, project: Project, bounced, look, db: Connection, leaving: str, mode: str
):
    """SIGINT in the middle of a migration: the same backend goes clean to the next client."""
    address = bounced(mode, size=2, server_reset_query="")
    _, clean = await look(address)
    project({"migrations/0001.a.sql": leaving + "set statement_timeout = 0; select pg_sleep(60)"})
    process = start("up", "--allow-transaction-pooler", DATABASE_URL=address)
    pid = await _held(db)
    process.send_signal(signal.SIGINT)
    await asyncio.to_thread(process.communicate, timeout=30)
    assert process.returncode == 130
    assert await look(address) == (pid, clean)
    assert await db.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_a_killed_run_leaves_nothing(
    start: Start, project: Project, bounced, look, db: Connection, leaving: str, mode: str
):
    """SIGKILL in the middle of a migration: its backend ends within moments, and no client ever gets it."""
    address = bounced(mode, size=2, server_reset_query="")
    _, clean = await look(address)
    project({"migrations/0001.a.sql": leaving + "set statement_timeout = 0; select pg_sleep(60)"})
    process = start("up", "--allow-transaction-pooler", DATABASE_URL=address)
    pid = await _held(db)
    process.kill()
    await asyncio.to_thread(process.wait)
    deadline = time.monotonic() + 15
    while await db.fetchval("select count(*) from pg_stat_activity where pid = $1", pid):
        assert time.monotonic() < deadline, "the server still runs the statement of a dead client"
        await asyncio.sleep(0.05)
    for _ in range(3):
        backend, state = await look(address)
        assert (backend != pid, state) == (True, clean)
    assert await db.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0


@pytest.mark.parametrize(("failing", "sqlstate"), [("", None), ("select 1 / 0", "22012")], ids=["applied", "failed"])
async def test_a_role_without_plpgsql_leaves_nothing_either(
    project: Project, bounced, look, db: Connection, failing: str, sqlstate: str | None
):
    """Without the right to PL/pgSQL the statements that a migration prepared are taken back all the same."""
    database = await db.fetchval("select current_database()")
    role = f"plain_{database}"
    await db.execute(
        f"create role {role} login password '{role}'; revoke usage on language plpgsql from public;"
        f"grant create on database {database} to {role}; grant create on schema public to {role}"
    )
    try:
        address = bounced("transaction", size=1, user=role)
        before = await look(address)
        files = {"migrations/0001.a.sql": f"prepare leftover as select 1; create temp table leftover (); {failing}"}
        run = up(project(files, database=Address(address, "test")), allow_transaction_pooler=True)
        if sqlstate is None:
            assert [each.id for each in (await run).done] == ["0001.a"]
        else:
            with pytest.raises(MigratorError) as caught:
                await run
            assert caught.value.sqlstate == sqlstate
        assert await look(address) == before
    finally:
        await db.execute(f"drop owned by {role} cascade; drop role {role}")


async def test_a_seed_leaves_nothing(project: Project, bounced, look, db: Connection):
    """Seed files, one of which fails, leave the pooler's connections as they were, and its prepared statements, too."""
    await db.execute("create table a (id int primary key); create table b (id int primary key, n int check (n > 0))")
    address = bounced("transaction", size=1)
    other = await asyncpg.connect(address, statement_cache_size=0)
    try:
        prepared = await other.prepare("select 1", name="of_the_pooler")
        assert await prepared.fetchval() == 1  # and the pool has its connection again
        before = await look(address)
        files = {"seeds/a.yaml": "a:\n  - id: 1\n", "seeds/b.yaml": "b:\n  - id: 1\n    n: -1\n"}
        with pytest.raises(MigratorError):
            await seed(project(files, database=Address(address, "test")))
        assert await look(address) == before
        assert await prepared.fetchval() == 1
        assert await db.fetchval("select count(*) from a") == 1
    finally:
        await other.close()


async def test_statements_of_the_pooler_stay(project: Project, bounced):
    """What other clients have prepared by the protocol is the pooler's, and stays; what the migration prepared goes."""
    address = bounced("transaction", size=1)
    other = await asyncpg.connect(address, statement_cache_size=0)
    try:
        prepared = await other.prepare("select 1", name="of_the_pooler")
        assert await prepared.fetchval() == 1  # and the pool has its connection again
        config = project({"migrations/0001.a.sql": "prepare mine as select 1"}, database=Address(address, "test"))
        await up(config, allow_transaction_pooler=True)
        # newer PgBouncers give it a name of their own
        assert await other.fetchval("select array_agg(from_sql) from pg_prepared_statements where name <> ''") == [
            False
        ]
        assert await prepared.fetchval() == 1
    finally:
        await other.close()


async def test_text_stays_utf8_behind_a_pooler(bounced, project: Project, server_dsn: str, dsn: str, db: Connection):
    """In a database of another encoding, `reset all` behind a pooler would let the next message be read as that."""
    name = await db.fetchval("select current_database() || '_latin1'")
    await db.execute(f"create database {name} template template0 encoding latin1 locale 'C'")
    try:
        address = bounced("session").rpartition("/")[0] + f"/{name}"
        files = {f"migrations/000{number}.a.sql": f"create table t{number} as select 'é' as v" for number in (1, 2)}
        await up(project(files, database=Address(address, "test")), one_by_one=True)
        look = await asyncpg.connect(address, statement_cache_size=0)
        found = [await look.fetchval(f"select array_agg(v) from t{number}") for number in (1, 2)]
        await look.close()
        assert found == [["é"], ["é"]]
    finally:
        await db.execute(f"drop database {name} with (force)")
