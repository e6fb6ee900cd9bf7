"""Cells that are not what they say but what they stand for: `$sql`, `$id`, `$file`."""

import asyncio
import uuid

import pytest

from migrator.errors import InputError, WorkError
from migrator.seeding import summary
from migrator.seeding.preparing.ids import NAMESPACE


async def test_sql_is_evaluated_when_a_row_is_inserted(run, db):
    """Once for each new row, never again: a row that is there keeps what it has, and counts as unchanged."""
    await db.execute("create table t (id int primary key, at timestamptz, token uuid, n int)")
    text = (
        "t:\n  - {id: 1, at: {$sql: \"now() - interval '3 days'\"}, token: {$sql: gen_random_uuid()}, n: 1}\n"
        "  - {id: 2, at: {$sql: \"now() - interval '4 days'\"}, token: {$sql: gen_random_uuid()}, n: 1}\n"
        "  - {id: 3, at: 2026-01-01, token: {$sql: gen_random_uuid()}, n: 1}\n  - {id: 4, n: 1}\n"
    )
    await run({"t.yaml": text})
    days = await db.fetch(
        "select id, round(extract(epoch from now() - at) / 86400)::int d from t where id < 3 order by id"
    )
    assert [tuple(row) for row in days] == [(1, 3), (2, 4)]
    assert await db.fetchval("select count(distinct token) from t") == 3
    before = await db.fetch("select * from t order by id")
    assert (await run({"t.yaml": text}, force=True))["t.yaml"].tables["t"].unchanged == 4
    again = (await run({"t.yaml": text.replace("n: 1}", "n: 2}", 1)}))["t.yaml"].tables["t"]
    assert (again.updated, again.unchanged) == (1, 3)
    assert [tuple(row)[:3] for row in await db.fetch("select * from t order by id")] == [
        tuple(row)[:3] for row in before
    ]


async def test_sql_as_a_default_and_without_a_key(run, db):
    """`defaults` take it, and a table that is filled once does, too."""
    await db.execute("create table log (what text, at date)")
    defaults = "{at: {$sql: \"date '2026-01-01' + 1 -- the second\"}}"
    text = f"log:\n  defaults: {defaults}\n  rows:\n    - {{what: a}}\n    - {{what: b}}\n"
    await run({"l.yaml": text})
    assert await db.fetchval("select array_agg(what || at order by what) from log") == ["a2026-01-02", "b2026-01-02"]


async def test_sql_that_fails(run, db):
    """It is told at its cell, and the file is rolled back."""
    await db.execute("create table t (id int primary key, n int)")
    with pytest.raises(WorkError) as raised:
        await run({"t.yaml": "t:\n  - {id: 1, n: {$sql: 1 + 1}}\n  - {id: 2, n: {$sql: 1 / 0}}\n"})
    error = raised.value
    assert (error.code, error.where.line, error.where.column, error.detail) == (
        "row-refused",
        3,
        16,
        "division by zero (22012)",
    )
    assert await db.fetchval("select count(*) from t") == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{id: 1, n: {$sql: coalesce(1, 2)}}", "`$sql` must be the only key of its mapping"),
        ("{id: 1, n: {$sql: '1); drop table t; --'}}", "`$sql` is not one expression of SQL"),
        ("{id: 1, n: {$sql: ~}}", "`$sql` takes an expression of SQL"),
        ("{id: {$sql: 1}, n: 1}", "`t.id` is in the key, so `$sql` cannot compute it"),
        ("{id: 1, u: {$id: x}, n: {$id: y}}", "`$id` makes a uuid, and `n` is integer"),
        ("{id: 1, u: {$id: ~}}", "`$id` takes a label"),
        ("{id: 1, b: {$file: nowhere.png}}", "the file `nowhere.png` cannot be read: No such file or directory"),
        ("{id: 1, b: {$file: .}}", "the file `.` cannot be read: Is a directory"),
    ],
)
async def test_what_operators_refuse(run, db, row, words):
    """Each is told at its place, before anything is written."""
    await db.execute("create table t (id int primary key, n int, u uuid, b bytea, a int[])")
    with pytest.raises(InputError) as raised:
        await run({"t.yaml": f"t:\n  - {row}\n"})
    assert words in f"{raised.value.message} {raised.value.hint}"
    assert raised.value.where.line == 2


async def test_ids_are_the_same_in_every_file(run, db):
    """A label stands for one uuid of its table, wherever it is written: declared by its row, mentioned by others."""
    await db.execute(
        "create table users (id uuid primary key); create table posts (id uuid primary key, by uuid references users)"
    )
    files = {
        "a.yaml": "posts:\n  - {id: {$id: hello}, by: {$id: ada}}\n",
        "b.yaml": "users:\n  - {id: {$id: ada}}\n",
    }
    await run(files)
    found = await db.fetchrow("select p.id, u.id from posts p join users u on u.id = p.by")
    assert tuple(found) == (uuid.uuid5(NAMESPACE, "public.posts:hello"), uuid.uuid5(NAMESPACE, "public.users:ada"))


def test_ids_never_change():
    """Databases hold them, so this is a promise."""
    assert str(uuid.uuid5(NAMESPACE, "public.users:ada")) == "92349b7c-99d1-59a2-bd2c-2ba013ff4421"


async def test_a_label_that_nobody_declares(run, db):
    """An error before the first write, unless the database has its row from an earlier run."""
    await db.execute(
        "create table users (id uuid primary key); create table posts (id int primary key, by uuid references users)"
    )
    await run({"u.yaml": "users:\n  - {id: {$id: ada}}\n"})
    await run({"p.yaml": "posts:\n  - {id: 1, by: {$id: ada}}\n"})
    with pytest.raises(InputError) as raised:
        await run({"q.yaml": "posts:\n  - {id: 2, by: {$id: adda}}\n"})
    assert (raised.value.code, raised.value.where.line, raised.value.message) == (
        "undeclared-id",
        2,
        "no row of `users` has the label `adda`",
    )


async def test_files_in_cells(run, db, project):
    """Bytes for bytea, text for the rest; a file that has changed loads its seed again."""
    await db.execute("create table t (id int primary key, b bytea, x text, j jsonb)")
    text = "t:\n  - {id: 1, b: {$file: img/a.png}, x: {$file: x.txt}, j: {$file: j.json}}\n"
    files = {"t.yaml": text, "img/a.png": b"\x89PNG\r\n\x00\xff", "x.txt": "tab\there\n", "j.json": '{"a": 1}'}
    await run(files)
    row = await db.fetchrow("select b, x, j::text from t")
    assert tuple(row) == (b"\x89PNG\r\n\x00\xff", "tab\there\n", '{"a": 1}')
    assert (await run())["t.yaml"].state == "unchanged"
    tables = (await run({"x.txt": "other"}))["t.yaml"].tables["t"]
    assert (tables.updated, await db.fetchval("select x from t")) == (1, "other")
    assert await db.fetchval("select array(select jsonb_object_keys(included) order by 1) from migrator.seed") == [
        "img/a.png",
        "j.json",
        "x.txt",
    ]


async def test_status_sees_an_included_file(run, db, project):
    """`changed` counts a file whose included file has changed, or has gone."""
    from migrator.database.connect import connect

    await db.execute("create table t (id int primary key, x text)")
    await run({"t.yaml": "t:\n  - {id: 1, x: {$file: x.txt}}\n", "x.txt": "a"})
    config = project({"seeds/x.txt": "b"})
    async with connect(config) as session:
        assert (await summary(session, config)).changed == 1
    await asyncio.to_thread((config.root / config.seeds[0] / "x.txt").unlink)
    async with connect(config) as session:
        assert (await summary(session, config)).changed == 1


async def test_a_ledger_of_an_earlier_version(run, db):
    """The column that it lacks is added with the next load."""
    await db.execute("create table t (id int primary key)")
    await run({"t.yaml": "t:\n  - {id: 1}\n"})
    await db.execute("alter table migrator.seed drop column included")
    assert (await run())["t.yaml"].state == "unchanged"
    assert (await run({"t.yaml": "t:\n  - {id: 2}\n"}))["t.yaml"].state == "loaded"
