"""Which ledger is taken, and what is said about it."""

import asyncpg
import pytest
from clirows import rows

from migrator.database.sessions.session import Session
from migrator.errors import InputError, UnavailableError
from migrator.events.database import Told
from migrator.migrating import down, mark, up
from migrator.project import status

pytestmark = pytest.mark.db

SUPABASE = "supabase_migrations.schema_migrations"


async def told(job, config):
    """What a command says about the ledger."""
    events = []
    await job(config, emit=events.append)
    return [event.message for event in events if isinstance(event, Told) and event.code == "ledger-chosen"]


async def marking(config, *, emit):
    """`migrate mark` of a file that is applied nowhere."""
    await mark(config, ("2_b",), state="applied", emit=emit)


@pytest.fixture
async def reader(db):
    """A role that may log in, and nothing else."""
    await db.execute("create role ci_reader login password 'ci_reader'")
    yield "ci_reader"
    await db.execute("drop owned by ci_reader cascade; drop role ci_reader")


async def has_yoyo(db):
    """Yoyo's table exists."""
    return await db.fetchval("select to_regclass('_yoyo_migration') is not null")


async def has_supabase(db):
    """The Supabase CLI's table exists."""
    return await db.fetchval(f"select to_regclass('{SUPABASE}') is not null")


async def test_the_folder_decides_where_nothing_is(files, project, db):
    """`supabase/migrations` means the CLI's table, any other folder yoyo's; neither needs a word."""
    assert await told(up, files({"1_a": "select 1"})) == []
    assert (await has_supabase(db), await has_yoyo(db)) == (True, False)
    await db.execute("drop schema supabase_migrations cascade")
    assert await told(up, project({"migrations/0001.a.sql": "select 1"})) == []
    assert (await has_supabase(db), await has_yoyo(db)) == (False, True)


async def test_the_configuration_wins(files, project, db):
    """`ledger` decides against the folder and against what exists, without a word."""
    assert await told(up, files({"1_a": "select 1"}, ledger="yoyo")) == []
    assert (await has_supabase(db), await has_yoyo(db)) == (False, True)
    assert await told(up, project({"migrations/2_b.sql": "select 2"}, ledger="supabase")) == []
    assert await rows(db) == [("2", "b", ["select 2"])]
    assert await told(status, project(ledger="supabase")) == []


async def test_the_clis_table_is_taken_where_yoyos_are_missing(files, project, db, cli):
    """In a folder of any name: nothing that the CLI applied is applied again, and the reason is told."""
    await cli("1", "a", ["create table a ()"])
    config = project({"migrations/1_a.sql": "create table a ();", "migrations/2_b.sql": "create table b ()"})
    (said,) = await told(up, config)
    assert said == (
        f"the ledger is the Supabase CLI's, `{SUPABASE}`: it exists, and yoyo's does not; "
        "`ledger` in the configuration is not set"
    )
    assert [version for version, _, _ in await rows(db)] == ["1", "2"]
    assert not await has_yoyo(db)


async def test_yoyos_tables_are_taken_where_the_clis_is_missing(files, db):
    """A Supabase folder whose database has a ledger of yoyo's keeps it: nothing is applied twice."""
    config = files({"1_a": "create table a ()", "supabase/rollbacks/1_a.sql": "drop table a"}, ledger="yoyo")
    await up(config)
    config = files({"2_b": "create table b ()"})
    said = (
        "the ledger is yoyo's, `public._yoyo_migration`: it exists, and the Supabase CLI's does not; "
        "`ledger` in the configuration is not set"
    )
    assert await told(status, config) == [said]
    assert await told(up, config) == [said]
    assert not await has_supabase(db)
    assert await db.fetchval("select count(*) from _yoyo_migration") == 2


async def test_two_ledgers_deserve_a_word(files, project, db, cli):
    """Where both exist the folder decides, and every command says so."""
    await cli("1", "a", ["select 1"])
    await up(project({"migrations/0001.a.sql": "select 1"}, ledger="yoyo"))
    config = files({"1_a": "select 1", "2_b": "select 2", "supabase/rollbacks/2_b.sql": "select 3"})
    said = (
        f"the ledger is `{SUPABASE}`, because the migrations are in `supabase/migrations`; one of yoyo's exists, too, "
        "and `ledger` in the configuration is not set"
    )
    for job in (up, up, status, down, marking):
        assert await told(job, config) == [said], job
    (said,) = await told(up, project())
    assert said == (
        "the ledger is `public._yoyo_migration`, because the migrations are not in `supabase/migrations`; "
        f"`{SUPABASE}` exists, too, and `ledger` in the configuration is not set"
    )


async def test_a_file_without_a_version_has_no_place(files, project, db):
    """The CLI skips such a file; here it is an error, in every command, before anything is sent."""
    config = files({"1_a": "select 1", "add-b": "select 2"})
    for job in (up, status, down):
        with pytest.raises(InputError) as caught:
            await job(config)
        assert (caught.value.code, caught.value.migration) == ("unversioned-migration", "add-b")
        assert '`ledger = "yoyo"`' in caught.value.hint
    assert not await has_supabase(db)
    with pytest.raises(InputError) as caught:
        await up(project({"migrations/0001.a.sql": "select 1"}, ledger="supabase"))
    assert caught.value.message.endswith(
        f"migrations/0001.a.sql` has no place in the ledger `{SUPABASE}`: the Supabase CLI knows a migration by the "
        "digits before the first `_` of its name"
    )


async def test_one_version_in_two_folders(files, tmp_path):
    """Two files of one version are one migration to the CLI's table."""
    folders = (tmp_path / "supabase/migrations", tmp_path / "more")
    config = files({"1_a": "select 1", "more/1_b.sql": "select 2"}, migrations=folders)
    with pytest.raises(InputError) as caught:
        await up(config)
    assert caught.value.code == "duplicate-migration"


async def test_a_search_path_of_nothing_is_no_matter(files, db):
    """The CLI's table has a schema of its own, so none needs to be current."""
    await db.execute(f"alter database {await db.fetchval('select current_database()')} set search_path = nowhere")
    config = files({"1_a": "create table public.a ()"})
    assert [done.id for done in (await up(config)).done] == ["1_a"]
    assert [each.state for each in (await status(config)).migrations] == ["applied"]


async def test_a_table_that_this_role_cannot_read(files, cli, address_as, reader):
    """A missing right is exit 3, never `nothing applied`."""
    await cli("1", "a", ["select 1"])
    with pytest.raises(UnavailableError) as caught:
        await status(files({"1_a": "select 1", "2_b": "select 2"}, database=address_as(reader)))
    assert (caught.value.code, caught.value.message) == ("missing-rights", f"this role may not read `{SUPABASE}`")


async def test_readers_may_read(files, address_as, reader):
    """A role in `readers` gets what it needs to read a table that we made."""
    await up(files({"1_a": "select 1"}, readers=(reader,)))
    found = await status(files(database=address_as(reader)))
    assert [each.state for each in found.migrations] == ["applied"]


async def test_nothing_of_ours_is_open_to_api_keys(files, db, address_as, api_roles):
    """Where default privileges give `anon` everything, none of the tables that we make can be read or written."""
    await up(files({"1_a": "create table a ()"}))
    assert await db.fetchval("select has_table_privilege('anon', 'a', 'select')")
    for role in api_roles:
        connection = await asyncpg.connect(address_as(role).text)
        for table in (SUPABASE, "migrator.journal", "migrator.setting", "migrator.seed"):
            for sql in (f"select * from {table}", f"delete from {table}", f"insert into {table} default values"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(sql)
        await connection.close()


async def test_the_rights_of_the_clis_own_table_stay(files, db, cli, api_roles):
    """What the CLI made has the rights that it was given; that is not ours to change."""
    await cli("1", "a", ["select 1"])
    before = await db.fetchval(f"select relacl::text from pg_class where oid = '{SUPABASE}'::regclass")
    await up(files({"1_a": "select 1", "2_b": "select 2"}))
    assert await db.fetchval(f"select relacl::text from pg_class where oid = '{SUPABASE}'::regclass") == before


async def test_rounds_of_a_run_with_nothing_to_do(files, monkeypatch):
    """One read, as with yoyo's tables."""
    config = files({"1_a": "select 1"})
    await up(config)
    asked = []
    for name in ("read", "run"):
        real = getattr(Session, name)

        async def counting(self, sql, real=real):
            asked.append(sql)
            return await real(self, sql)

        monkeypatch.setattr(Session, name, counting)
    await up(config)
    assert len(asked) == 1
