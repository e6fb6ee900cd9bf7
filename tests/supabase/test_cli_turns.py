"""The Supabase CLI and `migrate` take turns on one database, and each tells what the other has done from its rows."""

import asyncio

import asyncpg
import pytest
from clirows import journal, rows

from migrator.errors import StateError
from migrator.events import Noticed
from migrator.migrating import down, mark, up
from migrator.project import status

pytestmark = pytest.mark.db

A = "-- people\ncreate table a (x int);\n"
B = "create table b ();"


async def states(config):
    """Our own status: state by id."""
    return {migration.id: migration.state for migration in (await status(config)).migrations}


async def applied_by_cli(cli):
    """The CLI has applied 1_a and 2_b."""
    await cli("1", "a", ["-- people\ncreate table a (x int)"])
    await cli("2", "b", ["create table b ()"])


async def test_what_the_cli_applied_is_applied_for_us(files, db, cli):
    """`up` continues behind it, `status` says so, and a run without work writes nothing."""
    await applied_by_cli(cli)
    config = files({"1_a": A, "2_b": B})
    assert await states(config) == {"1_a": "applied", "2_b": "applied"}
    assert (await up(config)).done == ()
    assert await db.fetchval("select to_regnamespace('migrator')") is None
    before = await db.fetch("select xmin::text, version from supabase_migrations.schema_migrations order by 2")
    config = files({"3_c": "create table c ()"})
    assert [done.id for done in (await up(config)).done] == ["3_c"]
    assert await journal(db) == [("1_a", "adopted", True), ("2_b", "adopted", True), ("3_c", "applied", True)]
    after = await db.fetch("select xmin::text, version from supabase_migrations.schema_migrations order by 2")
    assert after[:2] == before


async def test_what_the_cli_would_see_of_ours(files, db):
    """Its list of versions, in its order, is that of our files; so it finds nothing to apply."""
    await up(files({"20240101000000_a": A, "20240201000000_b": B}))
    query = "select version from supabase_migrations.schema_migrations order by version"
    assert [row[0] for row in await db.fetch(query)] == ["20240101000000", "20240201000000"]


@pytest.mark.parametrize("seen", [False, True], ids=["from the first day", "after an adoption"])
async def test_edits_are_told_from_the_statements(files, db, cli, seen):
    """Other code is `modified` and refused; comments and layout deserve a word; line ends are nothing."""
    await applied_by_cli(cli)
    if seen:
        await up(files({"1_a": A, "2_b": B, "3_c": "select 1"}))
    config = files({"1_a": A.replace("\n", "\r\n"), "2_b": "create table b (y int);"})
    assert (await states(config))["1_a"] == "applied"
    assert (await states(config))["2_b"] == "modified"
    with pytest.raises(StateError) as caught:
        await up(config)
    assert (caught.value.code, caught.value.migration) == ("migration-modified", "2_b")
    events = []
    config = files({"1_a": "-- persons\ncreate table a\n  (x int)", "2_b": B})
    assert set((await states(config)).values()) == {"applied"}
    assert (await up(config, emit=events.append)).done == ()
    said = [event.message for event in events if isinstance(event, Noticed)]
    assert said == ["comments or white space of `1_a` were edited after it was applied"]


async def test_an_edited_file_is_not_adopted(files, db, cli):
    """A file with other comments than its row has stays told as that, whatever is applied meanwhile."""
    await applied_by_cli(cli)
    await up(files({"1_a": "-- persons\ncreate table a (x int);\n", "2_b": B, "3_c": "select 1"}))
    assert await journal(db) == [("2_b", "adopted", True), ("3_c", "applied", True)]
    events = []
    await up(files(), emit=events.append)
    said = [event.message for event in events if isinstance(event, Noticed)]
    assert said == ["comments or white space of `1_a` were edited after it was applied"]


async def test_mark_accepts_an_edited_file_in_the_row_too(files, db, cli):
    """After `mark --applied` the row holds the statements of the file: the CLI and we agree on them."""
    await applied_by_cli(cli)
    config = files({"1_a": A, "2_b": "create table b (y int);"})
    await mark(config, ("2_b",), state="applied")
    assert (await rows(db))[1] == ("2", "b", ["create table b (y int)"])
    assert await states(config) == {"1_a": "applied", "2_b": "applied"}
    await db.execute("drop schema migrator cascade")
    assert await states(config) == {"1_a": "applied", "2_b": "applied"}


async def test_a_note_of_another_row_does_not_count(files, db, cli):
    """`supabase migration repair --status reverted`, an edit, `supabase db push`: the new row is the truth."""
    await up(files({"1_a": A, "2_b": B}))
    await db.execute("delete from supabase_migrations.schema_migrations where version = '2'; drop table b")
    config = files({"2_b": "create table b (y int);"})
    assert await states(config) == {"1_a": "applied", "2_b": "pending"}
    await cli("2", "b", ["create table b (y int)"])
    found = {migration.id: migration for migration in (await status(config)).migrations}
    assert (found["2_b"].state, found["2_b"].applied_at, found["2_b"].duration) == ("applied", None, None)
    assert found["1_a"].applied_at is not None
    config = files({"2_b": B})
    assert (await states(config))["2_b"] == "modified"


async def test_a_row_without_statements_is_taken_on_trust(files, db, cli):
    """Old rows do not say what was applied; from our first run with work on, an edit is told."""
    await cli("1", None, None)
    assert (await states(files({"1_a": A})))["1_a"] == "applied"
    await up(files({"2_b": B}))
    assert await states(files({"1_a": "select 2"})) == {"1_a": "modified", "2_b": "applied"}


async def test_a_whole_file_as_one_statement(files, db, cli):
    """Supabase's API stores what it was sent as one text: that is the file as well."""
    await db.execute("create table a (x int); create table b ()")
    await cli("1", "a", [])
    await db.execute("update supabase_migrations.schema_migrations set statements = array[$1]", f"\n{A}\n{B}\n")
    config = files({"1_a": f"{A}\n{B}"})
    assert await states(config) == {"1_a": "applied"}
    assert (await up(config)).done == ()


async def test_only_the_words_of_a_name_were_changed(files, db, cli):
    """The version is what counts: a file with other words behind it is the same migration."""
    await applied_by_cli(cli)
    config = files({"1_people": A, "2_b": B, "supabase/rollbacks/2_b.sql": "drop table b"})
    assert await states(config) == {"1_people": "applied", "2_b": "applied"}
    assert (await up(config)).done == ()
    assert [done.id for done in (await down(config)).done] == ["2_b"]
    assert [version for version, _, _ in await rows(db)] == ["1"]


@pytest.mark.parametrize("seen", [False, True], ids=["from the statements", "from the journal"])
async def test_a_new_version_for_an_applied_file_is_told_as_that(files, db, cli, tmp_path, seen):
    """A row without a file whose statements a pending file holds is `renamed`; both exact repairs are given."""
    folder = tmp_path / "supabase/migrations"
    await applied_by_cli(cli)
    if seen:
        await up(files({"1_a": A, "2_b": B, "3_c": "select 3"}))
    else:
        files({"1_a": A})
    (folder / "2_b.sql").unlink(missing_ok=True)
    config = files({"4_b": f"{B} -- the same\n" if seen else B})
    assert (await states(config))["2_b"] == "renamed"
    with pytest.raises(StateError) as caught:
        await up(config)
    assert (caught.value.code, caught.value.migration) == ("migration-renamed", "2_b")
    assert caught.value.message == "`2_b` is applied, and its file is called `4_b` now"
    hint = caught.value.hint.replace(str(folder), "supabase/migrations")
    assert "`mv supabase/migrations/4_b.sql supabase/migrations/2_b.sql`" in hint
    assert "`migrate mark 4_b --applied`, then `migrate mark 2_b --pending`" in hint
    await mark(config, ("4_b",), state="applied")
    await mark(config, ("2_b",), state="pending")
    assert "2" not in [version for version, _, _ in await rows(db)]
    assert (await up(config)).done == ()


async def test_a_renamed_file_whose_row_has_no_name(files, cli):
    """The way back is a name that the CLI would read: the version, and the words of the file as it is now."""
    await cli("2", None, ["create table b ()"])
    config = files({"4_b": B})
    with pytest.raises(StateError) as caught:
        await up(config)
    assert caught.value.code == "migration-renamed"
    assert "/supabase/migrations/2_b.sql`" in caught.value.hint


async def test_missing_ahead_and_late(files, db, cli):
    """A row without a file is named by its version and name; where it stands says what it means."""
    for version, name in (("1", "a"), ("3", "c"), ("4", "gone"), ("6", None)):
        await cli(version, name, [f"select {version}"])
    config = files({"1_a": "select 1", "2_b": "select 2", "3_c": "select 3", "5_d": "select 5"})
    assert await states(config) == {
        "1_a": "applied",
        "2_b": "late",
        "3_c": "applied",
        "4_gone": "unknown",
        "5_d": "late" if (await states(config))["5_d"] == "late" else "pending",
        "6": "ahead",
    }
    with pytest.raises(StateError):
        await up(config)
    await mark(config, ("4_gone",), state="pending")
    result = await up(files(out_of_order=True))
    assert [done.id for done in result.done] == ["2_b", "5_d"]
    assert [version for version, _, _ in await rows(db)] == ["1", "2", "3", "5", "6"]


async def test_the_cli_applies_the_same_migration_meanwhile(files, db, cli, dsn):
    """Our run waits for the CLI's row to be committed, then goes on behind it: nothing runs twice."""
    await cli("1", "a", ["-- people\ncreate table a (x int)"])
    other = await asyncpg.connect(dsn)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("create table b (); insert into supabase_migrations.schema_migrations values ('2', null, 'b')")
    run = asyncio.create_task(up(files({"1_a": A, "2_b": B, "3_c": "create table c ()"})))
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    for _ in range(400):
        if await db.fetchval(waiting):
            break
        await asyncio.sleep(0.02)
    else:
        pytest.fail("`up` did not come to the row")
    await transaction.commit()
    await other.close()
    result = await run
    assert [done.id for done in result.done] == ["3_c"]
    assert [version for version, _, _ in await rows(db)] == ["1", "2", "3"]
