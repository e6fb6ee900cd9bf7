"""A file without a transaction that stopped: where it goes on, what has to be as it was, what is never run twice."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from migrator.config import Address
from migrator.errors import StateError, WorkError
from migrator.events import Noticed, Retrying
from migrator.migrating import down, mark, redo, up

pytestmark = pytest.mark.db

TABLE = {"migrations/0001.t.sql": "create table t (a int, b int); create table log (n serial, what text);"}
SAY = "insert into log (what) values ('{}');\n"


def two(*lines: str) -> dict[str, str]:
    """The table, and a second file without a transaction."""
    return {**TABLE, "migrations/0002.x.sql": "-- transactional: false\n" + "\n".join(lines)}


def say(what: str) -> str:
    """A statement that leaves a trace."""
    return SAY.format(what).strip()


async def said(db):
    """The traces, in order."""
    return [row[0] for row in await db.fetch("select what from log order by n")]


async def journal(db, id_="0002.x"):
    """State and count of a migration's note."""
    row = await db.fetchrow(
        "select state, statements_done, statements_total from migrator.journal where migration_id = $1", id_
    )
    return tuple(row) if row else None


async def fails(config, kind=WorkError, run=up):
    """The error of a run that has to fail."""
    with pytest.raises(kind) as caught:
        await run(config)
    return caught.value


async def test_goes_on_behind_what_is_done(project, db):
    """After a failure and an edit of what had not run, `up` runs the rest; nothing runs twice, the counts follow."""
    error = await fails(project(two(say("1"), "begin;", say("2"), say("2b"), "commit;", "select 1/0;", say("4"))))
    assert error.message == "`0002.x` failed at statement 3 of 4"
    assert error.outcome == "statements 1-2 of 4 stay; 1 migration before it stays applied"
    assert error.hint == "edit statement 3 or what comes after it: `migrate up` resumes at statement 3"
    assert await journal(db) == ("partial", 2, 4)
    heard = []
    fixed = project(
        two("-- other words", say("1"), "BEGIN ;", say("2"), say("2b"), "commit;", say("3"), say("4"), say("5"))
    )
    result = await up(fixed, emit=heard.append)
    assert [(done.id, done.statements) for done in result.done] == [("0002.x", 5)]
    assert await said(db) == ["1", "2", "2b", "3", "4", "5"]
    assert await journal(db) == ("applied", 5, 5)
    assert [event.message for event in heard if isinstance(event, Noticed)] == [
        "`0002.x` goes on behind statement 2 of 5"
    ]
    assert (await up(fixed)).done == ()


@pytest.mark.parametrize(
    ("lines", "message", "line"),
    [
        (("{1x}", "{2}", "select 1;"), "statement 1, which is committed, was edited", 2),
        (("{2}", "{1}", "select 1;"), "statement 1, which is committed, was edited", 2),
        (("{1}", "{3}", "{2}", "select 1;"), "statement 2, which is committed, was edited", 3),
        (("{1}",), "statement 2, which is committed, was removed", 1),
    ],
    ids=["edited", "reordered", "inserted", "removed"],
)
async def test_what_is_done_must_be_as_it_was(project, db, lines, message, line):
    """The first statement that is committed and reads otherwise is named, at its place; nothing has run."""
    await fails(project(two(say("1"), say("2"), "select 1/0;")))
    texts = {f"{{{each}}}": say(each) for each in ("1", "1x", "2", "3")}
    error = await fails(project(two(*(texts.get(each, each) for each in lines))), StateError)
    assert (error.code, error.migration) == ("partial-modified", "0002.x")
    assert error.message == f"`0002.x` stopped after statement 2 of 3, and {message}"
    assert error.where.line == line
    assert error.outcome == "statements 1-2 of 3 stay"
    assert error.hint.startswith("restore the first 2 statements (comments may differ)")
    assert await said(db) == ["1", "2"]
    assert await journal(db) == ("partial", 2, 3)


async def test_a_file_that_runs_in_a_transaction_now_cannot_go_on(project, db):
    """Without its directive the file would run from its beginning; where nothing is committed, it may."""
    await fails(project(two(say("1"), "select 1/0;")))
    error = await fails(project({**TABLE, "migrations/0002.x.sql": say("1")}), StateError)
    assert (error.code, error.message) == (
        "partial-modified",
        "`0002.x` stopped after statement 1 of 2, and the file runs in a transaction now",
    )
    await mark(project({}), ("0002.x",), state="pending")
    await fails(project(two("select 1/0;", say("2"))))
    assert await journal(db) == ("partial", 0, 2)
    await up(project({**TABLE, "migrations/0002.x.sql": say("3")}))
    assert await said(db) == ["1", "3"]
    assert await journal(db) == ("applied", 1, 1)


async def test_session_state_of_the_done_part_comes_back(project, db):
    """SET, PREPARE and a temporary table with its rows are there again; what wrote to the database is not repeated."""
    before = (
        "create schema s;",
        "set search_path = s, public;",
        "prepare p as insert into log (what) values ('prepared');",
        "execute p;",
        "create temp table kept (a int);",
        "insert into kept values (1), (2);",
    )
    await fails(project(two(*before, "select 1/0;")))
    after = ("execute p;", "create table here as select * from kept;")
    await up(project(two(*before, *after)))
    assert await said(db) == ["prepared", "prepared"]
    assert [row[0] for row in await db.fetch("select a from s.here order by 1")] == [1, 2]
    assert await db.fetchval("select count(*) from pg_namespace where nspname = 's'") == 1


async def test_a_temporary_table_that_cannot_come_back_stops_the_run(project, db):
    """A query filled it, and what it read has changed since: the rest must do without it."""
    before = ("create temp table old as select a from t;", "insert into t values (1);")
    await fails(project(two(*before, "select 1/0;", "insert into t select a from old;")))
    error = await fails(project(two(*before, "insert into t select a from old;")), StateError)
    assert (error.code, error.where.line) == ("migration-partial", 2)
    assert error.message == (
        "`0002.x` stopped after statement 2 of 4, and the rest needs the temporary table `old`, which ended with its "
        "session"
    )
    await up(project(two(*before, "insert into t values (2);")))
    assert [row[0] for row in await db.fetch("select a from t order by 1")] == [1, 2]


async def test_state_that_fails_to_come_back_is_told(project, db):
    """A SET of the done part that the server refuses by now stops the run at its place."""
    await db.execute("create role gone_soon")
    try:
        await fails(project(two("set role gone_soon;", "reset role;", "select 1/0;")))
        await db.execute("drop role gone_soon")
        error = await fails(project(two("set role gone_soon;", "reset role;", say("3"))))
    finally:
        await db.execute("drop role if exists gone_soon")
    assert error.message == (
        "`0002.x` cannot go on: statement 1 of 3, run again for what it leaves in the session, failed"
    )
    assert (error.where.line, error.outcome) == (2, "statements 1-2 of 3 stay")
    assert await journal(db) == ("partial", 2, 3)


async def test_state_of_a_group_that_fails_to_come_back_is_shown_as_the_whole_group(project, db):
    """The server's position counts in what was sent, which is a part of the group: no caret at a word beside it."""
    await db.execute("create domain gone as int")
    group = ("begin;", "insert into t values (1);", "create temp table k (a gone);", "commit;")
    await fails(project(two(*group, "select 1/0;", "insert into t select a from k;")))
    await db.execute("drop domain gone")
    error = await fails(project(two(*group, "insert into t select a from k;")))
    assert (error.sqlstate, error.statement) == ("42704", 1)
    assert (error.where.line, error.where.column) == (3, 1)
    assert error.hint == "correct the cause and run `migrate up` again"
    assert error.outcome == "statement 1 of 2 stays"


async def test_a_lock_met_when_a_file_goes_on_is_work_part_way(project, db, dsn):
    """The resumed run itself committed nothing, but of the file something is: exit 4, not 3."""
    await fails(project(two(say("1"), "select 1/0;")))
    other = await asyncpg.connect(dsn)
    try:
        await other.execute("begin; lock table t in access exclusive mode")
        config = project(two(say("1"), "alter table t add column c int;"), lock_timeout=0.2, lock_retries=0)
        error = await fails(config)
    finally:
        await other.close()
    assert (error.code, error.outcome) == ("lock-timeout", "statement 1 of 2 stays")


async def test_a_rollback_goes_on_and_up_waits_for_it(project, db):
    """`down` resumes a rollback that stopped; `up` refuses meanwhile, and `down` refuses a file half applied."""
    files = two(say("up"))
    undo = "migrations/0002.x.rollback.sql"
    await up(project({**files, undo: say("d1") + "\nselect 1/0;\n"}))
    error = await fails(project({}), run=down)
    assert error.outcome == "statement 1 of 2 stays"
    assert error.hint == "edit statement 2 or what comes after it: `migrate down` resumes at statement 2"
    assert await journal(db) == ("undoing", 1, 2)
    refused = await fails(project({}), StateError)
    assert refused.message == "`0002.x` is half rolled back: its rollback stopped after statement 1 of 2"
    assert refused.hint.startswith("finish that with `migrate down`; or finish it by hand and `migrate mark 0002.x ")
    edited = await fails(project({undo: say("dx") + "\nselect 2;\n"}), StateError, run=down)
    assert edited.code == "partial-modified"
    result = await down(project({undo: say("d1") + "\n" + say("d2")}))
    assert [(done.id, done.statements) for done in result.done] == [("0002.x", 2)]
    assert await said(db) == ["up", "d1", "d2"]
    assert await journal(db) is None
    await fails(project(two(say("again"), "select 1/0;")))
    half = await fails(project({}), StateError, run=down)
    assert half.message == "`0002.x` is half applied: it stopped after statement 1 of 2"
    assert half.hint.startswith("finish it with `migrate up`; or")


@pytest.mark.parametrize(("state", "entries"), [("applied", 1), ("pending", 0)])
@pytest.mark.parametrize("note", ["partial", "partial-unsure", "undoing", "undoing-unsure"])
async def test_mark_repairs_whatever_stopped(project, db, note, state, entries):
    """Half applied or half rolled back, in doubt or not: `mark` says what is, and the next run builds upon it."""
    config = project({**two(say("1"), say("2")), "migrations/0002.x.rollback.sql": say("down")})
    if note.startswith("undoing"):
        await up(config)
        await db.execute("truncate log")
    else:
        await up(config, to="0001")
        await db.execute(
            "insert into migrator.journal (migration_id, statements_done, statements_total, state) "
            "values ('0002.x', 0, 2, 'partial')"
        )
    await db.execute("update migrator.journal set state = $1, statements_done = 1 where migration_id = '0002.x'", note)
    await mark(config, ("0002.x",), state=state)
    assert await db.fetchval("select count(*) from _yoyo_migration where migration_id = '0002.x'") == entries
    assert await journal(db) == (("marked", 2, 2) if entries else None)
    await up(config)
    assert await said(db) == ([] if entries else ["1", "2"])


@pytest.mark.parametrize("run", [up, down, redo], ids=["up", "down", "redo"])
async def test_a_lock_that_passes_is_tried_again_from_there(project, db, dsn, run):
    """A lock timeout in such a file is retried like any other: from its own statement, not from the first."""
    wait = "alter table t add column if not exists c int;"
    files = {**two(say("1"), wait, say("3")), "migrations/0002.x.rollback.sql": f"{say('d1')}\n{wait}\n{say('d3')}"}
    config = project(files, lock_timeout=0.2, lock_retries=50)
    await up(project(files), to="0001" if run is up else None)
    await db.execute("truncate log")
    other = await asyncpg.connect(dsn)
    met = asyncio.Event()

    def hear(event):
        if isinstance(event, Retrying):
            met.set()

    try:
        await other.execute("begin; lock table t in access exclusive mode")
        running = asyncio.create_task(run(config, emit=hear))
        async with asyncio.timeout(20):
            await met.wait()
        await other.execute("commit")
        result = await running
    finally:
        await other.close()
    assert [done.direction for done in result.done] == {up: ["up"], down: ["down"], redo: ["down", "up"]}[run]
    assert await said(db) == {up: ["1", "3"], down: ["d1", "d3"], redo: ["d1", "d3", "1", "3"]}[run]
    assert await journal(db) == (None if run is down else ("applied", 3, 3))


async def test_a_dry_run_shows_what_is_left(project, db):
    """`--dry-run --sql` of a file that stopped holds the statements that would run, and nothing has run."""
    await fails(project(two(say("1"), "select 1/0;")))
    result = await up(project(two(say("1"), say("2"))), dry_run=True, with_sql=True)
    assert result.planned == ("0002.x",)
    assert [text.strip(" ;\n") for text in result.messages] == [say("2").strip(";")]
    assert await said(db) == ["1"]


async def test_a_large_file_goes_on_in_time(project, db):
    """5,000 statements done: their hashes are compared, and the rest runs, in a few seconds."""
    lines = [f"insert into t values ({number});" for number in range(5000)]
    config = project(two("begin;", *lines, "commit;", *lines[:40], "select 1/0;"))
    await fails(config)
    async with asyncio.timeout(5):
        await up(project(two("begin;", *lines, "commit;", *lines[:40], say("end"))))
    assert await db.fetchval("select count(*) from t") == 5040
    assert await said(db) == ["end"]


async def test_goes_on_with_the_ledger_of_the_supabase_cli(project, db):
    """Up and down resume the same where the Supabase CLI's table is the ledger."""
    id_, folder = "20260102000000_x", "supabase/migrations"
    table = {f"{folder}/20260101000000_t.sql": TABLE["migrations/0001.t.sql"]}

    def with_second(*lines: str, undo: str = "select 1;"):
        text = "-- transactional: false\n" + "\n".join(lines)
        rollback = "-- transactional: false\n" + undo
        config = project({**table, f"{folder}/{id_}.sql": text, f"supabase/rollbacks/{id_}.sql": rollback})
        return replace(config, migrations=(config.root / "supabase" / "migrations",), ledger="supabase")

    await fails(with_second(say("1"), "create index concurrently i on t (a);", "select 1/0;"))
    assert await journal(db, id_) == ("partial", 2, 3)
    await up(with_second(say("1"), "create index concurrently i on t (a);", say("3")))
    assert await db.fetchval("select count(*) from supabase_migrations.schema_migrations") == 2
    done = (say("1"), "create index concurrently i on t (a);", say("3"))
    await fails(with_second(*done, undo="drop index concurrently i;\nselect 1/0;"), run=down)
    assert await journal(db, id_) == ("undoing", 1, 2)
    await down(with_second(*done, undo=f"drop index concurrently i;\n{say('d')}"))
    assert await said(db) == ["1", "3", "d"]
    assert await db.fetchval("select count(*) from supabase_migrations.schema_migrations") == 1


async def test_ledgers_that_share_the_journal_keep_apart(project, db, dsn):
    """The same files in two schemas: what one ledger has half done is nothing that the other one goes on with."""

    def of(schema: str, *lines: str):
        address = f"{dsn}{'&' if '?' in dsn else '?'}options=-csearch_path%3D{schema}"
        return replace(project(two(*lines), wait=0.3), database=Address(address, "test"))

    await db.execute("create schema one; create schema two")
    await fails(of("one", say("1"), "select 1/0;"))
    refused = await fails(of("two", say("1"), say("2")))
    assert (refused.code, refused.done) == ("locked", ("0001.t",))
    assert refused.message == (
        "`0002.x` is under way, or half done, in another ledger that keeps its notes in the schema `migrator`"
    )
    assert await db.fetchval("select count(*) from two.log") == 0
    assert await journal(db) == ("partial", 1, 2)
    await up(replace(of("two", say("1"), say("2")), schema="migrator_two"))
    await up(of("one", say("1"), say("2")))
    for schema in ("one", "two"):
        assert [row[0] for row in await db.fetch(f"select what from {schema}.log order by n")] == ["1", "2"]


async def test_another_ledger_does_not_lose_what_is_half_done(project, db, dsn):
    """A ledger that applies a migration of that id in a transaction notes nothing rather than overwrite the note."""
    await db.execute("create schema one; create schema two")
    query = "&" if "?" in dsn else "?"
    one, other = (Address(f"{dsn}{query}options=-csearch_path%3D{name}", "test") for name in ("one", "two"))
    await fails(replace(project(two(say("1"), "select 1/0;")), database=one))
    await up(replace(project({**TABLE, "migrations/0002.x.sql": say("other")}), database=other))
    assert await journal(db) == ("partial", 1, 2)
    await mark(replace(project({}), database=other), ("0002.x",), state="pending")
    assert await journal(db) == ("partial", 1, 2)
    await up(replace(project(two(say("1"), say("2"))), database=one))
    assert [row[0] for row in await db.fetch("select what from one.log order by n")] == ["1", "2"]
