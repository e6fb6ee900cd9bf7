"""Seeds beside the beaten track: names that meet our own SQL, keys on parts of the rows, rows in circles."""

import json
import uuid

import pytest

from migrator.errors import WorkError
from migrator.seeding.comparison import check_seeds
from migrator.seeding.preparing.ids import NAMESPACE

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


async def test_a_key_whose_condition_is_about_other_columns(run, db):
    """Rows need not bring the column of an index's condition where its default is within."""
    await db.execute("create table u (email text, live boolean default true, name text)")
    await db.execute("create unique index on u (lower(email)) where live")
    text = "u:\n  key: lower(email)\n  rows:\n    - {email: Ada, name: a}\n"
    await run({"a.yaml": text})
    tables = (await run({"a.yaml": text.replace("Ada, name: a", "ada, name: b")}))["a.yaml"].tables
    assert (tables["u"].updated, await db.fetchval("select name from u")) == (1, "b")


async def test_hundreds_of_shapes(run, db):
    """Every row has columns of its own, in one statement where the table refers to itself."""
    columns = [f"n{index}" for index in range(9)]
    await db.execute(
        f"create table w (id int primary key, up int references w, {', '.join(f'{c} int' for c in columns)})"
    )
    rows = [{"id": number, **{c: number for at, c in enumerate(columns) if number >> at & 1}} for number in range(120)]
    for row in rows[1:]:
        row["up"] = {"id": row["id"] - 1} if row["id"] % 2 else row["id"] - 1
    text = "w:\n" + "".join(f"  - {json.dumps(row)}\n" for row in rows)
    assert (await run({"w.yaml": text}))["w.yaml"].tables["w"].inserted == 120
    assert (await run({"w.yaml": text}, force=True))["w.yaml"].tables["w"].unchanged == 120
    assert await db.fetchval("select sum(n0) from w") == sum(range(1, 120, 2))


async def test_more_tables_than_arguments(run, db):
    """A file of more tables, and of more labels from an earlier run, than a function of SQL takes arguments."""
    ids = ", ".join(f"('{uuid.uuid5(NAMESPACE, f'public.t:{number}')}')" for number in range(120))
    await db.execute(f"create table t (id uuid primary key); insert into t values {ids}")
    tables = [f"t{number}" for number in range(120)]
    await db.execute("".join(f"create table {name} (id int primary key, t uuid references t);" for name in tables))
    rows = "".join(f"{name}:\n  - {{id: 1, t: {{$id: {number}}}}}\n" for number, name in enumerate(tables))
    assert (await run({"a.yaml": rows}))["a.yaml"].tables["t119"].inserted == 1


async def test_check_of_many_rows_without_a_key(run, db, project):
    """Each row of the file is looked for among those of the table by sorting, not by trying each."""
    await db.execute("create table log (n int, body json)")
    text = "log:\n" + "".join(f"  - {{n: {number}, body: {{}}}}\n" for number in range(5000))
    await run({"a.yaml": text})
    await db.execute("update log set n = null where n = 77")
    result = await check_seeds(project({"seeds/a.yaml": text}))
    assert [(one.problem, one.where.line) for one in result.differences] == [("missing", 79)]


async def test_a_large_tree_that_brings_its_ids(run, db):
    """Rows find one another in staging by one join: trying each with each would take minutes here."""
    await db.execute("create table n (id int primary key, name text unique, up int references n)")
    rows = "".join(f"  - {{id: {at}, name: n{at}, up: {{name: n{at // 10}}}}}\n" for at in range(1, 20_000))
    await run({"a.yaml": f"n:\n  - {{id: 0, name: n0}}\n{rows}"})
    assert await db.fetchval("select count(*) from n where up = id / 10") == 19_999


async def test_a_key_without_overlaps(run, db):
    """A row of another range is another row: it is refused where it overlaps, and never written over that one."""
    if db.get_server_version().major < 18:
        pytest.skip("PostgreSQL 18 has WITHOUT OVERLAPS")
    await db.execute("create table r (room int4range, at daterange, n text, primary key (room, at without overlaps))")
    row = "r:\n  - {room: '[1,2)', at: '[2026-01-01,2026-02-01)', n: a}\n"
    await run({"a.yaml": row})
    assert (await run({"a.yaml": row}, force=True))["a.yaml"].tables["r"].unchanged == 1
    with pytest.raises(WorkError) as raised:
        await run({"a.yaml": row.replace("-01-01", "-01-15").replace("n: a", "n: b")})
    assert raised.value.sqlstate == "23P01"
    assert await db.fetchval("select n from r") == "a"


async def test_check_of_an_identity(run, db, project):
    """Another value than the row has is a difference, as it is an error of a load."""
    await db.execute("create table u (name text primary key, id int generated always as identity)")
    await run({"a.yaml": "u:\n  - {name: a, id: 5}\n"})
    result = await check_seeds(project({"seeds/a.yaml": "u:\n  - {name: a, id: 6}\n"}))
    assert [(one.problem, one.columns) for one in result.differences] == [("different", ("id",))]


async def test_null_in_an_expression(run, db):
    """What the expression of a key makes a value of is a value; what it leaves NULL is refused."""
    await db.execute("create table u (name text, parent int, n int)")
    await db.execute("create unique index on u (name, coalesce(parent, 0)); create unique index on u (abs(n))")
    text = (
        "u:\n  key: [name, 'COALESCE(parent, 0)']\n  rows:\n    - {name: a, parent: null}\n    - {name: a, parent: 1}\n"
    )
    assert (await run({"a.yaml": text}))["a.yaml"].tables["u"].inserted == 2
    assert (await run({"a.yaml": text}, force=True))["a.yaml"].tables["u"].unchanged == 2
    with pytest.raises(WorkError) as raised:
        await run({"b.yaml": "u:\n  key: abs(n)\n  rows:\n    - {name: b, n: 1}\n    - {name: c, n: null}\n"})
    assert (raised.value.code, raised.value.where.line) == ("null-in-key", 5)
