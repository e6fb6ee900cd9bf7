"""Several runners at once, and the end of one in the middle of its work: with the CLI's table as with yoyo's."""

import asyncio
import subprocess
from collections.abc import Callable

import asyncpg
import pytest
from cable import Cable, deaf_from
from clirows import finished, gone, journal, locks, rows, sleeping, until

from migrator.config import Address
from migrator.database.sessions.session import Session
from migrator.errors import UnavailableError, WorkError
from migrator.migrating import mark, up
from migrator.migrating.books import lock
from migrator.project import status

pytestmark = pytest.mark.db

Start = Callable[..., "subprocess.Popen[str]"]
TRACE = "create table trace (number bigserial, mark text not null)"


async def trace(db):
    """The statements that took effect, in order."""
    return [row[0] for row in await db.fetch("select mark from trace order by number")]


async def test_five_runners_apply_each_migration_once(files, start: Start, db):
    """As real processes on an empty database, with an index built concurrently: once each, in order, all succeed."""
    await db.execute(TRACE)
    files(
        {
            "1_a": "insert into trace (mark) values ('1')",
            "2_b": "-- transactional: false\ninsert into trace (mark) values ('2');\n"
            "create index concurrently i on trace (mark)",
            "3_c": "insert into trace (mark) values ('3')",
        }
    )
    ends = await asyncio.gather(*(finished(start("up", "--json")) for _ in range(5)))
    assert [code for code, _, _ in ends] == [0] * 5, ends
    assert sorted(entry["id"] for _, document, _ in ends for entry in document["done"]) == ["1_a", "2_b", "3_c"]
    assert await trace(db) == ["1", "2", "3"]
    assert [version for version, _, _ in await rows(db)] == ["1", "2", "3"]
    assert await journal(db) == [("1_a", "applied", True), ("2_b", "applied", True), ("3_c", "applied", True)]
    assert await locks(db) == 0


async def test_killed_in_a_migration(files, start: Start, db):
    """Its row is gone with all that it did; those before it stay; the next `up` does the rest, once."""
    await db.execute(TRACE)
    files(
        {
            "1_a": "insert into trace (mark) values ('1')",
            "2_b": "insert into trace (mark) values ('2'); select pg_sleep(60) from gate",
            "3_c": "insert into trace (mark) values ('3')",
        }
    )
    await db.execute("create table gate (x int); insert into gate values (1)")
    process = start("up", "--json")
    pid = await sleeping(db, process)
    process.kill()
    await asyncio.to_thread(process.wait)
    await gone(db, pid)
    assert [version for version, _, _ in await rows(db)] == ["1"]
    assert (await trace(db), await locks(db)) == (["1"], 0)
    await db.execute("delete from gate")
    code, document, errors = await finished(start("up", "--json"))
    assert (code, [entry["id"] for entry in document["done"]]) == (0, ["2_b", "3_c"]), errors
    assert await trace(db) == ["1", "2", "3"]
    assert await journal(db) == [("1_a", "applied", True), ("2_b", "applied", True), ("3_c", "applied", True)]


@pytest.mark.parametrize("way", ["up", "mark"])
async def test_killed_in_a_file_without_a_transaction(files, start: Start, db, way):
    """How far it came is known by its version; it has a row when `up` has done the rest, or when it is marked."""
    await db.execute(TRACE)
    await db.execute("create table gate (x int); insert into gate values (1)")
    config = files(
        {
            "1_a": "-- transactional: false\ninsert into trace (mark) values ('1');\nselect pg_sleep(60) from gate;\n"
            "insert into trace (mark) values ('2')",
        }
    )
    process = start("up", "--json")
    pid = await sleeping(db, process)
    process.kill()
    await asyncio.to_thread(process.wait)
    await gone(db, pid)
    (found,) = (await status(config)).migrations
    assert (found.id, found.state, found.steps_done, found.steps_total) == ("1_a", "partial", 1, 3)
    assert (await rows(db), await trace(db)) == ([], ["1"])
    await db.execute("delete from gate")
    if way == "up":
        assert [done.id for done in (await up(config)).done] == ["1_a"]
        assert await trace(db) == ["1", "2"]
    else:
        await mark(config, ("1_a",), state="applied")
        assert await trace(db) == ["1"]
    assert [(version, len(statements)) for version, _, statements in await rows(db)] == [("1", 3)]
    assert [each.state for each in (await status(config)).migrations] == ["applied"]


async def test_cut_at_the_last_commit(files, cable: Cable, db):
    """The rows tell, on a new connection, that a run whose last answer was lost has done all of its work."""
    config = files({"1_a": "create table a ()", "2_b": "create table b ()"}, database=Address(cable.dsn, "test"))
    cable.inward = deaf_from(b" 1 2\0")
    running = asyncio.create_task(up(config))
    await until(db, "select count(*) from pg_class where relname = 'b'")
    cable.cut()
    assert [done.id for done in (await running).done] == ["1_a", "2_b"]
    assert [version for version, _, _ in await rows(db)] == ["1", "2"]
    assert (await up(config)).done == ()


async def test_cut_in_a_statement(files, cable: Cable, db):
    """The row of the migration that ran is not there, so it is named as rolled back; the one before it stays."""
    await db.execute("create table gate (x int); insert into gate values (1)")
    config = files(
        {"1_a": "create table a ()", "2_b": "select pg_sleep(60) from gate"}, database=Address(cable.dsn, "test")
    )
    running = asyncio.create_task(up(config))
    await until(
        db, "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    )
    cable.cut()
    with pytest.raises(WorkError) as caught:
        await running
    assert (caught.value.code, caught.value.done, caught.value.migration) == ("connection-lost", ("1_a",), "2_b")
    assert caught.value.outcome == "`2_b` was rolled back; 1 migration before it stays applied"
    await db.execute("delete from gate")
    assert [done.id for done in (await up(config)).done] == ["2_b"]


async def test_who_holds_the_lock_is_told(files, start: Start, db):
    """A runner without patience refuses with exit 3 and names the backend of the other."""
    await db.execute("create table gate (x int); insert into gate values (1)")
    files({"1_a": "select pg_sleep(60) from gate"})
    first = start("up", "--json")
    pid = await sleeping(db, first)
    code, document, errors = await finished(start("up", "--json", "--wait", "100ms"))
    assert (code, document["error"]["code"]) == (3, "locked"), errors
    assert f"backend {pid} " in document["error"]["message"]
    await db.execute("delete from gate")
    await db.execute("select pg_cancel_backend($1)", pid)
    await finished(first)


async def test_the_fence_holds_where_the_session_lock_does_not(files, db, dsn, monkeypatch):
    """Another session that has the lock in its transaction stops a migration before its first statement."""
    config = files({"1_a": "create table a ()"}, wait=0.2)
    number = lock.key("supabase_migrations")
    real = Session.read

    async def granted(self, query, *, then=None):
        # as if a pooler had given our lock to another session
        fooled = query.replace(f"pg_catalog.pg_try_advisory_lock({number})", "true")
        return await real(self, fooled, then=then)

    holder = await asyncpg.connect(dsn)
    try:
        await holder.execute(f"begin; select pg_advisory_xact_lock({number})")
        monkeypatch.setattr(Session, "read", granted)
        with pytest.raises(UnavailableError) as caught:
            await up(config)
        pid = holder.get_server_pid()
        said = f"the Supabase CLI or another `migrate` holds the lock of the ledger: backend {pid}"
        assert (caught.value.code, caught.value.message.startswith(said)) == ("locked", True)
        assert await rows(db) == []
        with pytest.raises(UnavailableError) as caught:
            await mark(config, ("1_a",), state="applied")
        assert caught.value.code == "locked"
    finally:
        await holder.close()
    assert [done.id for done in (await up(config)).done] == ["1_a"]
