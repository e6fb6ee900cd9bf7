"""The record of the schema: what runs keep in it, what they leave out, and `migrate accept`."""

import asyncio
import sys

import asyncpg
import pytest

from migrator.database.connect import connect
from migrator.errors import StateError, UnavailableError, WorkError
from migrator.events import Noticed
from migrator.events.accepting import SchemaChange
from migrator.migrating import accept, down, mark, redo, up
from migrator.migrating.books import ledger
from migrator.migrating.books.scope import scope
from migrator.migrating.running.keeping import counts
from migrator.schema import reading, record
from migrator.schema.compare import compare

pytestmark = pytest.mark.db

ONE = {
    "migrations/0001.a.sql": "create table a (id int primary key); create policy p on a using (true);",
    "migrations/0001.a.rollback.sql": "drop table a;",
}
TWO = {
    **ONE,
    "migrations/0002.b.sql": "create table b (id int primary key);",
    "migrations/0002.b.rollback.sql": "drop table b;",
}


async def state(config):
    """Whether the record counts, and what of the live schema is otherwise than it says."""
    async with connect(config) as session:
        known = await ledger.read(session, config)
        kept = await record.load(session, config.schema)
        live = await reading.read(session, scope(config, known))
    if kept is None:
        return None
    found = compare(kept.schema, live).differences
    return counts(kept, live), kept.schema.head, [f"{each.change} {each.kind} {each.identity}" for each in found]


async def test_a_run_leaves_a_record_of_what_it_made(project):
    """After the first `up`, a later one, `down` and `redo`, the record is of the ledger and the schema as they are."""
    assert await state(project(ONE)) is None
    await up(project())
    assert await state(project()) == (True, "0001.a", [])
    await up(project(TWO))
    assert await state(project()) == (True, "0002.b", [])
    await redo(project())
    assert await state(project()) == (True, "0002.b", [])
    await down(project(), everything=True)
    assert await state(project()) == (True, None, [])
    await up(project())
    assert await state(project()) == (True, "0002.b", [])


async def test_drift_stays_drift(project, db):
    """What was changed by hand before a deploy is announced by it, by name and number, and is drift after it, too."""
    await up(project(ONE))
    await db.execute("drop policy p on a; create table by_hand (x int); alter table a add column y int")
    heard = []
    result = await up(project(TWO), emit=heard.append)
    assert result.drift_before == 3
    (told,) = [each for each in heard if isinstance(each, Noticed)]
    assert (told.severity, told.code, told.message) == (
        "WARNING",
        "drift-before",
        (
            "drift before this run: column `public.a.y` is not in the record, "
            "policy `public.a.p` is missing, "
            "table `public.by_hand` is not in the record"
        ),
    )
    counted, head, found = await state(project())
    assert (counted, head) == (True, "0002.b")
    assert found == [
        "extra column public.a.y",
        "extra column public.by_hand.x",
        "missing policy public.a.p",
        "extra table public.by_hand",
    ]


async def test_drift_stays_drift_on_what_the_run_changes(project, db, roles):
    """Row level security and a right of somebody else's on the very table that the run gives a right on."""
    await roles("of_the_run", "of_a_hand")
    await up(project({"migrations/0001.a.sql": "create table a (id int); alter table a enable row level security;"}))
    await db.execute("alter table a disable row level security; grant all on a to of_a_hand")
    await up(
        project({"migrations/0002.b.sql": "grant select on a to of_the_run; alter table a set (fillfactor = 50);"})
    )
    assert await state(project()) == (True, "0002.b", ["changed table public.a"])
    await db.execute("alter table a enable row level security; revoke all on a from of_a_hand")
    assert await state(project()) == (True, "0002.b", [])


async def test_what_was_made_by_hand_stays_drift_also_where_a_run_changes_it(project, db):
    """A table that nobody migrated is no part of the record because a migration gave a right on it."""
    await up(project(ONE))
    await db.execute("create table by_hand ()")
    await up(project({"migrations/0002.g.sql": "grant select on by_hand to public;"}))
    assert await state(project()) == (True, "0002.g", ["extra table public.by_hand"])


async def test_drift_follows_a_new_name(project, db):
    """A migration that renames a table takes what somebody changed on it along as drift, not into the record."""
    await up(project({"migrations/0001.a.sql": "create table a (id int primary key, b text not null, c int);"}))
    await db.execute("alter table a enable row level security; alter table a alter b drop not null")
    await up(project({"migrations/0002.r.sql": "alter table a rename to renamed;"}))
    counted, head, found = await state(project())
    assert (counted, head) == (True, "0002.r")
    assert found == ["changed column public.renamed.b", "changed table public.renamed"]


async def test_what_a_run_repairs_is_no_drift_any_more(project, db):
    """A migration that makes again what somebody dropped by hand ends that drift."""
    await up(project(ONE))
    await db.execute("drop policy p on a")
    await up(project({"migrations/0002.p.sql": "create policy p on a using (true);"}))
    assert await state(project()) == (True, "0002.p", [])


async def test_accept_makes_the_live_state_the_record(project, db):
    """It shows what changes, writes only what was shown, and nothing where nothing differs."""
    await up(project(ONE))
    await db.execute("drop policy p on a; create table by_hand ()")
    shown = await accept(project(), dry_run=True)
    assert (shown.before, shown.head, shown.changed) == ("current", "0001.a", True)
    assert shown.changes == (
        SchemaChange(change="gone", kind="policy", subject="public.a.p"),
        SchemaChange(change="new", kind="table", subject="public.by_hand"),
    )
    await db.execute("create table another ()")
    with pytest.raises(StateError) as caught:
        await accept(project(), expected=shown.digest)
    assert (caught.value.code, caught.value.outcome) == ("plan-changed", "nothing was recorded")
    shown = await accept(project(), dry_run=True)
    assert (await accept(project(), expected=shown.digest)).changed
    assert await state(project()) == (True, "0001.a", [])
    assert not (await accept(project())).changed


async def test_accept_adopts_a_database_without_us(project, db):
    """Where nobody recorded anything there is no record, also not after `up`, until somebody accepts."""
    await db.execute("create table old (id int)")
    config = project(ONE)
    await mark(config, ("0001",), state="applied")
    await up(project(TWO))
    assert await state(project()) is None
    result = await accept(project())
    assert (result.before, result.head, result.changes) == ("absent", "0002.b", ())
    assert await state(project()) == (True, "0002.b", [])


async def test_accept_needs_no_ledger(project, db):
    """A database that nobody has migrated is recorded as it is; the first `up` goes on from there."""
    await db.execute("create table old (id int)")
    assert (await accept(project(ONE))).before == "absent"
    await db.execute("drop table old")
    assert (await up(project())).drift_before == 1
    assert await state(project()) == (True, "0001.a", ["missing column public.old.id", "missing table public.old"])


async def test_entries_of_others_end_the_record(project, db):
    """Where another tool has applied since, the record counts no longer; `up` leaves it alone and accept renews it."""
    await up(project(TWO))
    await db.execute("delete from _yoyo_migration where migration_id = '0002.b'; drop table b")
    assert (await state(project()))[:2] == (False, "0002.b")
    await db.execute(
        "create table c (); insert into _yoyo_migration values (encode(sha256('0003.c'), 'hex'), '0003.c', now())"
    )
    files = {"migrations/0003.c.sql": "create table c ();", "migrations/0004.d.sql": "create table d ();"}
    assert (await up(project(files, out_of_order=True))).drift_before == 0
    assert (await state(project()))[:2] == (False, "0002.b")
    shown = await accept(project())
    assert (shown.before, shown.recorded_head, shown.head) == ("stale", "0002.b", "0004.d")
    assert [change.subject for change in shown.changes if change.kind == "table"] == ["public.c", "public.d"]
    assert await state(project()) == (True, "0004.d", [])


async def test_mark_takes_the_record_along(project, db):
    """`mark` changes the ledger and no object, so the record counts on, with the differences that it had."""
    await up(project(TWO))
    await mark(project(), ("0002",), state="pending")
    assert await state(project()) == (True, "0001.a", [])
    await mark(project(), ("0002",), state="applied")
    assert await state(project()) == (True, "0002.b", [])


async def test_what_a_failed_run_committed_is_in_the_record(project):
    """A run that fails keeps what it committed before, of files without a transaction statement by statement."""
    files = {
        **TWO,
        "migrations/0003.c.sql": "-- transactional: false\ncreate table c ();\nselect 1/0;",
    }
    with pytest.raises(WorkError):
        await up(project(files))
    assert await state(project()) == (True, "0002.b", [])
    await up(project({"migrations/0003.c.sql": "-- transactional: false\ncreate table c ();\ncreate table d ();"}))
    assert await state(project()) == (True, "0003.c", [])


async def test_a_record_that_cannot_be_kept_stops_no_deploy(project, db, dsn):
    """A locked table makes the schema unreadable: the deploy goes on, says so, and the record counts no more."""
    await up(project({**ONE, "migrations/0001.v.sql": "create view v as select * from a;"}))
    holder = await asyncpg.connect(dsn)
    try:
        await holder.execute("begin; lock table a")
        heard = []
        result = await up(project({"migrations/0002.b.sql": "create table b ();"}), emit=heard.append)
    finally:
        await holder.close()
    assert [done.id for done in result.done] == ["0002.b"]
    (told,) = [each for each in heard if isinstance(each, Noticed)]
    assert (told.code, told.message) == (
        "record-not-kept",
        ("the record of the schema could not be kept: the schema could not be read: another session has locked `a`"),
    )
    assert (await state(project()))[0] is False


async def test_tables_of_earlier_versions_get_a_record(project, db):
    """Where our schema was made before there were records, the first `up` or `accept` that can makes the table."""
    await up(project(ONE))
    await down(project(), everything=True)
    await db.execute("drop table migrator.snapshot")
    await up(project())
    assert await state(project()) == (True, "0001.a", [])
    await db.execute("drop table migrator.snapshot")
    await up(project(TWO))
    assert await state(project()) is None
    await mark(project(), ("0002",), state="pending")
    await accept(project())
    assert await state(project()) == (True, "0001.a", [])


async def test_accept_without_rights_changes_nothing(project, db, roles, address_as):
    """A role that may read and not write is refused with what is missing."""
    await roles("reader")
    await up(project(ONE, readers=("reader",)))
    await db.execute("create table by_hand ()")
    with pytest.raises(UnavailableError) as caught:
        await accept(project(database=address_as("reader")))
    assert caught.value.code == "missing-rights"
    assert await state(project()) == (True, "0001.a", ["extra table public.by_hand"])


async def test_runners_at_once_leave_one_true_record(project):
    """Six processes, one plan: the last word of the record is the schema as it is."""
    files = {f"migrations/{number:04}.t.sql": f"create table t{number} (id int);" for number in range(12)}
    config = project(files)
    code = "import asyncio, sys, migrator; asyncio.run(migrator.up(migrator.load_config({'database': sys.argv[1]})))"
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, config.database.text, cwd=config.root)
        for _ in range(6)
    ]
    assert [await process.wait() for process in processes] == [0] * 6
    assert await state(config) == (True, "0011.t", [])
