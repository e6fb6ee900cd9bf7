"""Seeding through a PgBouncer: all of it works, nothing stays behind, and a small pool is no trap."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable

import asyncpg
import pytest

from migrator import seed, status
from migrator.config import Address, Config
from migrator.errors import ConnectionLostError, MigratorError, WorkError
from migrator.events import Event, Noticed

Project = Callable[..., Config]
Start = Callable[..., "subprocess.Popen[str]"]
Connection = asyncpg.Connection

TABLES = """
    create table team (id int primary key, name text, lead_id int);
    create table person (id int primary key, name text, team_id int references team);
    alter table team add foreign key (lead_id) references person;
    create table apart (id serial primary key, name text);
    create table flag (name text primary key, owner int references person, ours boolean default true);
    insert into flag values ('gone', null, true), ('theirs', null, false);
"""
SEEDS: dict[str, str | bytes] = {
    "migrations/0001.a.sql": "select 1",
    "seeds/team.yaml": "team:\n  - {id: 1, name: blue, lead_id: 7}\n",
    "seeds/person.yaml": "person:\n  - {id: 7, name: Ada, team_id: 1}\n  - {id: 8, name: Bob, team_id: 1}\n",
    "seeds/flag.yaml": "flag:\n  mode: sync\n  where: ours\n  rows:\n    - {name: new, owner: {name: Bob}}\n",
    "seeds/apart.yaml": "apart:\n" + "".join(f"  - {{id: {number}, name: n{number}}}\n" for number in range(1, 1201)),
}
NAMES = ("team.yaml", "person.yaml", "flag.yaml", "apart.yaml")
EVERYTHING = "select (select count(*) from team), (select count(*) from person), (select count(*) from apart)"
ADVISORY = "select count(*) from pg_locks where locktype = 'advisory'"


def independent(count: int) -> dict[str, str | bytes]:
    """So many files that do not need one another, for tables `t1`, `t2` ..."""
    files = {f"seeds/{number}.yaml": f"t{number}:\n  - id: {number}\n" for number in range(1, count + 1)}
    return {"migrations/0001.a.sql": "select 1", **files}


async def tables(db: Connection, count: int) -> None:
    """Make the tables for `independent`."""
    await db.execute(";".join(f"create table t{number} (id int primary key)" for number in range(1, count + 1)))


async def states(config: Config, *, force: bool = False) -> dict[str, str]:
    """What became of each file, by its name."""
    async with asyncio.timeout(30):
        found = await seed(config, force=force)
    return {file.path.rpartition("/")[2]: file.state for file in found.files}


@pytest.mark.parametrize(("mode", "size"), [("transaction", 1), ("transaction", 3), ("session", 1), ("session", 4)])
async def test_all_of_it(project: Project, bounced, look, db: Connection, mode: str, size: int):
    """A cycle of files, a file beside it, one that has changed, `--force`: and every backend is as it was before."""
    await db.execute(TABLES)
    address = bounced(mode, size=size, server_reset_query="")
    config = project(SEEDS, database=Address(address, "test"))
    _, clean = await look(address)
    assert await states(config) == dict.fromkeys(NAMES, "loaded")
    assert tuple(await db.fetchrow(EVERYTHING)) == (1, 2, 1200)
    assert [tuple(row) for row in await db.fetch("select name, owner from flag order by 1")] == [
        ("new", 8),
        ("theirs", None),
    ]
    assert await db.fetchval("select nextval('apart_id_seq')") == 1201
    assert set((await states(config)).values()) == {"unchanged"}
    project({"seeds/person.yaml": "person:\n  - {id: 7, name: Grace, team_id: 1}\n"})
    assert await states(config) == dict.fromkeys(NAMES, "unchanged") | {"person.yaml": "loaded"}
    assert await db.fetchval("select name from person where id = 7") == "Grace"
    assert set((await states(config, force=True)).values()) == {"loaded"}
    summary = (await status(config)).seeds
    assert (summary.current, summary.changed, summary.new) == (4, 0, 0)
    assert await db.fetchval(ADVISORY) == 0
    # take every connection of the pool at once, so that none of them is left out
    backends = await db.fetchval(
        "select count(*) from pg_stat_activity where application_name <> '' and pid <> $1 "
        "and datname = current_database()",
        db.get_server_pid(),
    )
    assert 1 <= backends <= size
    found = await asyncio.gather(*(look(address) for _ in range(backends)))
    assert [each[1] for each in found] == [clean] * backends


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_locks_of_others_stay(project: Project, bounced, db: Connection, mode: str):
    """An advisory lock that another client has left or holds on the very backend that we get is its own."""
    await db.execute(TABLES)
    address = bounced(mode, size=1, server_reset_query="")
    other = await asyncpg.connect(address, statement_cache_size=0)
    await other.execute("select pg_advisory_lock(4711); listen theirs")
    if mode == "session":
        await other.close()
    config = project(SEEDS, database=Address(address, "test"))
    assert set((await states(config)).values()) == {"loaded"}
    await status(config)
    held = "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711"
    assert await db.fetchval(held) == 1
    if mode == "transaction":
        assert await other.fetchval("select pg_advisory_unlock(4711)") is True
        await other.close()


async def test_a_pool_that_is_smaller_than_ours(project: Project, bounced, db: Connection):
    """A run does not wait for a connection that only its own first one could free; it ends long before a timeout."""
    await tables(db, 6)
    address = bounced("session", size=2)
    application = await asyncpg.connect(address, statement_cache_size=0)
    await application.execute("select 1")
    started = time.monotonic()
    found = await states(project(independent(6), database=Address(address, "test"), pool_size=6))
    assert (set(found.values()), len(found)) == ({"loaded"}, 6)
    assert time.monotonic() - started < 15  # PgBouncer would let it wait for 120 s
    await application.close()


async def test_a_file_that_takes_longer_than_a_pooler_waits(project: Project, bounced, db: Connection):
    """Files that the pooler sends away because our own ones have its connections go again when those are done."""
    await db.execute(
        "create table slow (id int primary key); create table t1 (id int primary key);"
        "create function late() returns trigger language plpgsql as $$ begin perform pg_sleep(2.5); return new; end $$;"
        "create trigger late before insert on slow for each row execute function late()"
    )
    files = {**independent(1), "seeds/slow.yaml": "slow:\n  - id: 1\n"}
    address = bounced("transaction", size=1, query_wait_timeout=1)
    found = await states(project(files, database=Address(address, "test")))
    assert found == {"1.yaml": "loaded", "slow.yaml": "loaded"}


async def test_a_pool_that_others_keep(project: Project, bounced, db: Connection):
    """Where no connection of the server comes, the run ends with exit 3 and says why; nothing is loaded."""
    await tables(db, 2)
    address = bounced("transaction", size=1, query_wait_timeout=1)
    config = project(independent(2), database=Address(address, "test"))
    hog = await asyncpg.connect(address, statement_cache_size=0)
    await hog.execute("begin")
    with pytest.raises(MigratorError) as caught:
        await states(config)
    assert (caught.value.exit_code, caught.value.code) == (3, "pooler-full")
    assert caught.value.message == "the pooler had no connection of the server for us in time"
    await hog.execute("rollback")
    await hog.close()
    assert set((await states(config)).values()) == {"loaded"}


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_a_pooler_that_admits_few_clients(project: Project, bounced, db: Connection, mode: str):
    """Files load over the connections that there are, with a warning."""
    await tables(db, 4)
    address = bounced(mode, size=8, max_client_conn=2)
    events: list[Event] = []
    config = project(independent(4), database=Address(address, "test"))
    found = await seed(config, emit=events.append)
    assert [file.state for file in found.files] == ["loaded"] * 4
    assert len([event for event in events if isinstance(event, Noticed)]) <= 1


async def test_a_full_pooler_is_waited_for(project: Project, bounced, db: Connection):
    """A pooler that admits no more clients passes by itself, within `--wait`."""
    await tables(db, 1)
    address = bounced("session", max_client_conn=1)
    config = project(independent(1), database=Address(address, "test"))
    other = await asyncpg.connect(address, statement_cache_size=0)
    with pytest.raises(MigratorError) as caught:
        await status(project(database=config.database, wait=0.0))
    assert (caught.value.exit_code, caught.value.code) == (3, "pooler-full")
    events: list[Event] = []
    run = asyncio.create_task(seed(config, emit=events.append))
    while not events:
        assert not run.done()
        await asyncio.sleep(0.01)
    await other.close()
    assert [file.state for file in (await run).files] == ["loaded"]


async def test_statement_mode(project: Project, bounced, db: Connection):
    """A pooler that allows no transactions is refused by that name, by whatever needs one; `status` needs none."""
    await tables(db, 3)
    config = project(independent(3), database=Address(bounced("statement"), "test"))
    with pytest.raises(ConnectionLostError) as caught:
        await states(config)
    assert (caught.value.exit_code, caught.value.code, caught.value.hint) == (
        3,
        "statement-pooler",
        "use the direct address of the server, or the session mode of the pooler",
    )
    assert await db.fetchval("select count(*) from t1") == 0
    assert (await status(config)).seeds.new == 3


async def _blocked(db: Connection, table: str = "team") -> None:
    """Wait until somebody waits for the lock of a table."""
    query = f"select count(*) from pg_locks where relation = '{table}'::regclass and not granted"
    async with asyncio.timeout(20):
        while not await db.fetchval(query):  # noqa: ASYNC110 - it is another process that waits
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_a_run_that_is_stopped(
    project: Project, start: Start, bounced, look, db: Connection, mode: str, number: signal.Signals, code: int
):
    """What runs is cancelled through the pooler, or by the server itself; the pool and the rows are as before."""
    await db.execute(TABLES)
    address = bounced(mode, size=2, server_reset_query="")
    config = project(SEEDS, database=Address(address, "test"))
    _, clean = await look(address)
    await db.execute("begin; lock table team")
    process = start("seed", DATABASE_URL=address)
    await _blocked(db)
    process.send_signal(number)
    await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == code
    # while the table is still locked
    async with asyncio.timeout(20):
        while await db.fetchval("select count(*) from pg_locks where not granted"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await db.execute("rollback")
    async with asyncio.timeout(20):
        while await db.fetchval(ADVISORY):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert await db.fetchval("select count(*) from team") == 0
    assert (await look(address))[1] == clean
    assert "failed" not in (await states(config)).values()
    assert tuple(await db.fetchrow(EVERYTHING)) == (1, 2, 1200)


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_a_script_leaves_nothing_to_the_next_client(project: Project, bounced, look, db: Connection, mode: str):
    """What it sets is gone with its transaction, when it is committed and when it fails."""
    await db.execute("create table apart (id serial primary key, name text)")
    leaves = (
        "set search_path = pg_catalog; set statement_timeout = 60000; create temporary table mine (id int); "
        "prepare mine as select 1; select nextval('public.apart_id_seq'); listen mine;"
    )
    address = bounced(mode, size=1, server_reset_query="")
    config = project({"seeds/a.sql": leaves}, database=Address(address, "test"))
    _, clean = await look(address)
    assert await states(config) == {"a.sql": "loaded"}
    assert (await look(address))[1] == clean
    project({"seeds/b.sql": leaves + "insert into public.apart values (null, 1/0)"})
    with pytest.raises(WorkError):
        await states(config)
    assert (await look(address))[1] == clean
