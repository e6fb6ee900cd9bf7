"""The lock of a run is given back to the backend that has it, whatever a pooler puts in its place meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from migrator import up
from migrator.config import Address, Config
from migrator.errors import UnavailableError
from migrator.events import Event, Noticed
from migrator.migrating import pending
from migrator.migrating.books import ledger, unlock
from migrator.migrating.running import attempts, sharing

Project = Callable[..., Config]
Connection = asyncpg.Connection

FILES: dict[str, str | bytes] = {"migrations/0001.a.sql": "create table a (id int primary key)"}
MORE: dict[str, str | bytes] = {**FILES, "migrations/0002.b.sql": "create table b (id int primary key)"}

LOCKS = "select count(*) from pg_locks where locktype = 'advisory'"


class Thief:
    """Another client, which gets the backend that has the run's lock as soon as it is held."""

    def __init__(self, connection: Connection, db: Connection) -> None:
        self._connection = connection
        self._db = db
        self.pid: int | None = None

    async def take(self) -> None:
        """Keep the backend that answered last: PgBouncer's next client gets it."""
        await self._connection.execute("begin")
        pid = await self._connection.fetchval("select pg_backend_pid()")
        holders = await self._db.fetch("select pid from pg_locks where locktype = 'advisory'")
        assert [row["pid"] for row in holders] == [pid]
        self.pid = pid

    async def leave(self) -> None:
        """Give it back to the pool."""
        await self._connection.execute("rollback")


@pytest.fixture
async def hidden(
    project: Project, bounced, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, Thief]]:
    """A pooler in transaction mode that nobody sees before the lock is held; the thief comes just then.

    One migration is applied, so that the ledger is read again under the lock.
    """
    await up(project(FILES))

    async def sees_nothing(session) -> None:
        session.found("session-pooler" if session.target.kind == "pooler" else session.target.kind)

    monkeypatch.setattr(sharing, "find_mode", sees_nothing)
    address = bounced("transaction", size=3)
    connection = await asyncpg.connect(address, statement_cache_size=0)
    thief = Thief(connection, db)
    read = ledger.read

    async def interrupted(*arguments: object, **keywords: object) -> object:
        if await db.fetchval(LOCKS) and thief.pid is None:
            await thief.take()
        return await read(*arguments, **keywords)

    monkeypatch.setattr(ledger, "read", interrupted)
    yield address, thief
    await connection.close()


async def _robbed(run: "asyncio.Task[object]", thief: Thief) -> None:
    while thief.pid is None:
        if run.done():
            await run
            pytest.fail("the run has ended, and had no lock")
        await asyncio.sleep(0.01)


async def test_the_lock_does_not_stay_on_another_backend(project: Project, hidden, db: Connection):
    """It is sought among the backends of the pool, and found where the other client is done with it."""
    address, thief = hidden
    config = project(MORE, database=Address(address, "test"))
    run = asyncio.create_task(up(config))
    await _robbed(run, thief)
    await asyncio.sleep(0.3)  # the run meets other backends meanwhile; it must not be content with them
    assert not run.done()
    await thief.leave()
    with pytest.raises(UnavailableError) as caught:
        await run
    assert caught.value.code == "transaction-pooler"
    assert await db.fetchval(LOCKS) == 0
    # nor is a connection of the pool closed, or left in a transaction
    states = await db.fetch(
        "select state from pg_stat_activity where datname = current_database() and pid <> $1", db.get_server_pid()
    )
    assert {row["state"] for row in states} == {"idle"}


async def test_a_run_goes_on_without_it(project: Project, hidden, db: Connection):
    """Where the fence alone is allowed the migration is applied, and the lock is free for the next run."""
    address, thief = hidden
    config = project(MORE, database=Address(address, "test"))
    run = asyncio.create_task(up(config, allow_transaction_pooler=True))
    await _robbed(run, thief)
    await thief.leave()
    assert [done.id for done in (await run).done] == ["0002.b"]
    assert await db.fetchval(LOCKS) == 0


async def test_the_backend_is_named_where_it_does_not_come_back(
    project: Project, hidden, db: Connection, monkeypatch: pytest.MonkeyPatch
):
    """A client that keeps the backend for longer is not thrown out of it; a warning names it and the way out."""
    monkeypatch.setattr(unlock, "FAREWELL", 0.8)
    address, thief = hidden
    heard: list[Event] = []
    with pytest.raises(UnavailableError):
        await up(project(MORE, database=Address(address, "test")), emit=heard.append)
    told = [event for event in heard if isinstance(event, Noticed)]
    assert [(event.severity, event.message, event.hint) for event in told] == [
        (
            "WARNING",
            (
                f"the lock of this run stays with backend {thief.pid}, which the pooler at `{address}` has given to "
                "another client"
            ),
            f"until it is free no other run can begin: `select pg_terminate_backend({thief.pid})` frees it",
        )
    ]
    await thief.leave()
    assert await db.fetchval(LOCKS) == 1
    await db.execute(f"select pg_terminate_backend({thief.pid})")


async def test_one_that_is_never_seen(project: Project, bounced, db: Connection, monkeypatch: pytest.MonkeyPatch):
    """In an empty database nothing is read under the lock, and the run takes the pooler for one by session."""
    asked = sharing.refuse_pooler
    address = bounced("transaction", size=3)
    connection = await asyncpg.connect(address, statement_cache_size=0)
    thief = Thief(connection, db)

    async def interrupted(session, **_keywords: object) -> None:
        if await db.fetchval(LOCKS):
            await thief.take()
        elif session.target.kind == "pooler":
            session.found("session-pooler")

    assert attempts.refuse_pooler is asked
    for place in (attempts, pending):
        monkeypatch.setattr(place, "refuse_pooler", interrupted)
    run = asyncio.create_task(up(project(FILES, database=Address(address, "test"))))
    await _robbed(run, thief)
    async with asyncio.timeout(20):
        while not await db.fetchval("select to_regclass('a') is not null"):  # noqa: ASYNC110 - it is committed elsewhere
            await asyncio.sleep(0.01)
    await thief.leave()
    assert [done.id for done in (await run).done] == ["0001.a"]
    assert await db.fetchval(LOCKS) == 0
    await connection.close()
