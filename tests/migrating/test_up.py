"""`up` on a real server: what is applied, what is refused, and what a failure leaves."""

import asyncio

import pytest

from migrator.config import Address
from migrator.errors import InputError, StateError, UnavailableError, WorkError
from migrator.events import Applied, Applying, Event, Noticed, Planned, Retrying, Waiting
from migrator.migrating import mark, up
from migrator.project import status

pytestmark = pytest.mark.db

THREE = {
    "migrations/0001.a.sql": "create table a (id int primary key);\n",
    "migrations/0002.b.sql": "create table b (id int primary key references a);\ncreate index on b (id);\n",
    "migrations/0003.c.sql": "create table c (id int);\n",
}


async def tables(db):
    rows = await db.fetch("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'")
    return {row["relname"] for row in rows if not row["relname"].startswith(("_yoyo", "yoyo"))}


async def ledger_ids(db):
    rows = await db.fetch("select migration_id from _yoyo_migration order by applied_at_utc")
    return [row["migration_id"] for row in rows]


async def test_applies_in_order_and_only_once(project, db):
    """Every pending migration is applied in order; a second run finds nothing to do."""
    config = project(THREE)
    first = await up(config)
    assert [done.id for done in first.done] == ["0001.a", "0002.b", "0003.c"]
    assert [done.statements for done in first.done] == [1, 2, 1]
    assert await tables(db) == {"a", "b", "c"}
    assert await ledger_ids(db) == ["0001.a", "0002.b", "0003.c"]
    second = await up(config)
    assert second.done == ()
    assert second.pending == ()


async def test_events_tell_every_statement(project):
    """The plan, each statement as the server begins it, and each commit are told in order."""
    events: list[Event] = []
    await up(project(THREE), emit=events.append)
    assert [(type(e), getattr(e, "id", None), getattr(e, "statement", None)) for e in events] == [
        (Planned, None, None),
        (Applying, "0001.a", 1),
        (Applied, "0001.a", None),
        (Applying, "0002.b", 1),
        (Applying, "0002.b", 2),
        (Applied, "0002.b", None),
        (Applying, "0003.c", 1),
        (Applied, "0003.c", None),
    ]


async def test_nothing_to_do_writes_nothing(project, db):
    """An empty folder's `up` does not even make the tables; a dry run of pending work does not either."""
    await up(project({"migrations/.keep": ""}))
    result = await up(project(THREE), dry_run=True, with_sql=True)
    assert result.planned == ("0001.a", "0002.b", "0003.c")
    assert result.pending == ("0001.a", "0002.b", "0003.c")
    assert "create table c (id int)" in result.messages[0]
    assert await db.fetchval("select count(*) from pg_class where relname in ('_yoyo_migration', 'journal')") == 0


async def test_syntax_error_in_the_last_file_stops_the_first(project, db):
    """PostgreSQL parses the whole message before it runs any of it: nothing is applied, the place is exact."""
    config = project({**THREE, "migrations/0003.c.sql": "create table c (\n  id int\n  refernces a (id)\n);\n"})
    with pytest.raises(InputError) as caught:
        await up(config)
    error = caught.value
    assert error.code == "syntax-error"
    assert error.message == "`0003.c` failed at statement 1 of 1"
    assert error.detail == 'syntax error at or near "refernces" (42601)'
    assert (error.where.line, error.where.column, error.where.width) == (3, 3, 9)
    assert error.outcome == "nothing was applied: no statement of this run was executed"
    assert await tables(db) == set()
    assert await db.fetchval("select to_regclass('_yoyo_migration') is null and to_regnamespace('migrator') is null")


async def test_a_broken_file_is_told_before_a_refused_connection(project):
    """Files are checked whether or not there is a server: the mistake that the user can see is said first."""
    nowhere = Address("postgresql://nobody@127.0.0.1:1/nothing", "test")
    with pytest.raises(InputError) as caught:
        await up(project({"migrations/0001.a.sql": "select 'open"}, database=nowhere))
    assert caught.value.code == "unterminated-string"
    with pytest.raises(UnavailableError):
        await up(project({"migrations/0001.a.sql": "select 1"}, database=nowhere))


async def test_run_time_error_names_the_statement(project, db):
    """An error without a position is blamed on the statement that ran; the migration before it stays."""
    config = project(
        {
            **THREE,
            "migrations/0002.b.sql": "create table b (n int);\ninsert into b values (1), (0);\n"
            "update b set n = 1 / n;\ncreate table never ();\n",
        }
    )
    with pytest.raises(WorkError) as caught:
        await up(config)
    error = caught.value
    assert error.code == "statement-failed"
    assert error.exit_code == 4
    assert error.message == "`0002.b` failed at statement 3 of 4"
    assert error.detail == "division by zero (22012)"
    assert (error.where.line, error.where.column) == (3, 1)
    assert error.outcome == "`0002.b` was rolled back; 1 migration before it stays applied"
    assert error.done == ("0001.a",)
    assert await tables(db) == {"a"}
    assert await ledger_ids(db) == ["0001.a"]
    assert await db.fetchval("select count(*) from yoyo_lock") == 0


async def test_deferred_constraint_fails_at_commit(project, db):
    """A constraint that PostgreSQL checks at COMMIT is blamed on the migration whose commit failed."""
    config = project(
        {
            "migrations/0001.a.sql": "create table a (id int primary key);",
            "migrations/0002.b.sql": "create table b (a int references a deferrable initially deferred);"
            "insert into b values (7);",
            "migrations/0003.c.sql": "create table c (id int);",
        }
    )
    with pytest.raises(WorkError) as caught:
        await up(config)
    assert caught.value.message == "`0002.b` failed when it was committed"
    assert caught.value.sqlstate == "23503"
    assert caught.value.done == ("0001.a",)
    assert await tables(db) == {"a"}


async def test_error_position_counts_characters_not_bytes(project):
    """Text outside ASCII before the mistake does not move the caret."""
    config = project({"migrations/0001.ä.sql": "select 'äöü€𝄞';\nselect 'é' || nothing;\n"})
    with pytest.raises(WorkError) as caught:
        await up(config)
    assert (caught.value.where.line, caught.value.where.column, caught.value.where.width) == (2, 15, 7)
    assert caught.value.detail == 'column "nothing" does not exist (42703)'


async def test_a_large_file_is_one_transaction_over_many_messages(project, db):
    """A file larger than a message is divided between statements, and still rolls back as a whole."""
    rows = "".join(f"insert into a values ({number}, '{'x' * 200}');\n" for number in range(1000))
    config = project({"migrations/0001.a.sql": f"create table a (id int, t text);\n{rows}"})
    result = await up(config)
    assert result.done[0].statements == 1001
    assert await db.fetchval("select count(*) from a") == 1000
    broken = project({"migrations/0002.b.sql": f"create table b ();\n{rows}select 1 / 0;\n"})
    with pytest.raises(WorkError) as caught:
        await up(broken)
    assert caught.value.message == "`0002.b` failed at statement 1002 of 1002"
    assert await db.fetchval("select count(*) from a") == 1000
    assert await tables(db) == {"a"}


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_session_state_does_not_reach_the_next_migration(project, db, one_by_one):
    """search_path, settings, roles, temporary tables and prepared statements end with their migration."""
    config = project(
        {
            "migrations/0001.a.sql": "create schema s; set search_path = s; set statement_timeout = '7s';"
            "create temp table t (); prepare p as select 1; create role nobody_else; set role nobody_else;",
            "migrations/0002.b.sql": "create table here ();"
            "create table seen as select current_user::text as who, current_setting('statement_timeout') as timeout,"
            " to_regclass('pg_temp.t') is null as gone, (select count(*) from pg_prepared_statements) as prepared;",
        }
    )
    try:
        await up(config, one_by_one=one_by_one)
        assert "here" in await tables(db)
        assert tuple(await db.fetchrow("select who, timeout, gone, prepared from seen")) == ("postgres", "0", True, 0)
    finally:
        await db.execute("drop role if exists nobody_else")


async def test_one_by_one_blames_and_counts_the_same(project, db):
    """A statement at a time, without marks: the same events and the same blame."""
    events: list[Event] = []
    config = project(THREE)
    await up(config, one_by_one=True, emit=events.append)
    assert [(e.id, e.statement) for e in events if isinstance(e, Applying)] == [
        ("0001.a", 1),
        ("0002.b", 1),
        ("0002.b", 2),
        ("0003.c", 1),
    ]
    config = project({"migrations/0004.d.sql": "create table d (n int);\nselect 1 / 0;\n"})
    with pytest.raises(WorkError) as caught:
        await up(config, one_by_one=True)
    assert caught.value.message == "`0004.d` failed at statement 2 of 2"
    assert "d" not in await tables(db)


async def test_observers_get_one_statement_a_message(project, db):
    """Where a function stores `current_query()`, no message holds more than one statement, and the run says why."""
    await db.execute("create table seen (q text)")
    await db.execute(
        "create function watch() returns event_trigger language plpgsql as "
        "$$ begin insert into public.seen select current_query(); end $$"
    )
    await db.execute("create event trigger watch on ddl_command_end execute function watch()")
    events: list[Event] = []
    await up(project(THREE), emit=events.append)
    queries = [row["q"] for row in await db.fetch("select q from seen where q ilike '%create table%(id int%'")]
    assert [query.count("create table") for query in queries] == [1, 1, 1]
    told = [event.message for event in events if isinstance(event, Noticed)]
    assert told == ["`watch()` stores the text of every message, so each statement is sent by itself"]


async def test_literals_end_where_we_say(project, db):
    """A database that turns `standard_conforming_strings` off does not change what a file means."""
    await db.execute(
        f"alter database {await db.fetchval('select current_database()')} set standard_conforming_strings = off"
    )
    await up(project({"migrations/0001.a.sql": r"create table a as select 'C:\' as path; create table b ();"}))
    assert await db.fetchval("select path from a") == "C:\\"


async def test_notices_come_under_their_migration(project):
    """NOTICE and WARNING are events with the migration that raised them; a forged mark is only an INFO."""
    events: list[Event] = []
    config = project(
        {
            "migrations/0001.a.sql": "do $$ begin raise notice 'fifty %%'; raise info 'feedfeed 0 1 2'; end $$;",
            "migrations/0002.b.sql": "do $$ begin raise warning 'careful'; end $$;",
        }
    )
    await up(config, emit=events.append)
    assert [(e.migration, e.severity, e.message) for e in events if isinstance(e, Noticed)] == [
        ("0001.a", "NOTICE", "fifty %"),
        ("0001.a", "INFO", "feedfeed 0 1 2"),
        ("0002.b", "WARNING", "careful"),
    ]


async def test_empty_and_comment_only_files_are_valid(project, db):
    """A file without statements is a migration that does nothing."""
    config = project({"migrations/0001.a.sql": "", "migrations/0002.b.sql": "-- nothing yet\n/* at all */\n;\n"})
    result = await up(config)
    assert [(done.id, done.statements) for done in result.done] == [("0001.a", 0), ("0002.b", 0)]
    assert await ledger_ids(db) == ["0001.a", "0002.b"]


async def test_begin_and_commit_around_a_file_are_ours(project, db):
    """One BEGIN first and one COMMIT last are dropped as a pair, with the isolation level kept."""
    text = (
        "begin isolation level serializable;\ncreate table t as select current_setting('transaction_isolation') l;end;"
    )
    await up(project({"migrations/0001.a.sql": text}))
    assert await db.fetchval("select l from t") == "serializable"


async def test_to_stops_there(project, db):
    """`to` takes a unique prefix, is included, and leaves the rest pending."""
    result = await up(project(THREE), to="0002")
    assert [done.id for done in result.done] == ["0001.a", "0002.b"]
    assert result.pending == ("0003.c",)
    assert await ledger_ids(db) == ["0001.a", "0002.b"]
    with pytest.raises(InputError, match="there is no migration `0009`"):
        await up(project(), to="0009")


async def test_modified_is_refused_and_can_be_accepted(project, db):
    """An edited applied file stops `up`; comments alone do not; `mark --applied` accepts the edit."""
    await up(project(THREE))
    events: list[Event] = []
    config = project({"migrations/0001.a.sql": "-- said better\ncreate  table a (id int\n primary key);\r\n"})
    await up(config, emit=events.append)
    assert [event.message for event in events if isinstance(event, Noticed)] == [
        "comments or white space of `0001.a` were edited after it was applied"
    ]
    config = project({"migrations/0001.a.sql": "create table a (id bigint primary key);\n"})
    with pytest.raises(StateError) as caught:
        await up(config)
    assert caught.value.code == "migration-modified"
    assert caught.value.message == "`0001.a` was edited after it was applied"
    assert (await mark(config, ("0001",), state="applied")).marked == ("0001.a",)
    assert (await up(config)).done == ()


async def test_a_file_that_is_gone_is_refused(project, tmp_path):
    """An entry between ours without a file stops `up`; `mark --pending` forgets it."""
    config = project(THREE)
    await up(config)
    (tmp_path / "migrations/0002.b.sql").unlink()
    with pytest.raises(StateError) as caught:
        await up(config)
    assert caught.value.code == "migration-missing"
    assert caught.value.message == "`0002.b` is applied, but its file is gone"
    await mark(config, ("0002.b",), state="pending")
    assert (await up(config)).done == ()


async def test_a_database_ahead_is_fine_unless_strict(project, tmp_path):
    """An older release meets a newer database: nothing to do, told as `ahead`; `strict` refuses."""
    config = project(THREE)
    await up(config)
    (tmp_path / "migrations/0003.c.sql").unlink()
    assert (await up(config)).ahead == ("0003.c",)
    with pytest.raises(StateError) as caught:
        await up(config, strict=True)
    assert caught.value.code == "database-ahead"


async def test_late_needs_out_of_order(project, db):
    """A pending migration below the highest applied one is refused, and applied with `out_of_order`."""
    await up(project({"migrations/0001.a.sql": "create table a ()", "migrations/0003.c.sql": "create table c ()"}))
    late = {"migrations/0002.b.sql": "create table b ()"}
    with pytest.raises(StateError) as caught:
        await up(project(late))
    assert caught.value.code == "migration-late"
    assert caught.value.message == "`0002.b` is not applied, but `0003.c`, which comes after it, is"
    await up(project(late, out_of_order=True))
    assert await ledger_ids(db) == ["0001.a", "0003.c", "0002.b"]


async def test_a_python_migration_is_known_by_its_id(project, db):
    """A `.py` file that yoyo applied is no stranger; one that is pending is refused with the way out."""
    await up(project(THREE))
    config = project({"migrations/0004.d.py": "steps = []\n"})
    with pytest.raises(InputError) as caught:
        await up(config)
    assert caught.value.code == "python-migration"
    await mark(config, ("0004.d",), state="applied")
    assert (await up(config)).done == ()


async def test_lock_timeout_gives_up_and_changes_nothing(project, db):
    """A statement that waits longer than lock_timeout for a lock fails; the first migration's failure is exit 3."""
    await up(project({"migrations/0001.a.sql": "create table a (id int)"}))
    config = project({"migrations/0002.b.sql": "alter table a add column n int"}, lock_timeout=0.1, lock_retries=0)
    async with db.transaction():
        await db.execute("lock table a in access share mode")
        with pytest.raises(UnavailableError) as caught:
            await up(config)
    assert caught.value.code == "lock-timeout"
    assert caught.value.sqlstate == "55P03"
    assert (await up(config)).done[0].id == "0002.b"


async def test_a_lock_is_tried_again(project, db):
    """A migration that met a lock is rolled back and tried again; what was committed before is not run twice."""
    await up(project({"migrations/0001.a.sql": "create table a (id int)"}))
    files = {
        "migrations/0002.b.sql": "create table b ()",
        "migrations/0003.c.sql": "create table c (); alter table a add column n int",
    }
    config = project(files, lock_timeout=0.05)
    events: list[Event] = []
    await db.execute("begin; lock table a in access share mode")
    with pytest.raises(WorkError) as caught:
        await up(project(lock_timeout=0.05, lock_retries=1))
    assert caught.value.outcome == "`0003.c` was rolled back; 1 migration before it stays applied"
    assert caught.value.done == ("0002.b",)

    async def end_later():
        await asyncio.sleep(0.4)
        await db.execute("commit")

    result, _ = await asyncio.gather(up(config, emit=events.append), end_later())
    assert [done.id for done in result.done] == ["0003.c"]
    assert await ledger_ids(db) == ["0001.a", "0002.b", "0003.c"]
    retries = [event.message for event in events if isinstance(event, Retrying)]
    assert retries[0].startswith("`0003.c` failed at statement 2 of 2: canceling statement due to lock timeout (55P03)")
    assert [event.id for event in events if isinstance(event, Applied)] == ["0003.c"]


async def test_two_runners_apply_once(project, db):
    """Two runs at once: one waits for the other, says for whom, and finds nothing left to do."""
    config = project({"migrations/0001.a.sql": "select pg_sleep(0.5); create table a ();"})
    events: list[Event] = []

    async def second():
        await asyncio.sleep(0.25)
        return await up(config, emit=events.append)

    first, other = await asyncio.gather(up(config), second())
    assert ([done.id for done in first.done], other.done) == (["0001.a"], ())
    waits = [event for event in events if isinstance(event, Waiting)]
    assert [(wait.what, wait.application) for wait in waits] == [("lock", "migrate 0001.a")]


async def test_patience_ends(project, db):
    """A lock that is held for longer than `wait` is exit 3 and names its holder."""
    config = project(THREE, wait=0.2)
    from migrator.migrating.books.lock import key

    await db.execute(f"select pg_advisory_lock({key('public')})")
    with pytest.raises(UnavailableError) as caught:
        await up(config)
    assert caught.value.code == "locked"
    assert f"backend {db.get_server_pid()}" in caught.value.message


async def test_yoyos_lock_is_respected(project, db):
    """While yoyo's lock row is there, nothing is applied; its process and age are named."""
    await up(project({"migrations/0001.a.sql": "create table a ()"}))
    await db.execute("insert into yoyo_lock (locked, ctime, pid) values (1, now() at time zone 'utc', 4711)")
    config = project({"migrations/0002.b.sql": "create table b ()"}, wait=0.3)
    with pytest.raises(UnavailableError) as caught:
        await up(config)
    assert caught.value.code == "locked"
    assert "process 4711" in caught.value.message
    assert await tables(db) == {"a"}
    await db.execute("delete from yoyo_lock")
    assert [done.id for done in (await up(config)).done] == ["0002.b"]


async def test_post_apply_runs_after_work_and_is_owed_when_it_fails(project, db):
    """A post-apply file runs after every `up` that had work; one that failed runs in the next `up`."""
    config = project(
        {**THREE, "migrations/post-apply.sql": "create table if not exists p (n int); insert into p values (1);"}
    )
    await up(config)
    assert await db.fetchval("select count(*) from p") == 1
    await up(config)
    assert await db.fetchval("select count(*) from p") == 1
    config = project(
        {"migrations/0004.d.sql": "create table d ()", "migrations/post-apply.sql": "insert into nowhere values (1)"}
    )
    with pytest.raises(WorkError) as caught:
        await up(config)
    assert caught.value.done == ("0004.d",)
    owed = (await status(config)).migrations[-1]
    assert (owed.id, owed.state, owed.note) == ("post-apply", "pending", "owed since the last `up`")
    config = project({"migrations/post-apply.sql": "insert into p values (2);"})
    await up(config)
    assert await db.fetchval("select max(n) from p") == 2
    assert await ledger_ids(db) == ["0001.a", "0002.b", "0003.c", "0004.d"]
    await up(config)
    assert await db.fetchval("select count(*) from p") == 2


async def test_the_journal_holds_what_was_applied(project, db):
    """Content hash, statements, times and who: in the transaction of the ledger's entry, with its time."""
    await up(project(THREE))
    row = await db.fetchrow(
        "select j.*, m.applied_at_utc from migrator.journal j join _yoyo_migration m using (migration_id) "
        "where migration_id = '0002.b'"
    )
    import hashlib

    assert row["sha256"] == hashlib.sha256(THREE["migrations/0002.b.sql"].encode()).digest()
    assert (row["statements_done"], row["statements_total"], row["state"]) == (2, 2, "applied")
    assert row["ledger_applied_at"] == row["applied_at_utc"]
    assert row["started_at"] < row["finished_at"]
    assert row["applied_by"] == "postgres"


async def test_an_error_in_a_function_is_blamed_on_the_call(project):
    """An error inside a function's body is placed at the statement that called it, with PostgreSQL's context."""
    config = project(
        {
            "migrations/0001.a.sql": "create function f() returns int language plpgsql as $$\nbegin\n"
            "  execute 'selct 1';\n  return 1;\nend $$;\n\nselect f();\n"
        }
    )
    with pytest.raises(WorkError) as caught:
        await up(config)
    assert caught.value.message == "`0001.a` failed at statement 2 of 2"
    assert (caught.value.where.line, caught.value.where.column) == (7, 1)
    assert caught.value.detail == 'syntax error at or near "selct" (42601)\nin the query: selct 1'


async def test_existing_tables_offer_mark(project, db):
    """A database that was made by other means: the first `already exists` offers to record what it has."""
    await db.execute("create table a ()")
    with pytest.raises(WorkError) as caught:
        await up(project(THREE))
    assert "migrate mark ID --applied --until" in caught.value.hint
    result = await mark(project(), ("0001",), state="applied", until=True)
    assert result.marked == ("0001.a",)
