"""What stands in the way of a reading: locks, too many of them, rights; and names that COPY has to escape."""

import asyncio
import time

import asyncpg
import pytest
from mutation import read_inside, seen
from riches import SCOPE, config_of, perform

from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.errors import ServerError, UnavailableError
from migrator.schema import catalog, reading
from migrator.schema.catalog import sparing
from migrator.schema.reading import SETTINGS, read


async def test_a_locked_table_is_busy(session: Session, rich: str, monkeypatch: pytest.MonkeyPatch):
    """Whoever has a table for itself is waited for, named, and let be: the session reads on when that is over."""
    before = await read(session, SCOPE)
    assert reading.PATIENCE == 5.0
    monkeypatch.setattr(reading, "PATIENCE", 0.5)
    other = await asyncpg.connect(rich, statement_cache_size=0)
    try:
        await other.execute("begin; lock table app.users in access exclusive mode")
        begin = time.monotonic()
        with pytest.raises(UnavailableError) as error:
            await read(session, SCOPE)
        took = time.monotonic() - begin
    finally:
        await other.close()
    assert (error.value.code, error.value.exit_code, error.value.message) == (
        "schema-busy",
        3,
        "the schema could not be read: another session has locked `app.users`",
    )
    assert 0.5 < took < 5
    assert seen(before, await read(session, SCOPE)) == frozenset()


async def test_a_lock_that_is_given_back_in_time_is_waited_for(session: Session, rich: str):
    """A migration of another session that takes a moment is no reason to give up."""
    before = await read(session, SCOPE)
    other = await asyncpg.connect(rich, statement_cache_size=0)
    try:
        # three times as long as a turn of waiting
        await other.execute("begin; lock table app.users in access exclusive mode")
        waiting = other.execute("select pg_sleep(0.6); rollback")
        found, _ = await asyncio.gather(read(session, SCOPE), waiting)
    finally:
        await other.close()
    assert seen(before, found) == frozenset()


async def test_what_locks_much_is_read_in_batches(session: Session, monkeypatch: pytest.MonkeyPatch):
    """In batches of two locks it is the same schema, in a transaction of ours and inside another's, which goes on."""
    before = await read(session, SCOPE)
    monkeypatch.setattr(catalog, "LOCKS", "2")
    in_batches = await read(session, SCOPE)
    await session.run("begin; create table app.of_mine (a integer)")
    inside = await read_inside(session, SCOPE)
    (held,) = await session.read(
        "select to_json(count(*)) from pg_locks where pid = pg_backend_pid() and relation = 'app.users'::regclass"
    )
    await session.run("select 1 from app.of_mine; rollback")
    assert seen(before, in_batches) == frozenset()
    assert seen(before, inside) == {("extra", "table", "app.of_mine"), ("extra", "column", "app.of_mine.a")}
    assert held == 0


async def test_many_views_are_looked_at_before_anything_is_read(session: Session, monkeypatch: pytest.MonkeyPatch):
    """Where all has to be read again in batches, nothing was read for naught."""
    monkeypatch.setattr(catalog, "LOCKS", "2")
    monkeypatch.setattr(sparing, "MANY", 0)
    version, _ = session.version
    before, _ = SCOPE.sparing(version)
    await session.run(f"{SETTINGS}; savepoint seen")
    try:
        with pytest.raises(ServerError, match="division by zero") as error:
            await session.run(before)
        monkeypatch.setattr(catalog, "LOCKS", "1000")
        before, _ = SCOPE.sparing(version)
        await session.run(f"rollback to seen; {before}")
    finally:
        await session.run("rollback")
    assert error.value.report.sqlstate == catalog.TOO_MANY_LOCKS


async def test_a_server_without_room_for_locks_is_busy(session: Session, monkeypatch: pytest.MonkeyPatch):
    """Where the server's table of locks is full, that is told as what it is."""
    full = "do $$ begin raise 'out of shared memory' using errcode = '53200'; end $$"
    monkeypatch.setattr(reading, "SETTINGS", f"{reading.SETTINGS}; {full}")
    with pytest.raises(UnavailableError, match="no room for more locks: out of shared memory") as error:
        await read(session, SCOPE)
    assert error.value.code == "schema-busy"


async def test_whoever_may_connect_sees_the_same(session: Session, rich: str):
    """A role without any right reads the same rows as a superuser."""
    before = await read(session, SCOPE)
    await perform(rich, "create role rich_nobody login password 'rich_nobody'")
    address = rich.replace("//postgres:", "//rich_nobody:rich_nobody", 1).replace("//postgres@", "//rich_nobody@", 1)
    assert address != rich
    try:
        async with connect(config_of(address)) as other:
            (who,) = await other.read("select to_json(session_user)")
            found = await read(other, SCOPE)
    finally:
        await perform(rich, "drop role rich_nobody")
    assert (who, seen(before, found)) == ("rich_nobody", frozenset())


async def test_odd_names_arrive_as_they_are(session: Session):
    """Backslashes, tabs and line ends in names survive COPY's text format, and so do those in definitions."""
    schema = await read(session, SCOPE)
    table = 'app."back\\slash"'
    assert schema.attributes(("column", f'{table}."new\nline"')) == {"type": "integer"}
    assert schema.attributes(("column", f'{table}."a\ttab"')) == {"type": "text", "default": "'\\'::text"}
    assert schema.attributes(("column order", table)) == {"columns": ["new\nline", "a\ttab"]}
