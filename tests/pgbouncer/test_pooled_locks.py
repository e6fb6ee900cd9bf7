"""Who blocks a run that comes through a pooler, where the handshake's pid is nobody's."""

import asyncio
from collections.abc import Callable

import pytest

from migrator.config import Address, Config
from migrator.errors import UnavailableError
from migrator.events import Blocked, Event, Waiting
from migrator.migrating import up

pytestmark = pytest.mark.db

Project = Callable[..., Config]

FILES = {"migrations/0001.a.sql": "create table a (id int);"}
ALTER = {"migrations/0002.b.sql": "alter table a add column n int;"}


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_the_blocker_is_found_behind_a_pooler(project: Project, bounced, db, mode: str):
    """The run finds its own backend by its lock, or by its application name, and tells who blocks it there."""
    await up(project(FILES))
    address = Address(bounced(mode, size=4), "test")
    await db.execute("begin; lock table a in access share mode")
    heard: list[Event] = []
    config = project(ALTER, database=address, lock_timeout=1.5, lock_retries=0)
    with pytest.raises(UnavailableError) as caught:
        await up(config, allow_transaction_pooler=True, emit=heard.append)
    await db.execute("rollback")
    assert [each.pid for each in caught.value.blockers] == [db.get_server_pid()]
    assert [event.relation for event in heard if isinstance(event, Blocked)] == ["a"]


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_the_runner_behind_a_pooler_is_named(project: Project, bounced, db, mode: str):
    """A second run hears which backend the first one has, whether that has a lock of the session or the fence alone."""
    await up(project(FILES))
    address = Address(bounced(mode, size=6), "test")
    await db.execute("select pg_advisory_lock(42)")
    config = project(
        {"migrations/0002.b.sql": "select pg_advisory_xact_lock(42);"}, database=address, lock_timeout=20.0
    )
    first = asyncio.ensure_future(up(config, allow_transaction_pooler=True))
    pid = None
    for _ in range(1000):
        pid = await db.fetchval("select pid from pg_locks where locktype = 'advisory' and objid = 42 and not granted")
        if pid:
            break
        await asyncio.sleep(0.02)
    heard: list[Event] = []
    second = project(database=address, lock_timeout=1.0, wait=0.4)
    with pytest.raises(UnavailableError) as caught:
        await up(second, allow_transaction_pooler=True, emit=heard.append)
    assert caught.value.code == "locked"
    assert f"backend {pid}" in caught.value.message
    assert "(`migrate 0002.b`)" in caught.value.message
    if mode == "session":
        assert [event.pid for event in heard if isinstance(event, Waiting)] == [pid]
    await db.execute("select pg_advisory_unlock(42)")
    assert [done.id for done in (await first).done] == ["0002.b"]
