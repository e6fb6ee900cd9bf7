"""Seeds beside the beaten track: names that meet our own SQL, keys on parts of the rows, rows in circles."""

import json

import pytest

from migrator.errors import WorkError

NAMES = (
    "expression", "wrong", "found", "first_line", "last_line", "number", "s", "t", "line", "shape", "affected",
    "places", "u0", "i0", "c0", "_", "Ünï", "a.b", "x y", 'q"q', "it's", "back\\slash", "100%s",
)  # fmt: skip


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def test_names_of_our_own_sql(run, db):
    """Columns may be called like the variables of our blocks, and hold what means something in SQL or a format."""
    columns = ", ".join(f"{_quoted(name)} text" for name in NAMES)
    await db.execute(
        f'create schema "A.a"; create table "A.a"."t%" ({columns}, id int generated always as identity primary key, '
        'up int references "A.a"."t%", unique (expression, found)); set search_path = "A.a"'
    )
    first = {name: f"a{index}" for index, name in enumerate(NAMES)}
    second = {
        name: f"b{index}" if name in {"expression", "found"} else {"$sql": f"'b{index}'"}
        for index, name in enumerate(NAMES)
    }
    second["up"] = {name: first[name] for name in NAMES}
    rows = json.dumps([second, first], ensure_ascii=False).replace('"$sql"', "$sql")
    for options in (
        "",
        ", mode: missing",
        ", keep: [line]",
        ", mode: sync, where: 'found is not null and line = line'",
    ):
        text = f"""'"A.a"."t%"': {{key: [expression, found]{options}, rows: {rows}}}\n"""
        outcome = await run({"a.yaml": text}, force=True)
        (counts,) = outcome["a.yaml"].tables.values()
        assert (counts.inserted, counts.unchanged) == ((2, 0) if not options else (0, 2))
    found = [list(row.values()) for row in await db.fetch('select * from "t%" order by id')]
    assert found == [
        [*(f"a{index}" for index in range(len(NAMES))), 1, None],
        [*(f"b{index}" for index in range(len(NAMES))), 2, 1],
    ]


async def test_rows_on_one_line(run, db):
    """A lookup by what is unique in a part of the rows is told from that of the next row on its line."""
    await db.execute(
        "create table users (id int primary key, email text); create unique index on users (email) where id > 0; "
        "create table posts (id int primary key, author int references users); "
        "insert into users values (1, 'a'), (2, 'b')"
    )
    await run({"a.yaml": "posts: [{id: 1, author: {email: a}}, {id: 2, author: {email: b}}]\n"})
    assert [tuple(row) for row in await db.fetch("select * from posts order by id")] == [(1, 1), (2, 2)]


async def test_expressions_refer_to_rows(run, db):
    """A reference that SQL computes waits for the rows of its table like any other."""
    await db.execute("create table parents (id int primary key)")
    await db.execute("create table children (id int, p int references parents)")
    await run({"a.yaml": "children:\n  - {id: 1, p: {$sql: '1'}}\nparents:\n  - {id: 1}\n"})
    assert await db.fetchval("select p from children") == 1


async def test_a_lookup_through_a_schema_with_a_dot(run, db):
    """A table two steps away is asked for by its quoted name."""
    await db.execute(
        'create schema "my.s"; create table "my.s"."u.u" (id int primary key, email text unique); '
        'create table "my.s".orgs (id int primary key, owner int unique references "my.s"."u.u"); '
        'create table members (id int primary key, org int references "my.s".orgs); '
        """insert into "my.s"."u.u" values (7, 'ada'); insert into "my.s".orgs values (3, 7)"""
    )
    await run({"a.yaml": "members:\n  - {id: 1, org: {owner: {email: ada}}}\n"})
    assert await db.fetchval("select org from members") == 3


async def test_many_different_expressions(run, db):
    """Each text is evaluated for its own rows, in time that does not grow with the square of their number."""
    await db.execute("create table events (id int primary key, n int)")
    rows = "".join(f"  - {{id: {number}, n: {{$sql: '{number} * 2'}}}}\n" for number in range(10_000))
    await run({"a.yaml": "events:\n" + rows})
    assert await db.fetchval("select count(*) from events where n = id * 2") == 10_000


async def test_a_row_outside_the_condition_of_its_key(run, db):
    """It would be inserted again in every run, because the partial index does not know it."""
    await db.execute("create table u (email text, gone boolean); create unique index on u (email) where not gone")
    with pytest.raises(WorkError) as raised:
        await run({"a.yaml": "u:\n  key: email\n  rows:\n    - {email: a, gone: no}\n    - {email: b, gone: yes}\n"})
    assert (raised.value.code, raised.value.where.line) == ("no-key", 5)
    assert await db.fetchval("select count(*) from u") == 0


CIRCLE = "  - {name: a, buddy: {name: b}}\n  - {name: b, buddy: {name: c}}\n  - {name: c, buddy: {name: b}}\n"


@pytest.mark.parametrize("option", ["mode: missing", "keep: [buddy]"])
async def test_rows_in_a_circle_leave_rows_alone(run, db, option):
    """A row that is there keeps its cell, though what the file looks up in it waits in a circle of new rows."""
    await db.execute(
        "create table p (name text primary key, id int generated always as identity unique, "
        "buddy int references p (id)); insert into p (name) values ('a')"
    )
    await run({"a.yaml": f"p:\n  {option}\n  rows:\n{CIRCLE}"})
    rows = "select p.name, o.name from p left join p o on o.id = p.buddy order by 1"
    assert [tuple(row) for row in await db.fetch(rows)] == [("a", None), ("b", "c"), ("c", "b")]


async def test_a_sequence_beside_rows_that_wait(run, db):
    """It moves behind the values of rows that looked one another up, whatever index its column is in."""
    await db.execute("create table w (name text primary key, id serial, up text references w, alias text unique)")
    await run({"a.yaml": "w:\n  - {name: b, id: 70, up: {alias: x}, alias: y}\n  - {name: a, id: 50, alias: x}\n"})
    assert await db.fetchval("select nextval('w_id_seq')") == 71
