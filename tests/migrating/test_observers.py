"""Who stores the text of statements is found in each of its forms, gets one statement a time, and breaks nothing."""

import asyncio
import subprocess
import time
from collections.abc import Callable

import asyncpg
import pytest

from migrator.config import Config
from migrator.events import Event, Noticed
from migrator.migrating import up

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Project = Callable[..., Config]
Start = Callable[..., "subprocess.Popen[str]"]

THREE = {f"migrations/000{number}.t.sql": f"create table t{number} (id int)" for number in (1, 2, 3)}
AUDIT = """
create table seen (at serial, q text);
create function watch() returns event_trigger language plpgsql as
    $$ begin insert into public.seen (q) select current_query(); end $$;
create event trigger watch on ddl_command_end execute function watch();
"""


async def told(config: Config) -> list[str]:
    """The notices of an `up`."""
    events: list[Event] = []
    await up(config, emit=events.append)
    return [event.message for event in events if isinstance(event, Noticed)]


async def until(db: Connection, query: str) -> None:
    """Wait until a query answers yes."""
    end = time.monotonic() + 30
    while not await db.fetchval(query):
        assert time.monotonic() < end, query
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("statements", "name"),
    [
        ("create function f() returns text language sql as 'SELECT CURRENT_QUERY()'", "f()"),
        ("create function f() returns text language sql return current_query()", "f()"),
        ("create table audit (q text, what text default current_query())", "audit.what"),
        (
            """create table audit (q text); create table t ();
            create rule r as on delete to t do also insert into audit values (current_query())""",
            "r on t",
        ),
        ("create view v as select current_query()", None),  # tells who asks, and stores nothing
        ("create function f() returns int language sql as 'select 1 -- currentquery'", None),
        ("create function f() returns int language c strict as '$libdir/dblink', 'dblink_current_query'", None),
    ],
    ids=["source", "body", "default", "rule", "view", "another word", "dblink"],
)
async def test_observers_are_found(project: Project, db: Connection, statements: str, name: str | None):
    """Functions of either kind, column defaults and rules that can store a message's text; and nothing else."""
    try:
        await db.execute(statements)
    except asyncpg.UndefinedFileError:
        pytest.skip("this server has no dblink")
    expected = [f"`{name}` stores the text of every message, so each statement is sent by itself"]
    assert await told(project(THREE)) == (expected if name else [])


async def test_an_observer_that_a_migration_brings(project: Project, db: Connection):
    """From a file on that mentions `current_query`, nothing travels together; what comes before it still does."""
    files = {
        "migrations/0001.first.sql": "create table first (id int); create table second (id int)",
        "migrations/0002.audit.sql": AUDIT,
        "migrations/0003.more.sql": "create table third (id int); create table fourth (id int)",
        "migrations/0004.last.sql": "create table fifth (id int)",
    }
    assert await told(project(files)) == [
        "`0002.audit` mentions `current_query`, so from there on each statement is sent by itself"
    ]
    queries = [row["q"] for row in await db.fetch("select q from seen order by at")]
    assert [query.strip().rstrip(";").strip() for query in queries] == [
        "create table third (id int)",
        "create table fourth (id int)",
        "create table fifth (id int)",
    ]
    assert await db.fetchval("select count(*) from migrator.journal where state = 'applied'") == 4


async def test_a_dry_run_shows_what_is_sent(project: Project, db: Connection):
    """`--dry-run --sql` knows of observers, too: its messages are those of the run."""
    config = project(THREE)
    assert len((await up(config, dry_run=True, with_sql=True)).messages) == 1
    await db.execute("create function f() returns text language sql as 'select current_query()'")
    found = (await up(config, dry_run=True, with_sql=True)).messages
    assert max(message.count("create table t") for message in found) == 1
    assert len(found) == 3 * 4


@pytest.mark.parametrize("where", ["between two statements", "in the closing"])
async def test_a_crash_between_messages_rolls_back(
    project: Project, db: Connection, dsn: str, start: Start, where: str
):
    """A client killed while its transaction spans messages leaves nothing; the next run applies all of it, once."""
    await up(project({"migrations/0000.base.sql": "create table base (id int)"}))
    await db.execute("create function f() returns text language sql as 'select current_query()'")
    gate = await asyncpg.connect(dsn)
    closing = where == "in the closing"
    await gate.execute(
        "begin; lock table _yoyo_log in access exclusive mode" if closing else "select pg_advisory_lock(4711)"
    )
    project({"migrations/0001.a.sql": "create table a (); select pg_advisory_xact_lock(4711); create table b ();"})
    process = start("up", "--lock-timeout", "60s")
    which = "relation = '_yoyo_log'::regclass" if closing else "locktype = 'advisory' and objid = 4711"
    try:
        await until(db, f"select exists (select from pg_locks where {which} and not granted)")
        process.kill()
        process.wait()
        others = "select count(*) = 0 from pg_stat_activity where application_name like 'migrate%' and datname = "
        await until(db, f"{others} current_database()")
    finally:
        await gate.close()
    assert await db.fetchval("select coalesce(to_regclass('a'), to_regclass('b'))") is None
    assert await db.fetchval("select count(*) from _yoyo_migration") == 1
    assert [done.id for done in (await up(project())).done] == ["0001.a"]
    assert await db.fetchval("select count(*) from yoyo_lock") == 0
