"""`migrate protect`: a mark in the database that what can lose data asks about, also when it comes in between."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from migrator.config import Config
from migrator.database.connect import connect
from migrator.errors import InputError, ProtectedError, UnavailableError
from migrator.events import Event, Waiting
from migrator.events.protecting import ProtectResult
from migrator.migrating import down, protect, redo, up
from migrator.migrating.books.lock import hold
from migrator.project import reset, status
from migrator.seeding import seed
from migrator.seeding.loading.steps import LOCK_CLASS

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Project = Callable[..., Config]

SHOP = {
    "migrations/0001.users.sql": "create table users (id int primary key)",
    "migrations/0001.users.rollback.sql": "drop table users",
    "seeds/users.yaml": "users:\n  - {id: 1}\n",
}

GUARDED: dict[str, Callable[..., Awaitable[object]]] = {"down": down, "redo": redo, "seed": seed, "reset": reset}


async def state(db: Connection) -> list[object]:
    """What a guarded command would change: the table's oid, the ledger, the rows."""
    ledger = await db.fetch("select migration_id, applied_at_utc from _yoyo_migration")
    return [await db.fetchval("select 'users'::regclass::oid"), ledger, await db.fetch("select id from users")]


async def test_the_mark_is_one_row(project: Project, db: Connection):
    """It is set once and taken away once; what is so already changes nothing and makes nothing."""
    config = project(SHOP)
    assert (await protect(config, on=False)).changed is False
    assert await db.fetchval("select to_regnamespace('migrator')") is None
    found = [await protect(config, dry_run=True), await protect(config), await protect(config)]
    assert [(each.changed, each.database.protected) for each in found] == [(True, False), (True, True), (False, True)]
    assert found[0].name == await db.fetchval("select current_database()")
    assert [tuple(row) for row in await db.fetch("select * from migrator.setting")] == [("protected", "true")]
    assert (await status(config)).database.protected is True
    found = [await protect(config, on=False), await protect(config, on=False)]
    assert [(each.changed, each.database.protected) for each in found] == [(True, False), (False, False)]
    assert await db.fetch("select * from migrator.setting") == []


@pytest.mark.parametrize("command", GUARDED)
async def test_a_protected_database_wants_its_name(project: Project, db: Connection, command: str):
    """Without its name, and with another one, nothing changes; with it the command does its work; `up` needs none."""
    config = project(SHOP)
    await protect(config)
    await up(config)
    before = await state(db)
    for confirmed in (None, "postgres"):
        with pytest.raises(ProtectedError) as caught:
            await GUARDED[command](config, confirmed=confirmed)
        assert (caught.value.code, caught.value.exit_code, caught.value.outcome) == (
            "protected",
            1,
            "nothing was changed",
        )
        assert await state(db) == before
    assert caught.value.message.endswith(f"is protected against `migrate {command}`, and `postgres` is not its name")
    name = await db.fetchval("select current_database()")
    assert caught.value.database == name
    await GUARDED[command](config, confirmed=name)
    if command == "down":
        assert await db.fetchval("select to_regclass('users')") is None
    else:
        assert await state(db) != before
    assert (await status(config)).database.protected is True


async def test_nothing_to_do_needs_no_name(project: Project, db: Connection):
    """A command that would change nothing is not refused."""
    config = project(SHOP)
    await protect(config)
    assert (await down(config)).done == ()
    await up(config)
    await seed(config, confirmed=await db.fetchval("select current_database()"))
    assert [file.state for file in (await seed(config)).files] == ["unchanged"]
    assert (await down(config, dry_run=True)).planned == ("0001.users",)


async def test_a_database_without_a_ledger_can_be_protected(project: Project, db: Connection):
    """The mark counts before the first `up`, too."""
    config = project(SHOP)
    await db.execute("create table users (id int primary key)")
    await protect(config)
    with pytest.raises(ProtectedError):
        await seed(config)
    with pytest.raises(ProtectedError):
        await reset(config)
    assert await db.fetch("select * from users") == []
    assert (await status(config)).database.protected is True


async def test_the_mark_may_come_while_a_run_waits(project: Project, db: Connection):
    """A database that is protected after `down` has looked, and before it has the lock, is not rolled back."""
    config = project(SHOP)
    await up(config)
    before = await state(db)
    waits = asyncio.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Waiting):
            waits.set()

    async with connect(config) as session:
        async with hold(session, "public", emit=lambda _: None):
            run = asyncio.create_task(down(config, emit=hear))
            await asyncio.wait_for(waits.wait(), 30)
            await db.execute("insert into migrator.setting values ('protected', 'true')")
        with pytest.raises(ProtectedError):
            await run
    assert await state(db) == before


async def test_the_mark_may_come_before_a_file_is_loaded(project: Project, db: Connection):
    """A database that is protected after `seed` has looked, and before a file's own transaction, gets no row of it."""
    config = project(SHOP)
    await up(config)
    await db.execute(f"select pg_advisory_lock({LOCK_CLASS}, 'users'::regclass::oid::int)")
    run = asyncio.create_task(seed(config))
    end = time.monotonic() + 30
    waits = (
        "select exists (select from pg_locks l join pg_database d on d.oid = l.database "
        "where d.datname = current_database() and l.locktype = 'advisory' and not l.granted)"
    )
    while not await db.fetchval(waits):
        assert time.monotonic() < end, "the file's transaction has not begun"
        await asyncio.sleep(0.02)
    await db.execute("insert into migrator.setting values ('protected', 'true')")
    await db.execute(f"select pg_advisory_unlock({LOCK_CLASS}, 'users'::regclass::oid::int)")
    with pytest.raises(ProtectedError) as caught:
        await run
    assert str(caught.value.outcome).endswith("seeds/users.yaml` was rolled back")
    assert caught.value.done == ()
    assert await db.fetch("select * from users") == []


async def test_the_mark_waits_for_who_works(project: Project, db: Connection):
    """It is set under the ledger's lock: not in the middle of another run, which is told after the patience."""
    config = project(SHOP, wait=0.1)
    async with connect(config) as session, hold(session, "public", emit=lambda _: None):
        with pytest.raises(UnavailableError) as caught:
            await protect(config)
    assert caught.value.code == "locked"
    assert await db.fetchval("select to_regclass('migrator.setting')") is None


async def test_several_at_once_set_it_once(project: Project):
    """Of five that protect an empty database at the same moment one changes it, and all succeed."""
    config = project(SHOP)
    found: list[ProtectResult] = await asyncio.gather(*(protect(config) for _ in range(5)))
    assert sorted(each.changed for each in found) == [False, False, False, False, True]
    assert {each.database.protected for each in found} == {True}


async def test_a_role_without_rights_is_told(project: Project, db: Connection, address_as):
    """Who may only read cannot protect: exit 3, and the mark is as it was."""
    await db.execute("create role protect_reader login password 'protect_reader'")
    try:
        await up(project(SHOP, readers=("protect_reader",)))
        with pytest.raises(UnavailableError) as caught:
            await protect(project(database=address_as("protect_reader")))
        assert (caught.value.code, caught.value.message) == (
            "missing-rights",
            "this role may not write to `migrator.setting`",
        )
        assert await db.fetch("select * from migrator.setting") == []
    finally:
        await db.execute("drop owned by protect_reader; drop role protect_reader")


async def test_who_may_not_know_does_not_go_on(project: Project, db: Connection, address_as):
    """A role that may seed, and may not read whether the database is protected, is told so: exit 3, nothing loaded."""
    await db.execute("create role protect_seeder login password 'protect_seeder'")
    try:
        await up(project(SHOP))
        await db.execute("grant usage on schema migrator to protect_seeder")
        await db.execute("grant all on users, migrator.seed to protect_seeder")
        with pytest.raises(UnavailableError) as caught:
            await seed(project(database=address_as("protect_seeder")))
        assert (caught.value.code, caught.value.message) == (
            "missing-rights",
            "this role may not read `migrator.setting`, which tells whether the database is protected",
        )
        assert await db.fetch("select * from users") == []
        await db.execute("grant select on migrator.setting to protect_seeder")
        await seed(project(database=address_as("protect_seeder")))
        assert [row["id"] for row in await db.fetch("select id from users")] == [1]
    finally:
        await db.execute("drop owned by protect_seeder; drop role protect_seeder")


async def test_a_missing_rollback_is_told_before(project: Project, db: Connection):
    """What is wrong with the files comes before the question for a name that would be in vain."""
    config = project({"migrations/0001.a.sql": "create table a ()"})
    await up(config)
    await protect(config)
    with pytest.raises(InputError) as caught:
        await down(config)
    assert caught.value.code == "no-rollback"
    assert await db.fetchval("select to_regclass('a') is not null")
