"""Statements outside of transactions, after a crash and beside INVALID indexes: the catalog decides, never a guess."""

import asyncio
import time

import asyncpg
import pytest

from migrator.errors import StateError, UnavailableError, WorkError
from migrator.events import Noticed
from migrator.migrating import mark, up
from migrator.migrating.books.notes import owner
from migrator.migrating.planning.resume import hashes
from migrator.migrating.planning.standing import read_all

pytestmark = pytest.mark.db

TABLE = {"migrations/0001.t.sql": "create table t (a int, b text); insert into t values (1), (1);"}


def two(*lines: str) -> dict[str, str]:
    """The table, and a second file without a transaction."""
    return {**TABLE, "migrations/0002.x.sql": "-- transactional: false\n" + "\n".join(lines)}


async def state(db):
    """State and count of the second file's note."""
    row = await db.fetchrow("select state, statements_done from migrator.journal where migration_id = '0002.x'")
    return tuple(row) if row else None


async def indexes(db, table="t"):
    """The table's indexes, and whether each is valid."""
    rows = await db.fetch(
        "select indexrelid::regclass::text, indisvalid from pg_index where indrelid = $1::text::regclass order by 1",
        table,
    )
    return [tuple(row) for row in rows]


async def cut(project, db, *lines: str, ran: bool = True) -> None:
    """Leave what a crash in the first of `lines` leaves: it has run (or not), and its note has not been written."""
    config = project(two(*lines))
    await up(config, to="0001")
    if ran:
        await db.execute(lines[0])
    script = next(migration.up for migration in read_all(config) if migration.id == "0002.x")
    await db.execute(
        "insert into migrator.journal (migration_id, statements_done, statements_total, prefix_hashes, state) "
        "values ('0002.x', 0, $1, $2, 'partial-unsure')",
        len(script.statements),
        [owner("yoyo", "public"), *hashes(script)],
    )


async def until(db, query: str) -> None:
    """Wait until the query is true."""
    deadline = time.monotonic() + 15
    while not await db.fetchval(query):
        assert time.monotonic() < deadline, query
        await asyncio.sleep(0.02)


def notices(heard):
    """What was said."""
    return [event.message for event in heard if isinstance(event, Noticed) and event.severity == "NOTICE"]


@pytest.mark.parametrize(
    "statement",
    [
        "create index concurrently i on t (a);",
        "create index concurrently if not exists i on t (a);",
        "create index concurrently on t (a);",
        'CREATE INDEX CONCURRENTLY "My i" ON ONLY public.t USING btree (lower(b) DESC, a) -- x\n WHERE a > 0;',
    ],
)
async def test_an_index_that_is_complete_is_done(project, db, statement):
    """A valid index of that definition was built by the run that was cut off: it is noted, not built once more."""
    await cut(project, db, statement)
    before = await db.fetch("select indexrelid from pg_index where indrelid = 't'::regclass")
    heard = []
    result = await up(project({}), emit=heard.append)
    assert [done.id for done in result.done] == ["0002.x"]
    assert await db.fetch("select indexrelid from pg_index where indrelid = 't'::regclass") == before
    assert await state(db) == ("applied", 1)
    assert "was complete before the run that built it ended" in notices(heard)[-1]


async def test_an_index_of_another_definition_is_not_taken_for_it(project, db):
    """Somebody else's index has the name: the server says so (42P07), and its index stays as it is."""
    await cut(project, db, "create index concurrently i on t (a);", ran=False)
    await db.execute("create index i on t (b)")
    with pytest.raises(WorkError) as caught:
        await up(project({}))
    assert (caught.value.sqlstate, caught.value.statement) == ("42P07", 1)
    assert await state(db) == ("partial", 0)
    assert await indexes(db) == [("i", True)]
    assert await db.fetchval("select count(*) from pg_class where relpersistence = 't' and relkind = 'r'") == 0


async def test_an_index_that_was_not_begun_is_built(project, db):
    """Cut off before the statement arrived: it runs now."""
    await cut(project, db, "create index concurrently i on t (a);", ran=False)
    await up(project({}))
    assert (await indexes(db), await state(db)) == ([("i", True)], ("applied", 1))


@pytest.mark.parametrize("what", ["i", "if not exists i", ""], ids=["named", "lenient", "unnamed"])
async def test_an_invalid_index_is_dropped_and_built_again(project, db, what):
    """A failed try leaves an INVALID index: the next `up` drops it and builds it, also with IF NOT EXISTS."""
    await up(project(TABLE))
    with pytest.raises(WorkError) as caught:
        await up(project(two(f"create unique index concurrently {what} on t (a);")))
    assert caught.value.sqlstate == "23505"
    name = "i" if what else "t_a_idx"
    assert str(caught.value.outcome).endswith(f"; the index `{name}` is INVALID until the next run drops it")
    assert await indexes(db) == [(name, False)]
    assert await state(db) == ("partial", 0)
    await db.execute("delete from t where ctid = (select min(ctid) from t)")
    if not what:  # the server chose the name, so only the doubt after a cut leads to it
        await db.execute("update migrator.journal set state = 'partial-unsure' where migration_id = '0002.x'")
    heard = []
    await up(project({}), emit=heard.append)
    assert await indexes(db) == [(name, True)]
    assert notices(heard) == [f"dropping the INVALID index `{name}`, which an earlier try has left"]


async def test_an_invalid_index_is_dropped_before_the_first_try(project, db):
    """Whoever left it: with IF NOT EXISTS the server would pass over it and call it good."""
    await up(project(TABLE))
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute("create unique index concurrently i on t (a)")
    assert await indexes(db) == [("i", False)]
    await up(project(two("create index concurrently if not exists i on t (a);")))
    assert await indexes(db) == [("i", True)]


async def test_an_index_that_somebody_builds_is_left_alone(project, db, dsn):
    """It looks INVALID while it is built: `up` waits for it, at most `--wait`, and never drops it."""
    await up(project(TABLE))
    reader, builder = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    try:
        await reader.execute("begin isolation level repeatable read; select count(*) from t")
        building = asyncio.create_task(builder.execute("create index concurrently i on t (a)"))
        await until(db, "select exists (select from pg_index where indexrelid = to_regclass('i'))")
        files = two("create index concurrently if not exists i on t (a);")
        with pytest.raises(UnavailableError) as caught:
            await up(project(files, wait=0.3))
        assert caught.value.code == "locked"
        assert str(builder.get_server_pid()) in caught.value.message
        assert (caught.value.outcome, await state(db)) == (
            "nothing of `0002.x` is committed",
            ("partial-unsure", 0),
        )
        waiting = asyncio.create_task(up(project(files, wait=30.0)))
        await until(db, "select count(*) = 1 from yoyo_lock")
        assert not waiting.done()
        await reader.execute("commit")
        await building
        await waiting
    finally:
        await reader.close()
        await builder.close()
    assert (await indexes(db), await state(db)) == ([("i", True)], ("applied", 1))


async def test_an_index_that_is_not_valid_afterwards_is_an_error(project, db):
    """`indisvalid` is looked at when the server has said yes; what it left is told, and the next run repairs it."""
    await db.execute(
        "create function spoil() returns event_trigger language plpgsql as $$ begin "
        "update pg_index set indisvalid = false where indexrelid = to_regclass('i'); end $$; "
    )
    await up(project(TABLE))
    await db.execute(
        "create event trigger spoil on ddl_command_end when tag in ('CREATE INDEX') execute function spoil()"
    )
    with pytest.raises(WorkError) as caught:
        await up(project(two("select 1;", "create index concurrently i on t (a);")))
    assert (caught.value.code, caught.value.outcome) == ("index-invalid", "statement 1 of 2 stays")
    assert caught.value.message == "the index `i` is INVALID although `CREATE INDEX CONCURRENTLY` did not fail"
    await db.execute("drop event trigger spoil")
    await up(project({}))
    assert (await indexes(db), await state(db)) == ([("i", True)], ("applied", 2))


async def test_a_dropped_index_that_is_gone_is_done(project, db):
    """DROP INDEX CONCURRENTLY after a cut: absent is done, there is run again; a typing error stays an error."""
    await up(project(TABLE))
    await db.execute("create index i on t (a)")
    await cut(project, db, "drop index concurrently i;")
    await up(project({}))
    assert (await indexes(db), await state(db)) == ([], ("applied", 1))
    await mark(project({}), ("0002.x",), state="pending")
    await db.execute("create index j on t (a)")
    await cut(project, db, "drop index concurrently j;", ran=False)
    await up(project({}))
    assert await indexes(db) == []
    await mark(project({}), ("0002.x",), state="pending")
    for _ in range(2):
        with pytest.raises(WorkError) as caught:
            await up(project(two("drop index concurrently missing;")))
        assert caught.value.sqlstate == "42704"


async def test_a_detached_partition_is_done(project, db, dsn):
    """DETACH CONCURRENTLY after a cut: detached is done, half detached is finished, attached is detached."""
    await up(project(TABLE))
    await db.execute(
        "create table p (a int) partition by range (a); "
        "create table p1 partition of p for values from (1) to (2); "
        "create table p2 partition of p for values from (2) to (3); create table p3 (a int)"
    )
    await cut(project, db, "alter table p detach partition p1 concurrently;")
    await up(project({}))
    assert await state(db) == ("applied", 1)
    await mark(project({}), ("0002.x",), state="pending")
    reader = await asyncpg.connect(dsn)
    try:
        await reader.execute("begin isolation level repeatable read; select count(*) from p")
        cutting = await asyncpg.connect(dsn)
        detaching = asyncio.create_task(cutting.execute("alter table p detach partition p2 concurrently"))
        pending = "select count(*) = 1 from pg_inherits where inhdetachpending"
        await until(db, f"{pending} and inhparent = 'p'::regclass")
        await db.execute("select pg_terminate_backend($1)", cutting.get_server_pid())
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
            await detaching
    finally:
        await reader.close()
    assert await db.fetchval(pending)
    heard = []
    await up(project(two("alter table p detach partition p2 concurrently;")), emit=heard.append)
    assert await db.fetchval("select count(*) from pg_inherits") == 0
    assert notices(heard) == ['the partition "p2" is half detached: this is finished now']


async def test_what_can_run_twice_is_run_again(project, db):
    """VACUUM and REINDEX after a cut need no question; what REINDEX CONCURRENTLY left is dropped first."""
    await up(project(TABLE))
    await db.execute("create index i on t (a)")
    await db.execute(
        "create index i_ccnew on t (a); update pg_index set indisvalid = false where indexrelid = 'i_ccnew'::regclass"
    )
    await up(project(two("vacuum t;", "reindex index concurrently i;", "reindex table concurrently t;")))
    assert (await indexes(db), await state(db)) == ([("i", True)], ("applied", 3))
    await db.execute("delete from _yoyo_migration where migration_id = '0002.x'")
    await db.execute("update migrator.journal set statements_done = 1, state = 'partial' where migration_id = '0002.x'")
    await up(project({}))
    assert await state(db) == ("applied", 3)


PROCEDURE = (
    "create procedure p(fails bool) language plpgsql as $$ begin insert into t values (7); commit; "
    "if fails then raise exception 'no'; end if; end $$"
)


async def test_what_nobody_can_tell_asks_a_person(project, db):
    """A CALL that was cut off is not run again by itself; one that the server refused is."""
    await up(project(TABLE))
    await db.execute(PROCEDURE)
    with pytest.raises(WorkError) as caught:
        await up(project(two("call p(true);")))
    assert await state(db) == ("partial", 0)
    assert caught.value.outcome == ("nothing of `0002.x` is committed; what `CALL` had committed by itself stays, too")
    await up(project(two("call p(false);")))
    assert await db.fetchval("select count(*) from t where a = 7") == 2
    await mark(project({}), ("0002.x",), state="pending")
    await cut(project, db, "call p(false);")
    for _ in range(2):
        with pytest.raises(StateError) as caught:
            await up(project({}))
        assert (caught.value.code, caught.value.statement) == ("migration-unsure", 1)
    assert caught.value.message == ("`0002.x` was cut off in statement 1 of 1, and whether that has run cannot be told")
    assert "`migrate mark 0002.x --applied`" in caught.value.hint
    assert await db.fetchval("select count(*) from t where a = 7") == 3
    with pytest.raises(StateError) as edited:
        await up(project(two("call p(true);")))
    assert edited.value.message.endswith("cannot be told any more: it was edited since")
    await mark(project({}), ("0002.x",), state="applied")
    assert (await up(project({}))).done == ()


async def test_a_file_keeps_its_own_lock_timeout(project, db):
    """SET lock_timeout of the file holds for what follows; CONCURRENTLY runs with none, and gives it back."""
    write = "insert into t (b) values (current_setting('lock_timeout'));"
    await up(
        project(
            two(write, "set lock_timeout = '77s';", write, "create index concurrently i on t (a);", write),
            lock_timeout=3.0,
        )
    )
    assert [row[0] for row in await db.fetch("select b from t where b is not null")] == ["3s", "77s", "77s"]


async def test_discard_all_keeps_our_lock(project, db):
    """DISCARD ALL would give the run's advisory lock away; all the rest of it is done."""
    count = (
        "insert into t select count(*), current_setting('search_path') from pg_locks where locktype = 'advisory' "
        "and pid = pg_backend_pid();"
    )
    await up(
        project(two("set search_path = public, pg_temp;", "discard all;", count.replace("into t", "into public.t")))
    )
    assert [tuple(row) for row in await db.fetch("select a, b from t where b is not null")] == [(1, '"$user", public')]
