"""Files side by side: parents first, failures alone, one transaction each, whatever happens meanwhile."""

import asyncio
import itertools
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from cable import Cable

from migrator.config import Address, Config
from migrator.errors import MigratorError, WorkError
from migrator.events import FileFailed, FileLoaded, FileSkipped, Noticed
from migrator.seeding import seed

SHOP = (
    "create table users (id int primary key, name text not null);"
    "create table orders (id int primary key, user_id int not null references users);"
    "create table lines (id int primary key, order_id int references orders, n int check (n > 0));"
    "create table notes (id int primary key)"
)
FILES = {
    "users": "users:\n  - {id: 1, name: a}\n",
    "orders": "orders:\n  - {id: 10, user_id: 1}\n",
    "lines": "lines:\n  - {id: 100, order_id: 10, n: 1}\n",
}


@pytest.fixture
async def shop(db):
    """Users, their orders, and the orders' lines."""
    await db.execute(SHOP)
    return db


@pytest.mark.parametrize("names", ["".join(names) for names in itertools.permutations("abc")])
async def test_foreign_keys_order_files(run, shop, names):
    """Whatever files are called, a row's parents are committed before it is loaded."""
    outcomes = await run({f"{name}.yaml": text for name, text in zip(names, FILES.values(), strict=True)})
    assert {outcome.state for outcome in outcomes.values()} == {"loaded"}
    assert (
        await shop.fetchval(
            "select count(*) from lines join orders o on o.id = order_id join users u on u.id = o.user_id"
        )
        == 1
    )


async def test_a_null_reference_waits_for_nothing(project: Callable[..., Config], shop):
    """Only rows that fill the foreign key make a file wait: a failing parent does not stop the others."""
    config = project(
        {
            "seeds/a.yaml": "users:\n  - {id: 1, name: a}\n  - {id: 01, name: b}\n",
            "seeds/b.yaml": "lines:\n  - {id: 1, order_id: null, n: 1}\n",
        }
    )
    with pytest.raises(WorkError):
        await seed(config)
    assert await shop.fetchval("select count(*) from lines") == 1


async def test_a_failing_parent_skips_its_children_by_name(project: Callable[..., Config], shop):
    """What needs the failed file is skipped and says so, down the line; what does not is loaded, and stays."""
    config = project(
        {
            "seeds/1-orders.yaml": FILES["orders"],
            "seeds/2-lines.yaml": FILES["lines"],
            "seeds/3-notes.yaml": "notes:\n  - {id: 1}\n",
            "seeds/4-users.yaml": "users:\n  - {id: 1, name: a}\n  - {id: 01, name: b}\n",
        }
    )
    events = []
    with pytest.raises(WorkError) as caught:
        await seed(config, emit=events.append)
    error = caught.value
    assert [Path(path).name for path in error.done] == ["3-notes.yaml"]
    assert error.where is not None
    assert (Path(error.where.path).name, error.where.line) == ("4-users.yaml", 3)
    folder = str(Path(error.where.path).parent)
    assert (error.outcome or "").replace(f"{folder}/", "") == (
        "`4-users.yaml` was rolled back; 1 other file is loaded; skipped because of it: `1-orders.yaml`, `2-lines.yaml`"
    )
    assert [Path(e.path).name for e in events if isinstance(e, FileLoaded)] == ["3-notes.yaml"]
    assert [Path(e.path).name for e in events if isinstance(e, FileFailed)] == ["4-users.yaml"]
    skipped = [(Path(e.path).name, e.reason.replace(f"{folder}/", "")) for e in events if isinstance(e, FileSkipped)]
    assert skipped == [
        ("1-orders.yaml", "it needs `4-users.yaml`, which is not loaded"),
        ("2-lines.yaml", "it needs `1-orders.yaml`, which is not loaded"),
    ]
    assert await shop.fetchval("select array_agg(path) from migrator.seed") == ["3-notes.yaml"]
    config = project({"seeds/4-users.yaml": FILES["users"]})
    result = await seed(config)
    assert [file.state for file in result.files] == ["loaded", "loaded", "unchanged", "loaded"]


async def test_several_failures_are_told_together(project: Callable[..., Config], shop):
    """Each failed file is a cause of the one error."""
    config = project(
        {
            "seeds/a.yaml": "users:\n  - {id: 1, name: a}\n  - {id: 01, name: b}\n",
            "seeds/b.yaml": "lines:\n  - {id: 1, n: 0}\n",
        }
    )
    with pytest.raises(WorkError, match="2 seed files could not be loaded") as caught:
        await seed(config)
    assert sorted(cause.code for cause in caught.value.causes) == ["duplicate-key", "row-refused"]


async def test_rows_of_a_table_refer_to_one_another_in_any_order(run, db):
    """A child may stand before its parent, with other columns than it, new or already there."""
    await db.execute("create table t (id int primary key, parent int references t, name text)")
    await run({"t.yaml": "t:\n  - {id: 1, parent: 3}\n  - {id: 2, name: x}\n  - {id: 3, parent: 2, name: y}\n"})
    await run({"t.yaml": "t:\n  - {id: 1, parent: 9}\n  - {id: 8, parent: 1}\n  - {id: 9, parent: 8, name: z}\n"})
    rows = await db.fetch("select id, parent from t order by id")
    assert [tuple(row) for row in rows] == [(1, 9), (2, None), (3, 2), (8, 1), (9, 8)]


async def test_a_cycle_of_files_is_one_transaction(project: Callable[..., Config], db):
    """Files whose tables refer to one another load together, announced, though no constraint is deferrable."""
    await db.execute(
        "create table a (id int primary key, b int not null);"
        "create table b (id int primary key, a int not null references a);"
        "alter table a add foreign key (b) references b"
    )
    config = project({"seeds/x.yaml": "a:\n  - {id: 1, b: 2}\n", "seeds/y.yaml": "b:\n  - {id: 2, a: 1}\n"})
    events = []
    result = await seed(config, emit=events.append)
    assert [file.state for file in result.files] == ["loaded", "loaded"]
    assert [event.severity for event in events if isinstance(event, Noticed)] == ["INFO"]
    one = "select count(distinct xmin::text) from (select xmin from a union all select xmin from b) t"
    assert await db.fetchval(one) == 1


async def test_independent_files_load_side_by_side(run, db):
    """Two files that need nothing of one another are in the database at the same moment, on two connections."""
    await db.execute(
        "create table a (id int primary key); create table b (id int primary key);"
        "create function meet() returns trigger language plpgsql as $$ begin "
        "for i in 1..200 loop perform pg_sleep(0.02), pg_stat_clear_snapshot(); "
        "exit when exists (select from pg_stat_activity where datname = current_database() "
        "and application_name = 'migrate' and state = 'active' and pid <> pg_backend_pid());"
        "if i = 200 then raise 'alone'; end if; end loop; perform pg_sleep(0.1); return null; end $$;"
        "create trigger meet after insert on a execute function meet();"
        "create trigger meet after insert on b execute function meet()"
    )
    outcomes = await run({"a.yaml": "a:\n  - id: 1\n", "b.yaml": "b:\n  - id: 1\n"})
    assert {outcome.state for outcome in outcomes.values()} == {"loaded"}


async def test_a_deadlock_is_played_again(run, db, dsn):
    """Of two transactions that wait for one another PostgreSQL ends ours, and the file is loaded again."""
    await db.execute(
        "alter database "
        + await db.fetchval("select quote_ident(current_database())")
        + " set deadlock_timeout = '100ms';"
        "create table t (id int primary key, n int); insert into t values (1, 0), (2, 0);"
        "create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return new; end $$;"
        "create trigger slow before update on t for each row when (new.n = 5) execute function slow();"
        "create table u (id int primary key); create function back() returns trigger language plpgsql as $$ begin "
        "update t set n = n where id = 2; return new; end $$;"
        "create trigger back after insert on u for each row execute function back()"
    )
    other = await asyncpg.connect(dsn)
    try:
        await other.execute("set deadlock_timeout = '10s'; begin; update t set n = 7 where id = 2")
        task = asyncio.ensure_future(run({"a.yaml": "t:\n  - {id: 1, n: 5}\nu:\n  - id: 1\n"}, lock_timeout=20.0))
        await asyncio.sleep(0.5)
        await other.execute("update t set n = 7 where id = 1; commit")
        outcome = (await task)["a.yaml"]
        assert (outcome.state, outcome.tables["t"].updated) == ("loaded", 1)
        assert await db.fetchval("select array_agg(n order by id) from t") == [5, 7]
    finally:
        await other.close()


async def test_a_lock_that_passes_is_waited_for(run, shop, dsn):
    """A file that another transaction makes wait too long is loaded again, and then it is in."""
    other = await asyncpg.connect(dsn)
    try:
        await shop.execute("insert into users values (1, 'x')")
        await other.execute("begin; update users set name = 'y' where id = 1")
        task = asyncio.ensure_future(run({"u.yaml": FILES["users"]}, lock_timeout=0.3))
        await asyncio.sleep(0.6)
        await other.execute("commit")
        assert (await task)["u.yaml"].tables["users"].updated == 1
    finally:
        await other.close()


async def test_a_row_that_comes_in_between_is_updated(run, shop, dsn):
    """A key that another transaction inserts while the file loads is found by the next try, and updated."""
    other = await asyncpg.connect(dsn)
    try:
        await other.execute("begin; insert into users values (1, 'x')")
        task = asyncio.ensure_future(run({"u.yaml": FILES["users"]}))
        await asyncio.sleep(0.5)
        await other.execute("commit")
        assert (await task)["u.yaml"].tables["users"].updated == 1
    finally:
        await other.close()


async def test_a_lock_that_stays_is_an_error(run, shop, dsn):
    """After three more tries the file gives up, rolled back, with PostgreSQL's own code."""
    other = await asyncpg.connect(dsn)
    try:
        await shop.execute("insert into users values (1, 'x')")
        await other.execute("begin; update users set name = 'y' where id = 1")
        with pytest.raises(WorkError) as caught:
            await run({"u.yaml": FILES["users"]}, lock_timeout=0.05)
        assert caught.value.sqlstate == "55P03"
    finally:
        await other.close()


async def test_two_runs_at_once_load_a_keyless_file_once(project: Callable[..., Config], db):
    """Of several runs at the same moment one loads a file, the others find that it has been loaded."""
    await db.execute("create table log (note text)")
    config = project({"seeds/log.yaml": "log:\n" + "  - note: x\n" * 500})
    results = await asyncio.gather(*(seed(config) for _ in range(4)))
    assert sorted(file.state for result in results for file in result.files) == [
        "loaded",
        "unchanged",
        "unchanged",
        "unchanged",
    ]
    assert await db.fetchval("select count(*) from log") == 500


async def test_cancelling_rolls_back(project: Callable[..., Config], db):
    """A cancelled run stops its statements at once and leaves nothing half done, and the ledger true."""
    await db.execute(
        "create table a (id int primary key); create table b (id int primary key);"
        "create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return null; end $$;"
        "create trigger wait after insert on b execute function wait()"
    )
    config = project({"seeds/a.yaml": "a:\n  - id: 1\n", "seeds/b.yaml": "b:\n  - id: 1\n"})
    loaded = asyncio.Event()
    task = asyncio.ensure_future(
        seed(config, emit=lambda event: loaded.set() if isinstance(event, FileLoaded) else None)
    )
    await asyncio.wait_for(loaded.wait(), 10)
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 10)
    assert await db.fetchval("select array_agg(path) from migrator.seed") == ["a.yaml"]
    assert tuple(await db.fetchrow("select (select count(*) from a), (select count(*) from b)")) == (1, 0)
    active = (
        "select count(*) from pg_stat_activity "
        "where datname = current_database() and state = 'active' and pid <> pg_backend_pid()"
    )
    assert await db.fetchval(active) == 0


SCRIPT = """\
import asyncio, sys
from pathlib import Path
from migrator.config import Address, Config
from migrator.events import FileLoading
from migrator.seeding import seed

def tell(event):
    if isinstance(event, FileLoading):
        print(event.rows, flush=True)

asyncio.run(seed(Config(root=Path(sys.argv[1]), database=Address(sys.argv[2], "test")), emit=tell))
"""


@pytest.mark.parametrize("marks", [1, 2, 6])
async def test_sigkill_and_again(project: Callable[..., Config], db, dsn, marks):
    """A run that is killed leaves each file whole or absent, as the ledger says; the next run completes."""
    await db.execute("create table a (id int primary key, t text); create table b (id int primary key, t text)")
    files = {
        f"seeds/{name}.yaml": f"{name}:\n" + "".join(f"  - {{id: {n}, t: {'x' * 60}}}\n" for n in range(20_000))
        for name in "ab"
    }
    config = project(files)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, str(config.root), dsn, stdout=asyncio.subprocess.PIPE, cwd=Path.cwd()
    )
    assert process.stdout is not None
    for _ in range(marks):
        await process.stdout.readline()
    process.kill()
    await process.communicate()
    for _ in range(200):
        if await db.fetchval("select count(*) from pg_stat_activity where datname = current_database()") == 1:
            break
        await asyncio.sleep(0.05)
    known = await db.fetchval("select to_regclass('migrator.seed')")
    loaded = set(await db.fetchval("select coalesce(array_agg(path), '{}') from migrator.seed")) if known else set()
    for name in "ab":
        assert await db.fetchval(f"select count(*) from {name}") == (20_000 if f"{name}.yaml" in loaded else 0)
    result = await seed(config)
    assert {file.state for file in result.files} <= {"loaded", "unchanged"}
    assert tuple(await db.fetchrow("select (select count(*) from a), (select count(*) from b)")) == (20_000, 20_000)


async def test_a_server_that_admits_few_connections(project: Callable[..., Config], db, dsn):
    """Where the role may open one connection only, files load one after another, with a warning."""
    await db.execute(
        "create role one_at_a_time login connection limit 1; create schema s authorization one_at_a_time;"
        "create table s.a (id int primary key); create table s.b (id int primary key);"
        "create table s.c (id int primary key);"
        "grant all on all tables in schema s to one_at_a_time;"
        f"grant all on database {await db.fetchval('select current_database()')} to one_at_a_time"
    )
    try:
        config = project({f"seeds/{name}.yaml": f"s.{name}:\n  - id: 1\n" for name in "abc"})
        alone = replace(config, database=Address(dsn.replace("//postgres", "//one_at_a_time", 1), "test"))
        events = []
        result = await seed(alone, emit=events.append)
        assert [file.state for file in result.files] == ["loaded"] * 3
        assert [event.severity for event in events if isinstance(event, Noticed)] == ["WARNING"]
    finally:
        await db.execute("drop owned by one_at_a_time cascade; drop role one_at_a_time")


async def test_connections_that_are_killed(project: Callable[..., Config], db):
    """Files whose connections the server ends are told as one lost connection; the others load, over a new one."""
    await db.execute(";".join(f"create table {name} (id int primary key)" for name in "abcd"))
    config = project({f"seeds/{name}.yaml": f"{name}:\n  - id: 1\n" for name in "abcd"}, pool_size=3)
    await db.execute("begin; lock table a, b, c")
    run = asyncio.create_task(seed(config))
    victims = "from pg_locks where not granted and relation is not null"
    async with asyncio.timeout(20):
        while await db.fetchval(f"select count(*) {victims}") < 3:  # noqa: ASYNC110 - it is the server that waits
            await asyncio.sleep(0.02)
    await db.execute(f"select pg_terminate_backend(pid) {victims}")
    await db.execute("rollback")
    with pytest.raises(MigratorError) as caught:
        await run
    assert (caught.value.code, caught.value.exit_code, len(caught.value.done)) == ("connection-lost", 4, 1)
    assert str(caught.value.outcome).endswith(" were rolled back; 1 other file is loaded")
    assert sorted(file.state for file in (await seed(config)).files) == ["loaded", "loaded", "loaded", "unchanged"]


async def test_a_network_that_goes_away(project: Callable[..., Config], cable: Cable, db):
    """Where connections are lost and no new ones come, and nothing is loaded, it is exit 3: it may pass by itself."""
    await db.execute(";".join(f"create table {name} (id int primary key)" for name in "abcd"))
    files = {f"seeds/{name}.yaml": f"{name}:\n  - id: 1\n" for name in "abcd"}
    config = project(files, database=Address(cable.dsn, "test"), pool_size=2)
    await db.execute("begin; lock table a, b, c, d")
    run = asyncio.create_task(seed(config))
    async with asyncio.timeout(20):
        while await db.fetchval("select count(*) from pg_locks where not granted and relation is not null") < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    cable.unplug()
    with pytest.raises(MigratorError) as caught:
        await run
    assert (caught.value.code, caught.value.exit_code, caught.value.done) == ("seeds-failed", 3, ())
    assert {error.code for error in caught.value.causes} == {"connection-lost", "connection-refused"}
    assert caught.value.hint == "run `migrate seed` again: what is loaded is not loaded twice"
    await db.execute("rollback")


async def test_a_connection_that_ends_while_it_idles(project: Callable[..., Config], db):
    """No file is given to it: another one is taken, or a new one opened."""
    await db.execute(
        "create table a (id int primary key); create table b (id int primary key references a);"
        "create table c (id int primary key)"
    )
    config = project({f"seeds/{name}.yaml": f"{name}:\n  - id: 1\n" for name in "abc"}, pool_size=2)
    await db.execute("begin; lock table a")
    loaded = asyncio.Event()
    run = asyncio.create_task(seed(config, emit=lambda event: loaded.set() if isinstance(event, FileLoaded) else None))
    async with asyncio.timeout(20):
        await loaded.wait()
        while not await db.fetchval("select count(*) from pg_locks where not granted and relation is not null"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        idle = "select pid from pg_stat_activity where state = 'idle' and application_name = 'migrate'"
        victim = await db.fetchval(f"{idle} and datname = current_database()")
        assert await db.fetchval("select pg_terminate_backend($1, 5000)", victim)
    await db.execute("rollback")
    assert [file.state for file in (await run).files] == ["loaded"] * 3
