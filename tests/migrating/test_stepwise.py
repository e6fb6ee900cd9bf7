"""Files without a transaction on a real server: what is committed, what is counted, what a failure leaves."""

import asyncio

import pytest

from migrator.errors import UnavailableError, WorkError
from migrator.events import Retrying
from migrator.migrating import down, mark, up

pytestmark = pytest.mark.db

INDEX = {
    "migrations/0001.t.sql": "create table t (a int); insert into t select generate_series(1, 100);",
    "migrations/0002.i.sql": "-- transactional: false\ncreate index concurrently i on t (a);\nanalyze t;\n"
    "begin; insert into t values (0); insert into t values (-1); commit;\nvacuum t;\n",
    "migrations/0002.i.rollback.sql": "drop index concurrently i;",
    "migrations/0003.u.sql": "create table u ();",
    "migrations/0003.u.rollback.sql": "drop table u;",
}


async def journal(db, id_):
    """State and count of a migration's note."""
    row = await db.fetchrow(
        "select state, statements_done, statements_total from migrator.journal where migration_id = $1", id_
    )
    return tuple(row) if row else None


async def test_runs_what_no_transaction_can_hold(project, db):
    """CREATE INDEX CONCURRENTLY, VACUUM and a BEGIN ... COMMIT group in one file between transactional ones."""
    config = project(INDEX)
    result = await up(config)
    assert [(done.id, done.statements) for done in result.done] == [("0001.t", 2), ("0002.i", 4), ("0003.u", 1)]
    assert await db.fetchval("select indisvalid from pg_index where indexrelid = 'i'::regclass")
    assert await db.fetchval("select count(*) from t") == 102
    assert await journal(db, "0002.i") == ("applied", 4, 4)
    assert await db.fetchval("select count(*) from yoyo_lock") == 0
    await down(config, to="0001")
    assert await db.fetchval("select to_regclass('public.i') is null")


async def test_a_failure_says_what_stays(project, db):
    """The statements before the failed one are committed, counted and named; the run can be repaired by `mark`."""
    config = project(
        {
            **INDEX,
            "migrations/0002.i.sql": "-- transactional: false\ncreate index concurrently i on t (a);\n"
            "select 1/0;\nvacuum;",
        }
    )
    with pytest.raises(WorkError) as caught:
        await up(config)
    error = caught.value
    assert error.message == "`0002.i` failed at statement 2 of 3"
    assert error.outcome == "statement 1 of 3 stays; 1 migration before it stays applied"
    assert error.done == ("0001.t",)
    assert (error.where.line, error.where.column) == (3, 1)
    assert await journal(db, "0002.i") == ("partial", 1, 3)
    assert await db.fetchval("select count(*) from yoyo_lock") == 0
    assert error.hint == "edit statement 2 or what comes after it: `migrate up` resumes at statement 2"
    await mark(config, ("0002.i",), state="applied")
    assert [done.id for done in (await up(config)).done] == ["0003.u"]


async def test_session_state_lasts_within_the_file_only(project, db):
    """SET holds from statement to statement of one file and ends with it."""
    config = project(
        {
            "migrations/0001.a.sql": "-- transactional: false\ncreate schema s;\nset search_path = s;\n"
            "create table here ();",
            "migrations/0002.b.sql": "create table there ();",
        }
    )
    await up(config)
    assert await db.fetchval("select to_regclass('s.here') is not null and to_regclass('public.there') is not null")


async def test_a_procedure_may_commit(project, db):
    """CALL of a procedure that commits, and a DO block that does, run in a file without a transaction."""
    await db.execute(
        "create table t (a int);"
        "create procedure p() language plpgsql as $$ begin insert into t values (1); commit;"
        " insert into t values (2); end $$"
    )
    text = "-- transactional: false\ncall p();\ndo $$ begin insert into t values (3); commit; end $$;\n"
    await up(project({"migrations/0001.c.sql": text}))
    assert [row[0] for row in await db.fetch("select a from t order by 1")] == [1, 2, 3]
    assert await journal(db, "0001.c") == ("applied", 2, 2)


async def test_a_procedure_may_not_commit_in_a_transaction(project, db):
    """In a file with a transaction the server refuses it (2D000); the way out is the directive."""
    await db.execute("create procedure p() language plpgsql as $$ begin commit; end $$")
    config = project({"migrations/0001.c.sql": "call p();"})
    with pytest.raises(WorkError) as caught:
        await up(config)
    assert caught.value.sqlstate == "2D000"
    path = config.migrations[0] / "0001.c.sql"
    hint = f"put `-- transactional: false` at the top of `{path}`: it cannot run in a transaction"
    assert caught.value.hint == hint


async def test_an_index_waits_for_a_long_transaction(project, db, dsn):
    """CREATE INDEX CONCURRENTLY waits longer than lock_timeout for an old snapshot and is valid afterwards."""
    import asyncpg

    config = project(INDEX, lock_timeout=0.2)
    await up(config, to="0001")
    other = await asyncpg.connect(dsn)
    try:
        await other.execute("begin isolation level repeatable read; select count(*) from t")

        async def end_later():
            await asyncio.sleep(1.0)
            await other.execute("commit")

        result, _ = await asyncio.gather(up(config), end_later())
    finally:
        await other.close()
    assert [done.id for done in result.done] == ["0002.i", "0003.u"]
    assert await db.fetchval("select indisvalid from pg_index where indexrelid = 'i'::regclass")


async def test_a_dead_lock_row_of_ours_is_removed(project, db):
    """The lock row that a killed run left committed does not stop the next one; a stranger's does."""
    config = project(INDEX)
    await up(config, to="0001")
    await db.execute("insert into yoyo_lock (locked, ctime, pid) values (1, '2026-01-01 12:00', 4711)")
    await db.execute(
        "insert into migrator.journal (migration_id, statements_done, statements_total, state, yoyo_lock_ctime, "
        "yoyo_lock_pid) values ('0002.i', 0, 4, 'partial', '2026-01-01 12:00', 4711)"
    )
    await mark(config, ("0002.i",), state="pending")
    assert [done.id for done in (await up(config)).done] == ["0002.i", "0003.u"]


async def test_a_rollback_alone_may_need_no_transaction(project, db):
    """A directive in the rollback file speaks for the rollback alone: applying stays one transaction."""
    config = project(
        {
            "migrations/0001.t.sql": "create table t (a int); create index i on t (a);",
            "migrations/0001.t.rollback.sql": "-- transactional: false\ndrop index concurrently i;\ndrop table t;",
        }
    )
    await up(config)
    result = await down(config)
    assert [(done.id, done.statements) for done in result.done] == [("0001.t", 2)]
    assert await db.fetchval("select to_regclass('public.t') is null")
    broken = project({"migrations/0001.t.sql": "create table t (a int); create index i on t (a); select 1/0;"})
    with pytest.raises(WorkError):
        await up(broken)
    assert await db.fetchval("select to_regclass('public.t') is null")


REFUSE = "create function no() returns trigger language plpgsql as $$ begin raise '{}' using errcode = '{}'; end $$;"


async def test_the_failure_is_told_also_where_giving_back_fails(project, db):
    """What the server refuses of our own cleaning up hides neither the statement that failed nor what stays."""
    no = "create trigger no before delete on yoyo_lock for each row execute function no();"
    lines = ["-- transactional: false", REFUSE.format("read-only", "25006"), no, "select 1/0;"]
    with pytest.raises(WorkError) as caught:
        await up(project({"migrations/0001.x.sql": "\n".join(lines)}))
    error = caught.value
    assert (error.message, error.sqlstate) == ("`0001.x` failed at statement 3 of 3", "22012")
    assert (error.outcome, error.where.line) == ("statements 1-2 of 3 stay", 4)
    await db.execute("drop trigger no on yoyo_lock")
    await up(project({"migrations/0001.x.sql": "\n".join(lines[:-1])}))
    assert await db.fetchval("select count(*) from yoyo_lock") == 0


async def test_what_precedes_the_first_file_is_told_and_tried_again(project, db):
    """A row of the books that somebody changed meanwhile is tried again before a file without a transaction, too."""
    config = project(INDEX, lock_retries=0)
    await up(config, to="0001")
    await db.execute(
        "delete from migrator.journal; create sequence tries; create function no() returns trigger language plpgsql as "
        "$$ begin if nextval('tries') = 1 then raise 'tuple concurrently updated' using errcode = 'XX000'; end if; "
        "return new; end $$; create trigger no before insert on migrator.journal for each row execute function no()"
    )
    with pytest.raises(UnavailableError) as caught:
        await up(config)
    error = caught.value
    assert (error.code, error.message) == ("lock-timeout", "`0002.i` could not begin")
    assert error.outcome == "nothing of `0002.i` is committed"
    await db.execute("alter sequence tries restart")
    heard = []
    result = await up(project(INDEX, lock_retries=1), emit=heard.append)
    assert [done.id for done in result.done] == ["0002.i", "0003.u"]
    assert [event.id for event in heard if isinstance(event, Retrying)] == ["0002.i"]


async def test_a_file_that_cannot_end_is_not_to_be_edited(project, db):
    """Every statement is committed and the entry is refused: no statement is left that an edit would help."""
    no = "create trigger no before insert on _yoyo_migration for each row execute function no();"
    lines = ["-- transactional: false", REFUSE.format("no entry", "P0001"), no]
    with pytest.raises(WorkError) as caught:
        await up(project({"migrations/0001.x.sql": "\n".join(lines)}))
    error = caught.value
    assert (error.message, error.outcome) == ("`0001.x` failed when it was committed", "statements 1-2 of 2 stay")
    assert error.hint == "correct the cause and run `migrate up` again"


async def test_a_rollback_says_so_in_its_application_name(project, db):
    """pg_stat_activity tells a rollback from an application, with a transaction or without."""
    say = "insert into log values (current_setting('application_name'));"
    config = project(
        {
            "migrations/0001.t.sql": "create table log (what text);",
            "migrations/0002.x.sql": f"-- transactional: false\n{say}",
            "migrations/0002.x.rollback.sql": say,
        }
    )
    await up(config)
    await down(config)
    assert [row[0] for row in await db.fetch("select what from log")] == ["migrate 0002.x", "migrate down 0002.x"]
