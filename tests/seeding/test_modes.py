"""The modes of a table: what becomes of rows that are there, that are not, and that no file has."""

import pytest

from migrator.errors import InputError, WorkError
from migrator.events import Noticed
from migrator.seeding import seed

FLAGS = "create table flags (name text primary key, enabled bool not null, managed_by text not null default 'app')"


def sync(*rows: str, where: str = "managed_by = 'seeds'") -> str:
    """A synced table of these rows."""
    lines = "".join(f"    - {row}\n" for row in rows)
    return f'flags:\n  mode: sync\n  where: "{where}"\n  defaults: {{managed_by: seeds}}\n  rows:\n{lines}'


async def test_update_fills_rows_that_are_there(run, db):
    """`mode: update` needs no NOT NULL columns, changes what differs and inserts nothing."""
    await db.execute("create table profiles (id int primary key, email text not null, bio text)")
    await db.execute("insert into profiles values (1, 'a@x', null), (2, 'b@x', 'same')")
    text = "profiles:\n  mode: update\n  rows:\n    - {id: 1, bio: hello}\n    - {id: 2, bio: same}\n"
    outcome = (await run({"p.yaml": text}))["p.yaml"].tables["profiles"]
    assert (outcome.inserted, outcome.updated, outcome.unchanged) == (0, 1, 1)
    rows = await db.fetch("select id, email, bio from profiles order by id")
    assert [tuple(row) for row in rows] == [(1, "a@x", "hello"), (2, "b@x", "same")]


async def test_update_finds_what_a_trigger_has_made_in_the_same_file(run, db):
    """Rows that a trigger on an earlier table makes are there when the later one is updated."""
    await db.execute("create table users (id int primary key, email text)")
    await db.execute("create table profiles (id int primary key references users, email text not null, bio text)")
    await db.execute(
        "create function made() returns trigger language plpgsql as "
        "$$begin insert into profiles values (new.id, new.email); return new; end$$"
    )
    await db.execute("create trigger made after insert on users for each row execute function made()")
    text = "users:\n  - {id: 1, email: a@x}\nprofiles:\n  mode: update\n  rows: [{id: 1, bio: hello}]\n"
    tables = (await run({"u.yaml": text}))["u.yaml"].tables
    assert (tables["users"].inserted, tables["profiles"].updated) == (1, 1)
    assert tuple(await db.fetchrow("select email, bio from profiles")) == ("a@x", "hello")


async def test_update_refuses_a_row_that_is_not_there(run, db):
    """A missing row is an error at its line, and the file is rolled back."""
    await db.execute("create table t (id int primary key, a text)")
    await db.execute("insert into t values (1, 'x')")
    with pytest.raises(WorkError) as raised:
        await run({"t.yaml": "t:\n  mode: update\n  rows:\n    - {id: 1, a: y}\n    - {id: 2, a: z}\n"})
    error = raised.value
    assert (error.code, error.where.line, error.message) == (
        "row-not-there",
        5,
        "`t` has no row with the (id) of this one, and `mode: update` inserts none",
    )
    assert await db.fetchval("select a from t") == "x"


async def test_sync_deletes_what_the_file_does_not_have(run, db, project):
    """Within `where`, and nowhere else; the number is told before, and unchanged rows stay untouched."""
    await db.execute(FLAGS)
    await db.execute(
        "insert into flags values ('theirs', true, 'app'), ('old', true, 'seeds'), ('older', true, 'seeds')"
    )
    await run({"f.yaml": sync("{name: old, enabled: true}", "{name: older, enabled: true}")})
    before = await db.fetchval("select xmin::text from flags where name = 'old'")
    events = []
    config = project({"seeds/f.yaml": sync("{name: old, enabled: true}", "{name: new, enabled: false}")})
    result = await seed(config, emit=events.append)
    counts = result.files[0].tables["flags"]
    assert (counts.inserted, counts.updated, counts.unchanged, counts.deleted) == (1, 0, 1, 1)
    assert await db.fetchval("select string_agg(name, ' ' order by name) from flags") == "new old theirs"
    assert await db.fetchval("select xmin::text from flags where name = 'old'") == before
    told = [event.message for event in events if isinstance(event, Noticed)]
    assert [message.partition("` ")[2] for message in told] == [
        "deletes 1 row of `flags`: in its `where`, and not in the file"
    ]


async def test_sync_deletes_after_everything_is_written(run, db):
    """A row that referred to what goes refers to something else by then, in whatever order the tables stand."""
    await db.execute("create table kinds (code text primary key, own bool not null default true)")
    await db.execute("create table things (id int primary key, kind text not null references kinds)")
    await db.execute("insert into kinds values ('a'), ('b'); insert into things values (1, 'a')")
    text = "kinds: {mode: sync, where: own, rows: [{code: b}]}\nthings:\n  - {id: 1, kind: b}\n"
    tables = (await run({"k.yaml": text}))["k.yaml"].tables
    assert (tables["kinds"].deleted, tables["things"].updated) == (1, 1)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("flags:\n  mode: sync\n  rows: [{name: a, enabled: true}]\n", "seed-format", 2),
        ("flags:\n  where: enabled\n  rows: [{name: a, enabled: true}]\n", "seed-format", 2),
        ("flags:\n  mode: sync\n  where: enabled\n  rows: []\n", "sync-empty", 1),
        ("flags:\n  mode: sync\n  where: 'true); drop table flags; --'\n  rows: [{name: a}]\n", "seed-format", 3),
        ("flags:\n  mode: sync\n  where: ~\n  rows: [{name: a}]\n", "seed-format", 3),
        ("flags:\n  mode: sink\n  rows: [{name: a}]\n", "seed-format", 2),
        ("flags:\n  mode: update\n  rows: [{enabled: true}]\n", "no-key", 1),
    ],
)
async def test_what_cannot_be_a_mode(run, db, text, code, line):
    """Each mistake is told at its place, before anything is written."""
    await db.execute(FLAGS)
    await db.execute("insert into flags values ('x', true)")
    with pytest.raises(InputError) as raised:
        await run({"f.yaml": text})
    assert (raised.value.code, raised.value.where.line) == (code, line)
    assert await db.fetchval("select count(*) from flags") == 1


async def test_sync_refuses_a_row_outside_its_condition(run, db):
    """The next run would not look after it. Also where the row is there as it is."""
    await db.execute(FLAGS)
    await db.execute("insert into flags values ('a', true, 'app')")
    text = sync("{name: b, enabled: true}", "{name: a, enabled: true, managed_by: app}")
    with pytest.raises(WorkError) as raised:
        await run({"f.yaml": text})
    assert (raised.value.code, raised.value.where.line) == ("sync-outside", 7)
    assert await db.fetchval("select count(*) from flags") == 1


async def test_a_condition_that_ends_in_a_comment(run, db):
    """A comment at the end of `where` hides nothing of what we write behind it."""
    await db.execute(FLAGS)
    await db.execute("insert into flags values ('theirs', true, 'app'), ('old', true, 'seeds')")
    await run({"f.yaml": sync("{name: new, enabled: true}", where="managed_by = 'seeds' -- ours")})
    assert await db.fetchval("select string_agg(name, ' ' order by name) from flags") == "new theirs"


@pytest.mark.parametrize("known", [False, True])
async def test_a_synced_table_has_no_other_writer(run, db, known):
    """Another file's rows would be deleted, or come back: an error that names both, also where that file is loaded."""
    await db.execute(FLAGS)
    plain = "public.flags:\n  - {name: a, enabled: true, managed_by: seeds}\n"
    if known:
        await run({"a.yaml": plain})
    with pytest.raises(InputError) as raised:
        await run({"a.yaml": plain, "f.yaml": sync("{name: b, enabled: true}")})
    assert (raised.value.code, raised.value.message.replace(raised.value.where.path, "f.yaml")) == (
        "sync-shared",
        "`flags` is synced here, and another file writes it, too",
    )
    assert await db.fetchval("select count(*) from flags") == int(known)


async def test_two_files_sync_their_own_parts(run, db):
    """Each looks after the rows within its own condition."""
    await db.execute(FLAGS)
    mine = "flags: {mode: sync, where: managed_by = 'a', rows: [{name: a, enabled: true, managed_by: a}]}\n"
    files = {"a.yaml": mine, "b.yaml": mine.replace("'a'", "'b'").replace(": a,", ": b,").replace("by: a", "by: b")}
    await run(files)
    await db.execute("insert into flags values ('more', true, 'a'), ('other', true, 'b')")
    await run(files, force=True)
    assert await db.fetchval("select string_agg(name, ' ' order by name) from flags") == "a b"
