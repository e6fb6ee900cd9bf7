"""`down`, `redo` and `mark` on a real server."""

import asyncio

import pytest

from migrator.errors import InputError, StateError, WorkError
from migrator.events import Applied, Applying, Event
from migrator.migrating import down, mark, redo, up

pytestmark = pytest.mark.db

TWO = {
    "migrations/0001.a.sql": "create table a (id int primary key);",
    "migrations/0001.a.rollback.sql": "drop table a;",
    "migrations/0002.b.sql": "create table b (id int primary key references a);",
    "migrations/0002.b.rollback.sql": "drop table b;",
}


async def books(db):
    """What ledger, journal and log hold."""
    return (
        [row[0] for row in await db.fetch("select migration_id from _yoyo_migration order by 1")],
        [row[0] for row in await db.fetch("select migration_id from migrator.journal order by 1")],
        [
            row[0]
            for row in await db.fetch("select operation || ' ' || migration_id from _yoyo_log order by created_at_utc")
        ],
    )


async def test_down_erases_what_it_rolls_back(project, db):
    """Newest first; entry and note go with the tables, the log keeps what happened."""
    config = project(TWO)
    await up(config)
    result = await down(config, everything=True)
    assert [(done.id, done.direction) for done in result.done] == [("0002.b", "down"), ("0001.a", "down")]
    assert result.pending == ("0001.a", "0002.b")
    assert await books(db) == ([], [], ["apply 0001.a", "apply 0002.b", "rollback 0002.b", "rollback 0001.a"])
    assert await db.fetchval("select to_regclass('public.a') is null and to_regclass('public.b') is null")


async def test_a_failing_rollback_leaves_its_migration_applied(project, db):
    """The failed one is still applied and in the ledger; the one before it stays rolled back."""
    config = project({**TWO, "migrations/0001.a.rollback.sql": "drop table a; drop table nowhere;"})
    await up(config)
    with pytest.raises(WorkError) as caught:
        await down(config, everything=True)
    error = caught.value
    assert error.message == "the rollback of `0001.a` failed at statement 2 of 2"
    assert error.outcome == "`0001.a` is still applied; 1 rolled back before it stays rolled back"
    assert error.done == ("0002.b",)
    assert (await books(db))[0] == ["0001.a"]
    assert await db.fetchval("select to_regclass('public.a') is not null")


async def test_redo_rolls_back_and_applies_again(project, db):
    """The newest one, down and up in one run."""
    config = project(TWO)
    await up(config)
    await db.execute("insert into a values (1)")
    await db.execute("insert into b values (1)")
    result = await redo(config)
    assert [(done.id, done.direction) for done in result.done] == [("0002.b", "down"), ("0002.b", "up")]
    assert await db.fetchval("select (select count(*) from a) - (select count(*) from b)") == 1


async def test_redo_that_fails_on_the_way_up_says_so(project, db):
    """The rollback is committed, the migration is not: the error and the ledger agree."""
    config = project(TWO)
    await up(config)
    config = project({"migrations/0002.b.sql": "create table b (); select 1/0;"})
    with pytest.raises(WorkError) as caught:
        await redo(config)
    assert (caught.value.message, caught.value.done) == ("`0002.b` failed at statement 2 of 2", ("0002.b",))
    assert (await books(db))[0] == ["0001.a"]


async def test_an_empty_rollback_does_nothing_and_counts(project, db):
    """An empty rollback file rolls back nothing but the entry."""
    config = project({**TWO, "migrations/0002.b.rollback.sql": "-- nothing\n"})
    await up(config)
    result = await down(config)
    assert [(done.id, done.statements) for done in result.done] == [("0002.b", 0)]
    assert await db.fetchval("select to_regclass('public.b') is not null")


async def test_mark_changes_the_books_alone(project, db):
    """`mark --applied --until` and `mark --pending` run nothing and log as yoyo does."""
    config = project(TWO)
    assert (await mark(config, ("0002",), state="applied", until=True)).marked == ("0001.a", "0002.b")
    assert await db.fetchval("select to_regclass('public.a') is null")
    assert (await mark(config, ("0002",), state="applied")).marked == ()
    assert (await mark(config, ("0001",), state="pending", until=True)).marked == ("0001.a", "0002.b")
    assert await books(db) == ([], [], ["mark 0001.a", "mark 0002.b", "unmark 0001.a", "unmark 0002.b"])
    with pytest.raises(InputError, match="there is no migration"):
        await mark(config, ("0007",), state="applied")


async def test_down_forgets_what_was_seeded(project, db):
    """A rollback may have dropped seeded tables: every seed file counts as new again."""
    config = project(TWO)
    await up(config)
    await db.execute(
        "insert into migrator.seed (path, env, sha256, rows, loaded_at) values ('a', 'local', '', 1, now())"
    )
    await down(config)
    assert await db.fetchval("select count(*) from migrator.seed") == 0


async def test_down_goes_no_further_when_it_is_tried_again(project, db):
    """A `down` of two whose second met a lock rolls back these two, and not a third."""
    files = {"migrations/0000.z.sql": "create table z ()", "migrations/0000.z.rollback.sql": "drop table z"}
    config = project({**TWO, **files}, lock_timeout=0.05)
    await up(config)
    await db.execute("begin; lock table a in access share mode")

    async def end_later():
        await asyncio.sleep(0.4)
        await db.execute("commit")

    result, _ = await asyncio.gather(down(config, steps=2), end_later())
    assert [done.id for done in result.done] == ["0002.b", "0001.a"]
    assert (await books(db))[0] == ["0000.z"]


async def test_a_redo_that_is_stopped_tells_nothing_that_did_not_happen(project, db):
    """Cancelled while its rollback runs, `redo` has committed nothing, and no event says that it has."""
    config = project({**TWO, "migrations/0002.b.rollback.sql": "select pg_sleep(30); drop table b;"})
    await up(config)
    events: list[Event] = []
    runs = asyncio.Event()

    def hear(event: Event) -> None:
        events.append(event)
        if isinstance(event, Applying):
            runs.set()

    task = asyncio.ensure_future(redo(config, emit=hear))
    await runs.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [event for event in events if isinstance(event, Applied)] == []
    assert (await books(db))[0] == ["0001.a", "0002.b"]


async def test_down_rolls_back_what_was_agreed_to_and_nothing_else(project, db):
    """Another plan than the one that was shown is refused, and so is one that changed while it waited for the lock."""
    config = project({**TWO, "migrations/0003.c.sql": "create table c ()", "migrations/0003.c.rollback.sql": ""})
    await up(config, to="0002")
    await up(config)
    for job in (down(config, expected=("0002.b",)), redo(config, expected=("0002.b",))):
        with pytest.raises(StateError) as caught:
            await job
        assert (caught.value.code, caught.value.outcome) == ("plan-changed", "nothing was changed")
    first, second = await asyncio.gather(down(config), down(config), return_exceptions=True)
    codes = [each.code if isinstance(each, StateError) else [done.id for done in each.done] for each in (first, second)]
    assert sorted(map(str, codes)) == ["['0003.c']", "plan-changed"]
    assert (await books(db))[0] == ["0001.a", "0002.b"]


async def test_a_redo_that_fails_does_not_say_that_it_stays_applied(project, tmp_path):
    """What was rolled back before its new text failed is not applied any more, and that is said."""
    config = project({"migrations/0001.a.sql": "select 1", "migrations/0001.a.rollback.sql": ""})
    await up(config)
    (tmp_path / "migrations/0001.a.sql").write_text("select 1/0")
    with pytest.raises(WorkError) as caught:
        await redo(config)
    outcome = "`0001.a` was rolled back; its rollback, which came before, stays: it is not applied"
    assert caught.value.outcome == outcome
