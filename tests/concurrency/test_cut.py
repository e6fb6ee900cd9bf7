"""The connection is cut at any moment of a run: the ledger is asked, and what is told is what is true."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg
import pytest
from cable import Cable, Line, Look, cut_at, deaf_from, half_of, unchanged
from traces import books, ids, trace, until, whole

from migrator.config import Address, Config
from migrator.errors import ConnectionLostError, MigratorError, UnavailableError, WorkError
from migrator.events import Applied, Event, Halted, Told
from migrator.migrating import down, mark, protect, redo, up
from migrator.project import reset

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Traced = Callable[..., Awaitable[list[str]]]

OPENING = b"begin isolation"
SECOND = """select count(*) > 1 from pg_stat_activity
    where application_name like 'migrate%' and datname = current_database()"""
SLEEPING = "select count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"


@dataclass
class Run:
    """A project whose way to its database can be cut, and what its runs have told."""

    config: Config
    events: list[Event] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        """Codes of what the user was told."""
        return [event.code for event in self.events if isinstance(event, Told)]

    @property
    def applied(self) -> list[str]:
        """Ids that were reported as committed, in either direction."""
        return [event.id for event in self.events if isinstance(event, Applied)]

    async def up(self) -> list[str]:
        """The ids that `up` says it has applied."""
        async with asyncio.timeout(40):
            return [done.id for done in (await up(self.config, emit=self.events.append)).done]

    async def fails(self) -> MigratorError:
        """The error of an `up` that fails."""
        with pytest.raises(MigratorError) as caught:
            await self.up()
        return caught.value


@pytest.fixture
def run(tmp_path: Path, cable: Cable) -> Run:
    """A run through the cable."""
    return Run(Config(root=tmp_path, database=Address(cable.dsn, "test"), migrations=(tmp_path / "migrations",)))


def closing(step: int, statements: int = 6) -> bytes:
    """The mark that the server sends before the books and the COMMIT of a step, counted from 0."""
    return f" {step} {statements + 1}\0".encode()


@pytest.mark.parametrize("reset", ["FIN", "RST"])
async def test_cut_in_the_middle_of_the_message(run: Run, cable: Cable, db: Connection, traced: Traced, reset: str):
    """Half of a message is none: nothing of it has run, exit 3; the next run does all of it."""
    marks = await traced(3)
    cable.outward = half_of(OPENING, reset=reset == "RST")
    error = await run.fails()
    assert (type(error), error.exit_code, error.code) == (ConnectionLostError, 3, "connection-lost")
    assert error.message == "`0001.step` was not applied: the connection was lost"
    assert error.outcome == "`0001.step` was rolled back; nothing else was changed"
    assert (await trace(db), run.applied, run.told) == ([], [], ["asking-ledger"])
    assert await run.up() == ids(3)
    assert await trace(db) == marks
    assert await books(db) == whole(3)


@pytest.mark.parametrize("reset", ["FIN", "RST"])
async def test_cut_while_a_statement_runs(run: Run, cable: Cable, db: Connection, traced: Traced, reset: str):
    """The migration that ran is named with its statement and rolled back; the one before it stays, exit 4."""
    marks = await traced(3)
    await db.execute("insert into gate values ('2.2', 60)")
    failing = asyncio.create_task(run.fails())
    await until(db, SLEEPING)
    cable.cut(reset=reset == "RST")
    error = await failing
    assert (type(error), error.exit_code, error.code) == (WorkError, 4, "connection-lost")
    assert error.message == "`0002.step` failed at statement 3 of 6: the connection was lost"
    assert error.outcome == "`0002.step` was rolled back; 1 migration before it stays applied"
    assert (error.done, error.migration, error.statement) == (("0001.step",), "0002.step", 3)
    assert await trace(db) == marks[:3]
    await db.execute("delete from gate")
    assert await run.up() == ids(3)[1:]
    assert await trace(db) == marks
    assert await books(db) == whole(3)


@pytest.mark.parametrize("reset", ["FIN", "RST"])
async def test_cut_when_the_answer_of_the_last_commit_is_on_its_way(
    run: Run, cable: Cable, db: Connection, traced: Traced, reset: str
):
    """The server has committed everything, the client heard of one migration: the ledger tells, the run succeeds."""
    marks = await traced(3)
    cable.inward = deaf_from(closing(0))
    running = asyncio.create_task(up(run.config, emit=run.events.append))
    await until(db, "select to_regclass('_yoyo_migration') is not null")
    await until(db, "select count(*) = 3 from _yoyo_migration")
    cable.cut(reset=reset == "RST")
    result = await running
    assert [done.id for done in result.done] == ids(3) == run.applied
    assert all(done.duration is not None for done in result.done)
    assert (result.pending, run.told) == ((), ["asking-ledger", "connection-lost"])
    assert await trace(db) == marks
    assert await books(db) == whole(3)
    assert await run.up() == []


async def test_cut_before_the_last_commit(run: Run, cable: Cable, db: Connection, traced: Traced):
    """Two of three are committed, their answers lost, the third runs: both are told, and they are not run again."""
    marks = await traced(3)
    cable.inward = deaf_from(b" 0 1\0")
    await db.execute("insert into gate values ('3.2', 60)")
    running = asyncio.create_task(up(run.config, emit=run.events.append))
    await until(db, SLEEPING)
    cable.cut()
    with pytest.raises(WorkError) as caught:
        await running
    error = caught.value
    assert error.message == "`0003.step` was not applied: the connection was lost"
    assert error.outcome == "`0003.step` was rolled back; 2 migrations before it stay applied"
    assert error.done == tuple(ids(3)[:2]) == tuple(run.applied)
    await db.execute("delete from gate")
    assert await run.up() == ["0003.step"]
    assert await trace(db) == marks
    assert await books(db) == whole(3)


async def test_a_post_apply_file_is_known_by_its_debt(run: Run, cable: Cable, db: Connection, traced: Traced):
    """It has no entry in the ledger; whether it has run is known all the same, and one that has not is owed."""
    await traced(1)
    folder = run.config.migrations[0]
    (folder / "post-apply.sql").write_text("insert into trace (mark) values ('after');")
    cable.inward = deaf_from(closing(0))
    running = asyncio.create_task(up(run.config, emit=run.events.append))
    await until(db, "select to_regclass('_yoyo_log') is not null")
    await until(db, "select count(*) = 2 from _yoyo_log")
    cable.cut()
    assert [done.id for done in (await running).done] == ["0001.step", "post-apply"]
    (folder / "0002.step.sql").write_text("create table t ();")
    (folder / "post-apply.sql").write_text(
        "insert into trace (mark) values ('again'); select pg_sleep(seconds) from gate where mark = 'after';"
    )
    await db.execute("insert into gate values ('after', 60)")
    failing = asyncio.create_task(run.fails())
    await until(db, SLEEPING)
    cable.cut()
    error = await failing
    assert (error.done, error.migration) == (("0002.step",), "post-apply")
    await db.execute("delete from gate")
    assert await run.up() == ["post-apply"]
    assert (await trace(db))[-2:] == ["after", "again"]


async def test_cut_in_a_file_without_a_transaction(run: Run, cable: Cable, db: Connection, traced: Traced):
    """Which of its statements stay is read from the journal, and told; the next run goes on there."""
    marks = await traced(2, alone=(2,))
    cable.outward = half_of(b"values ('2.2')")
    error = await run.fails()
    assert (error.exit_code, error.done, error.migration) == (4, ("0001.step",), "0002.step")
    assert error.message == "`0002.step` failed at statement 4 of 7: the connection was lost"
    assert error.outcome == "statements 1-3 of 7 stay; 1 migration before it stays applied"
    assert await trace(db) == ["1.1", "1.2", "1.3", "2.1"]
    assert await run.up() == ["0002.step"]
    assert await trace(db) == marks
    assert await books(db) == whole(2)


async def test_cut_at_the_end_of_a_file_without_a_transaction(run: Run, cable: Cable, db: Connection, traced: Traced):
    """Its last COMMIT has arrived, the answer has not: the run succeeds by what the ledger says."""
    marks = await traced(1, alone=(1,))

    def deafen(line, data):
        line.deaf = line.deaf or b"'apply'" in data
        return data

    cable.outward = deafen
    cable.inward = lambda line, data: b"" if line.deaf else data
    running = asyncio.create_task(up(run.config, emit=run.events.append))
    await until(db, "select to_regclass('_yoyo_log') is not null")
    await until(db, "select count(*) = 1 from _yoyo_log")
    cable.cut()
    assert [done.id for done in (await running).done] == ["0001.step"] == run.applied
    assert await trace(db) == marks
    assert await books(db) == whole(1)


@pytest.mark.parametrize("position", range(0, 3200, 400))
async def test_cut_after_some_bytes(run: Run, cable: Cable, db: Connection, traced: Traced, position: int):
    """Cut after N bytes from the server, for many N: what is told as done is what the ledger has, whatever N is."""
    marks = await traced(3)
    got = 0

    def count(line, data):
        nonlocal got
        got += len(data)
        if got <= position or line.number > 1:
            return data
        line.cut(reset=position % 800 == 0)
        return b""

    cable.inward = count
    try:
        done = await run.up()
        code = 0
    except MigratorError as error:
        done, code = list(error.done), error.exit_code
    there = await db.fetchval("select to_regclass('_yoyo_migration') is not null")
    entries = [row[0] for row in await db.fetch("select migration_id from _yoyo_migration order by 1")] if there else []
    assert (done, code) == (entries, 0 if len(entries) == 3 else 4 if entries else 3)
    cable.inward = unchanged
    assert await run.up() == ids(3)[len(entries) :]
    assert await trace(db) == marks
    assert await books(db) == whole(3)


async def test_where_nobody_can_be_asked(run: Run, cable: Cable, db: Connection, traced: Traced):
    """The server cannot be reached again: what was seen is told, what is not known is said, and where to look."""
    await traced(3)
    await db.execute("insert into gate values ('2.2', 60)")
    run.config = replace(run.config, wait=0.3)
    failing = asyncio.create_task(run.fails())
    await until(db, SLEEPING)
    begin = time.monotonic()
    cable.unplug()
    error = await failing
    assert time.monotonic() - begin < 8
    assert (type(error), error.exit_code, error.done) == (WorkError, 4, ("0001.step",))
    assert error.outcome is not None
    assert error.outcome.startswith("the ledger could not be asked (`127.0.0.1:")
    assert error.outcome.endswith(
        "refuses connections): 1 of this run was seen committed, and `0002.step` may be committed, too"
    )
    assert error.hint is not None
    assert "`migrate status`" in error.hint


async def test_the_old_session_is_waited_for(run: Run, cable: Cable, db: Connection, traced: Traced):
    """While the server still works for the client that is gone, nothing is told: what commits then is told, too."""
    marks = await traced(2)
    # a commit that takes a while, as with a slow disk: the server does not look for its client meanwhile
    await db.execute(
        "create function dawdle() returns trigger language plpgsql as $$ declare until timestamptz; begin "
        "set local client_connection_check_interval = 0; perform pg_sleep(1.5); return null; end $$;"
        "create constraint trigger dawdle after insert on trace deferrable initially deferred for each row "
        "when (new.mark = '2.3') execute function dawdle()"
    )
    cable.inward = cut_at(closing(1))
    assert await run.up() == ids(2)
    assert run.told == ["asking-ledger", "connection-lost"]
    assert await trace(db) == marks
    assert await books(db) == whole(2)


async def test_another_runner_that_goes_on_is_not_taken_for_this_one(
    run: Run, cable: Cable, db: Connection, dsn: str, traced: Traced
):
    """What another runner has applied since is in the ledger, and yet it is not told as done by this run."""
    await traced(3)
    cable.inward = deaf_from(b" 1 1\0")
    await db.execute("insert into gate values ('2.2', 60)")
    failing = asyncio.create_task(run.fails())
    await until(db, SLEEPING)
    await db.execute("delete from gate")
    others = Config(root=run.config.root, database=Address(dsn, "test"), migrations=run.config.migrations)
    other = asyncio.create_task(up(others))
    await until(db, SECOND)
    cable.cut()
    waiting = asyncio.Event()

    cable.gate = waiting  # it asks when the other one is done
    assert [done.id for done in (await other).done] == ids(3)[1:]
    waiting.set()
    assert (await failing).done == ("0001.step",)
    assert await books(db) == whole(3)


@pytest.mark.parametrize("words", [b"pg_try_advisory_lock", b"_yoyo_migration", b"observers"])
async def test_cut_before_anything_was_sent(run: Run, cable: Cable, db: Connection, traced: Traced, words: bytes):
    """While the ledger is read or the lock taken nothing can have changed, and that is what is said: exit 3."""
    marks = await traced(2)
    cable.outward = half_of(words)
    error = await run.fails()
    assert isinstance(error, UnavailableError)
    assert (error.exit_code, error.code, error.done) == (3, "connection-lost", ())
    assert error.outcome == "nothing was changed"
    assert (await trace(db), run.told) == ([], [])
    assert await run.up() == ids(2)
    assert await trace(db) == marks


@pytest.mark.parametrize("command", ["down", "redo"])
@pytest.mark.parametrize("lost", ["the answer", "a statement"])
async def test_cut_on_the_way_down(run: Run, cable: Cable, db: Connection, traced: Traced, command: str, lost: str):
    """`down` and `redo` know by the ledger's log how far they came, also where the entry is there before and after."""
    await traced(2)
    folder = run.config.migrations[0]
    (folder / "0002.step.rollback.sql").write_text(
        "insert into trace (mark) values ('back'); select pg_sleep(seconds) from gate where mark = 'back'; "
        "delete from gate;"
    )
    assert await run.up() == ids(2)
    job = down(run.config, emit=run.events.append) if command == "down" else redo(run.config, emit=run.events.append)
    run.events.clear()
    if lost == "the answer":
        cable.inward = deaf_from(b" 0 1\0")
        running = asyncio.create_task(job)
        await until(db, f"select count(*) = {3 if command == 'down' else 4} from _yoyo_log")
        cable.cut()
        result = await running
        assert [done.direction for done in result.done] == (["down"] if command == "down" else ["down", "up"])
        assert result.pending == (("0002.step",) if command == "down" else ())
        return
    await db.execute("insert into gate values ('back', 60)")
    running = asyncio.create_task(job)
    await until(db, SLEEPING)
    cable.cut()
    with pytest.raises(ConnectionLostError) as caught:
        await running
    assert caught.value.message == "the rollback of `0002.step` failed at statement 2 of 3: the connection was lost"
    assert caught.value.outcome == "`0002.step` is still applied; nothing else was changed"
    assert await books(db) == whole(2)


@pytest.mark.parametrize("lost", ["the answer", "the message"])
async def test_cut_in_mark(run: Run, cable: Cable, db: Connection, traced: Traced, lost: str):
    """`mark` is one transaction: the ledger tells whether it is committed."""
    await traced(2)
    if lost == "the message":
        cable.outward = half_of(b"'mark'")
        with pytest.raises(ConnectionLostError) as caught:
            await mark(run.config, ("0001.step",), state="applied", emit=run.events.append)
        assert caught.value.outcome == "nothing was changed"
        return

    def deafen(line, data):
        line.deaf = line.deaf or b"'mark'" in data
        return data

    cable.outward = deafen
    cable.inward = lambda line, data: b"" if line.deaf else data
    running = asyncio.create_task(mark(run.config, ("0001.step",), state="applied", emit=run.events.append))
    await until(db, "select to_regclass('_yoyo_log') is not null")
    await until(db, "select count(*) = 1 from _yoyo_log")
    cable.cut()
    result = await running
    assert (result.marked, result.pending) == (("0001.step",), ("0002.step",))
    assert run.told == ["asking-ledger", "connection-lost"]


def read_behind(words: bytes) -> Look:
    """For `outward`: cut at the first question that is asked when these words were sent, so that it never arrives."""
    sent = False

    def look(line: Line, data: bytes) -> bytes:
        nonlocal sent
        if sent and b"COPY (" in data:
            line.cable.outward = unchanged
            line.cut()
            return b""
        sent = sent or words in data
        return data

    return look


@pytest.mark.parametrize("command", ["down", "redo", "down twice", "mark", "protect"])
async def test_cut_when_all_is_committed_and_heard(
    run: Run, cable: Cable, db: Connection, traced: Traced, command: str
):
    """Nothing is asked any more that could turn what is committed into a failure, or else the ledger is asked again."""
    await traced(2)
    folder = run.config.migrations[0]
    for name in ids(2):
        (folder / f"{name}.rollback.sql").write_text("select 1;")
    await run.up()
    if command == "protect":
        cable.outward = read_behind(b'insert into "migrator"."setting"')
        result = await protect(run.config)
        assert (result.changed, result.database.protected) == (True, True)
        assert await db.fetchval("select count(*) from migrator.setting") == 1
    elif command == "mark":
        cable.outward = read_behind(b"'unmark'")
        found = await mark(run.config, ("0002.step",), state="pending")
        assert (found.marked, found.pending) == (("0002.step",), ("0002.step",))
        assert (await books(db))["ledger"] == whole(1)["ledger"]
    else:
        cable.outward = read_behind(OPENING)
        found = await (redo(run.config) if command == "redo" else down(run.config, steps=len(command.split())))
        backwards = {"down": ["0002.step"], "redo": [], "down twice": ids(2)}[command]
        assert (len(found.done), list(found.pending)) == ({"down": 1}.get(command, 2), backwards)
        assert (await books(db))["ledger"] == whole(2 - len(backwards))["ledger"]


async def test_cut_while_the_database_is_marked(run: Run, cable: Cable, traced: Traced):
    """`protect` cannot know whether the mark is there, says so, and is to be run again."""
    await traced(1)
    await run.up()
    cable.outward = half_of(b'insert into "migrator"."setting"')
    with pytest.raises(WorkError) as caught:
        await protect(run.config)
    assert (caught.value.code, caught.value.outcome, caught.value.hint) == (
        "connection-lost",
        "the mark may be set, or not: it is one statement",
        "run `migrate protect` again",
    )
    assert (await protect(run.config)).changed is True


async def test_cut_at_the_farewell(run: Run, cable: Cable, db: Connection, traced: Traced):
    """The connection that ends when everything is said is no news."""
    await traced(1)
    cable.outward = lambda line, data: line.cut(reset=True) or b"" if data[:1] == b"X" else data
    assert await run.up() == ids(1)
    assert (run.told, await books(db)) == ([], whole(1))


async def test_cut_in_reset(run: Run, cable: Cable, db: Connection, traced: Traced):
    """Dropping everything is one transaction: that is all that can be said, and enough to run it again."""
    marks = await traced(1)
    await run.up()
    cable.outward = half_of(b"drop schema")
    with pytest.raises(WorkError) as caught:
        await reset(run.config)
    assert (caught.value.exit_code, caught.value.code) == (4, "connection-lost")
    assert caught.value.outcome == "either everything was dropped or nothing: it is one transaction"
    assert await trace(db) == marks


async def test_cut_in_reset_when_everything_is_dropped(run: Run, cable: Cable, db: Connection, traced: Traced):
    """What its `up` did not change is told behind what the reset did: everything was dropped."""
    await traced(1)
    await run.up()
    cable.outward = read_behind(b"drop schema")
    with pytest.raises(WorkError) as caught:
        await reset(run.config)
    assert (caught.value.exit_code, caught.value.code, caught.value.done) == (4, "connection-lost", ())
    assert caught.value.outcome == "everything was dropped; then, in `up`, nothing was changed"
    assert await db.fetchval("select to_regclass('trace')") is None


async def test_a_wrong_seed_file_when_everything_is_dropped(run: Run, traced: Traced):
    """The seed file is not all that is to be told: the database was dropped, and made again by `up`."""
    await traced(1)
    folder = run.config.migrations[0]
    (folder / "0001.step.sql").write_text("create table t (id int primary key);")
    seeds = folder.parent / "seeds"
    seeds.mkdir()
    (seeds / "t.yaml").write_text("t:\n  - {id: 1, one: 1}\nu:\n  - {id: 1}\n")
    with pytest.raises(WorkError) as caught:
        await reset(replace(run.config, seeds=(seeds,)))
    error = caught.value
    assert (error.exit_code, error.code, error.done, len(error.causes)) == (4, "bad-seeds", ("0001.step",), 2)
    assert error.outcome == "everything was dropped; then, in `seed`, nothing was loaded"


async def test_cut_and_stopped_while_the_ledger_is_asked(run: Run, cable: Cable, db: Connection, traced: Traced):
    """Whoever stops the run then is told that it is not known, and not a guess."""
    await traced(2)
    await db.execute("insert into gate values ('2.2', 60)")
    running = asyncio.create_task(up(run.config, emit=run.events.append))
    await until(db, SLEEPING)
    cable.gate = asyncio.Event()
    cable.cut()
    end = time.monotonic() + 10
    while "asking-ledger" not in run.told:
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert run.events[-1] == Halted(id="0002.step", direction="up", stays=None)
