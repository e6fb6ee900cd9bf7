"""Reading and making the ledger: other people's tables, missing rights, roles that must see nothing."""

import asyncio

import asyncpg
import pytest

from migrator.config import Address
from migrator.database.connect import connect
from migrator.errors import InputError, StateError, UnavailableError
from migrator.events import Retrying, Waiting
from migrator.migrating import down, up
from migrator.migrating.books import ledger
from migrator.project import status

pytestmark = pytest.mark.db

ONE = {"migrations/0001.a.sql": "create table a ()", "migrations/0001.a.rollback.sql": "drop table a"}


@pytest.fixture
async def roles(db):
    """Supabase's browser roles and a reader, on this server while the test runs."""
    names = ("anon", "authenticated", "ci_reader")
    for name in names:
        await db.execute(f"create role {name} login password '{name}'")
    yield names
    for name in names:
        await db.execute(f"drop owned by {name} cascade; drop role {name}")


async def test_the_first_read_of_an_empty_database(project):
    """Missing tables are nothing applied."""
    config = project(ONE)
    async with connect(config) as session:
        known = await ledger.read(session, config)
    assert (known.entries.schema, known.ready, dict(known.applied)) == ("public", False, {})


async def test_the_search_path_decides(project, db):
    """The ledger is where yoyo would put it: in the current schema, which the address may set."""
    await db.execute("create schema app")
    await db.execute(f"alter database {await db.fetchval('select current_database()')} set search_path = app")
    await up(project(ONE))
    assert await db.fetchval("select to_regclass('app._yoyo_migration') is not null")
    assert await db.fetchval("select to_regclass('app.a') is not null")
    assert (await up(project(ONE))).done == ()


async def test_the_address_may_set_the_search_path(project, db, dsn):
    """`options=-csearch_path=...` in the address decides where ledger and tables are, as it does for psql."""
    await db.execute("create schema other")
    sign = "&" if "?" in dsn else "?"
    config = project(ONE, database=Address(f"{dsn}{sign}options=-csearch_path%3Dother", "test"))
    await up(config)
    assert await db.fetchval("select to_regclass('other._yoyo_migration') is not null")
    assert await db.fetchval("select to_regclass('other.a') is not null")
    assert [each.state for each in (await status(config)).migrations] == ["applied"]
    wrong = project(database=Address(f"{dsn}{sign}options=-cnonsense%3D1", "test"))
    with pytest.raises(InputError) as caught:
        await status(wrong)
    assert caught.value.code == "invalid-option"


async def test_no_schema_is_an_error(project, db):
    """A search_path without an existing schema leaves no place for the ledger."""
    await db.execute(f"alter database {await db.fetchval('select current_database()')} set search_path = nowhere")
    with pytest.raises(UnavailableError) as caught:
        await up(project(ONE))
    assert caught.value.code == "no-schema"


async def test_an_old_ledger_is_refused(project, db):
    """The tables of a yoyo before version 6 are told apart and left alone."""
    await db.execute("create table _yoyo_migration (id varchar(191) primary key, ctime timestamp)")
    with pytest.raises(StateError) as caught:
        await up(project(ONE))
    assert (caught.value.code, caught.value.message) == (
        "old-ledger",
        "the ledger `public._yoyo_migration` is of a yoyo before version 6",
    )


async def test_rights_are_told_from_emptiness(project, db, address_as, roles):
    """A role that may not read the ledger gets exit 3, never `nothing applied`; `readers` may read it."""
    await up(project(ONE))
    config = project(ONE, database=address_as("ci_reader"))
    with pytest.raises(UnavailableError) as caught:
        await status(config)
    assert caught.value.code == "missing-rights"
    await db.execute("drop schema migrator cascade; drop table _yoyo_migration, _yoyo_log, _yoyo_version, yoyo_lock, a")
    await up(project(ONE, readers=("ci_reader",)))
    assert [each.state for each in (await status(config)).migrations] == ["applied"]


async def test_row_level_security_is_not_emptiness(project, db, address_as, roles):
    """Where row level security would hide the ledger's rows, that is exit 3."""
    await up(project(ONE, readers=("ci_reader",)))
    await db.execute("alter table _yoyo_migration enable row level security")
    config = project(ONE, database=address_as("ci_reader"))
    with pytest.raises(UnavailableError) as caught:
        await status(config)
    assert caught.value.code == "ledger-hidden"


async def test_browser_roles_have_no_rights(project, db, roles):
    """On Supabase default privileges grant everything to anon; none of our tables keeps that."""
    await db.execute("alter default privileges in schema public grant all on tables to anon, authenticated, public")
    await up(project(ONE))
    granted = await db.fetch(
        "select c.relname, r.rolname from pg_class c, pg_roles r where r.rolname in ('anon', 'authenticated') "
        "and c.relkind = 'r' and (c.relname like '%yoyo%' or c.relnamespace = 'migrator'::regnamespace) "
        "and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')"
    )
    assert granted == []
    assert await db.fetchval("select has_table_privilege('anon', 'a', 'select')")


async def test_without_the_right_to_create(project, address_as, roles):
    """A role that may not create the schema gets the statement that an administrator must run."""
    config = project(ONE, database=address_as("ci_reader"))
    with pytest.raises(UnavailableError) as caught:
        await up(config)
    assert caught.value.code == "missing-rights"
    assert "`grant create on database" in str(caught.value.hint)
    assert "and `grant create on schema public to ci_reader` where" in str(caught.value.hint).replace('"', "")


async def test_a_reader_may_join_later(project, db, address_as, roles):
    """A role that is named in `readers` after the tables were made may read from the next run on."""
    await up(project(ONE))
    await up(project({"migrations/0002.b.sql": "create table b ()"}, readers=("ci_reader",)))
    found = await status(project(database=address_as("ci_reader")))
    assert [each.state for each in found.migrations] == ["applied", "applied"]


async def test_many_first_runs_at_once(project, dsn, address_as):
    """Eight first runs of different ledgers make our shared schema at the same moment, without an error."""

    async def one(number: int) -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(
            f"create schema s{number}; create role r{number} login superuser password 'r{number}'; "
            f"alter role r{number} set search_path = s{number}"
        )
        await connection.close()
        await up(project(database=address_as(f"r{number}")))

    project({"migrations/0001.a.sql": "create table a ()"})
    try:
        await asyncio.gather(*(one(number) for number in range(8)))
        connection = await asyncpg.connect(dsn)
        made = await connection.fetchval("select count(*) from pg_class where relname = 'a' and relkind = 'r'")
        await connection.close()
        assert made == 8
    finally:
        connection = await asyncpg.connect(dsn)
        for number in range(8):
            await connection.execute(f"drop owned by r{number} cascade; drop role r{number}")
        await connection.close()


async def test_two_ledgers_note_the_same_id_at_once(project, db, dsn):
    """Another ledger's run notes a migration of the same id in the same moment: ours waits for it and is applied."""
    config = project(ONE)
    await up(config)
    await down(config)
    await db.execute(
        "begin; insert into migrator.journal (migration_id, statements_done, statements_total, state) "
        "values ('0001.a', 1, 1, 'applied')"
    )

    async def commit_when_met() -> None:
        other = await asyncpg.connect(dsn)
        query = (
            "select exists (select from pg_stat_activity where wait_event_type = 'Lock' "
            "and datname = current_database())"
        )
        for _ in range(1000):
            if await other.fetchval(query):
                break
            await asyncio.sleep(0.02)
        await other.close()
        await db.execute("commit")

    result, _ = await asyncio.wait_for(asyncio.gather(up(config), commit_when_met()), 30)
    assert [done.id for done in result.done] == ["0001.a"]
    assert await db.fetchval(
        "select state = 'applied' and sha256 is not null and ledger_applied_at = applied_at_utc "
        "from migrator.journal join _yoyo_migration using (migration_id)"
    )


async def test_a_note_whose_entry_is_gone_is_replaced(project, db):
    """What yoyo rolled back leaves our note behind; that is known before, so that the next `up` is not tried twice."""
    config = project(ONE)
    await up(config)
    await db.execute("delete from _yoyo_migration; drop table a; update migrator.journal set sha256 = null")
    events = []
    assert [done.id for done in (await up(config, emit=events.append)).done] == ["0001.a"]
    assert not [event for event in events if isinstance(event, Waiting | Retrying)]
    assert await db.fetchval("select sha256 is not null from migrator.journal")


async def test_a_note_of_another_entry_does_not_count(project, db):
    """After yoyo rolled back and applied again, our note is stale: the file is taken on trust, then adopted."""
    config = project(ONE)
    await up(config)
    await db.execute("update _yoyo_migration set applied_at_utc = applied_at_utc + interval '1 second'")
    config = project({"migrations/0001.a.sql": "create table a (changed int)"})
    assert [each.state for each in (await status(config)).migrations] == ["applied"]
    await up(project({"migrations/0002.b.sql": "create table b ()"}))
    assert await db.fetchval("select state from migrator.journal where migration_id = '0001.a'") == "adopted"
    assert (await down(project({"migrations/0002.b.rollback.sql": "drop table b"}))).pending == ("0002.b",)
