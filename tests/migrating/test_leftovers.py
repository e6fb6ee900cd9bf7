"""Without a pooler: what a migration leaves in the session reaches no other one of the run, a second try included."""

import asyncio

import pytest

from migrator import down, up
from migrator.errors import MigratorError, WorkError
from migrator.events import Event, Retrying

LEFT = """
    create temp table leftover (id int);
    prepare leftover as select 1;
    declare leftover cursor with hold for select 1;
    listen leftover;
    set statement_timeout = '17s';
    select set_config('app.tenant', 'leftover', false);
    set search_path = pg_catalog;
"""

FOUND = """create table public.found as select current_setting('search_path') as path,
    coalesce(current_setting('app.tenant', true), '') as tenant,
    current_setting('statement_timeout') as timeout,
    current_setting('client_connection_check_interval') as watched,
    (select count(*) from pg_prepared_statements) as prepared,
    (select count(*) from pg_cursors where is_holdable) as cursors,
    (select count(*) from pg_listening_channels()) as channels,
    to_regclass('pg_temp.leftover')::text as temporary"""

CLEAN = ('"$user", public', "", "0", "1s", 0, 0, 0, None)


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_the_next_migration_finds_nothing(project, db, one_by_one):
    """After a migration that was applied, the next one has a new session but for what the run itself sets."""
    config = project({"migrations/0001.a.sql": LEFT, "migrations/0002.b.sql": FOUND})
    await up(config, one_by_one=one_by_one)
    assert tuple(await db.fetchrow("select * from found")) == CLEAN


async def test_the_next_rollback_finds_nothing(project, db):
    """On the way down likewise."""
    files = {"migrations/0001.a.sql": "create table a ()", "migrations/0001.a.rollback.sql": FOUND}
    files |= {"migrations/0002.b.sql": "create table b ()", "migrations/0002.b.rollback.sql": LEFT}
    config = project(files)
    await up(config)
    await down(config, everything=True)
    assert tuple(await db.fetchrow("select * from found")) == CLEAN


async def test_a_second_try_finds_nothing_of_the_first(project, db):
    """A migration that met a lock is tried again in the same session, where its first try has prepared a statement."""
    await up(project({"migrations/0001.a.sql": "create table a (id int)"}))
    blocked = f"{LEFT}; reset search_path; alter table a add column n int"
    config = project({"migrations/0002.b.sql": blocked, "migrations/0003.c.sql": FOUND}, lock_timeout=0.05)
    tried_again = asyncio.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Retrying):
            tried_again.set()

    await db.execute("begin; lock table a in access share mode")
    run = asyncio.create_task(up(config, emit=hear))
    async with asyncio.timeout(20):
        await tried_again.wait()
    await db.execute("commit")
    assert [each.id for each in (await run).done] == ["0002.b", "0003.c"]
    assert tuple(await db.fetchrow("select * from found")) == CLEAN


AT_COMMIT = (
    "create table p (id int primary key); insert into c values (1);"
    "alter table c add foreign key (id) references p deferrable initially deferred not valid;"
    "insert into c values (2)"
)


@pytest.mark.parametrize(
    ("failing", "sqlstate"),
    [
        ("select 1 / 0", "22012"),
        (AT_COMMIT, "23503"),
    ],
    ids=["at a statement", "at commit"],
)
async def test_a_failure_keeps_the_books_of_those_before(project, db, failing, sqlstate):
    """What failed in a changed session is told from what was committed before by the ledger, read in a clean one."""
    files = {"migrations/0001.a.sql": f"create table c (id int); {LEFT}"}
    files["migrations/0002.b.sql"] = f"{failing}; {LEFT}" if sqlstate == "23503" else f"{LEFT}; {failing}"
    with pytest.raises(MigratorError) as caught:
        await up(project(files))
    assert (caught.value.sqlstate, caught.value.migration, caught.value.done) == (sqlstate, "0002.b", ("0001.a",))
    assert await db.fetchval("select count(*) from _yoyo_migration") == 1


async def test_a_fence_that_is_lost_after_work_says_what_is_done(project, db):
    """When the ledger's lock is taken in the middle of a run, its end is exit 4 and names what is applied."""
    stolen = "delete from yoyo_lock; insert into yoyo_lock (locked, ctime, pid) values (1, now(), 4711)"
    files = {"migrations/0001.a.sql": stolen, "migrations/0002.b.sql": "create table b ()"}
    with pytest.raises(WorkError) as caught:
        await up(project(files, wait=0.1))
    error = caught.value
    assert (error.code, error.done, error.outcome) == (
        "locked",
        ("0001.a",),
        "nothing else was changed in the 0.1 s that this run waited",
    )
    assert "process 4711" in error.message
