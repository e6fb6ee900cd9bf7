"""Lists and mappings in cells: arrays, composite types, hstore, vectors, and what they hold."""

import uuid

import asyncpg
import pytest

from migrator.errors import InputError
from migrator.seeding.preparing.ids import NAMESPACE

TYPES = """
create extension hstore;
create type mood as enum ('sad', 'ok');
create type point3 as (x int, y numeric, note text);
create type line3 as (name varchar(5), points point3[], mood mood, tags text[]);
create domain positive as int check (value > 0);
create domain spot as point3;
"""

NESTED = [
    ("point3", "{x: 1, y: 1.10, note: 'a, \"b\" (c) \\ d'}", '(1,1.10,"a, ""b"" (c) \\\\ d")'),
    ("point3", "{note: ''}", '(,,"")'),
    ("point3", "{x: ~}", "(,,)"),
    ("point3", "'(1,2,c)'", "(1,2,c)"),
    ("spot", "{x: 5}", "(5,,)"),
    ("point3[]", "[{x: 1, note: 'a\"b'}, ~, {y: 2}]", '{"(1,,\\"a\\"\\"b\\")",NULL,"(,2,)"}'),
    ("point3[]", "[[{x: 1}], [{x: 2}]]", '{{"(1,,)"},{"(2,,)"}}'),
    (
        "line3",
        "{name: ab, points: [{x: 1}, {x: 2, note: 'c,d'}], mood: ok, tags: [x, 'y z']}",
        '(ab,"{""(1,,)"",""(2,,\\\\""c,d\\\\"")""}",ok,"{x,""y z""}")',
    ),
    (
        "hstore",
        "{a: 1, 'b c': 'x \"y\" \\ z', d: ~, e: 'null'}",
        '"a"=>"1", "d"=>NULL, "e"=>"null", "b c"=>"x \\"y\\" \\\\ z"',
    ),
    ("hstore", "a=>1", '"a"=>"1"'),
    ("vector(3)", "[1, 2.5, -3]", "[1,2.5,-3]"),
    ("vector[]", "[[1, 2], [3]]", '{"[1,2]",[3]}'),
    ("jsonb[]", "[{a: [1, 2]}, [3], 4]", '{"{\\"a\\": [1, 2]}",[3],4}'),
    ("mood[]", "[ok, sad, ~]", "{ok,sad,NULL}"),
    ("positive[]", "[1, 2]", "{1,2}"),
    ("int[]", "[{$var: NUMBER}, 2]", "{7,2}"),
    ("uuid[]", "[{$id: a}]", f"{{{uuid.uuid5(NAMESPACE, 'public.t:a')}}}"),
    ("box[]", "['(1,1),(0,0)', '(2,2),(1,1)']", "{(1,1),(0,0);(2,2),(1,1)}"),
    ("int4range[]", "['[1,5)', empty]", '{"[1,5)",empty}'),
    ("int4multirange", "'{[1,5), [7,9)}'", "{[1,5),[7,9)}"),
    ("interval[]", "[3 days, '1:30']", '{"3 days",01:30:00}'),
    ("bytea[]", "[\\xDEAD]", '{"\\\\xdead"}'),
]


async def has_vector(db: asyncpg.Connection) -> bool:
    """Create the extension where the server has it: the embedded one does, Debian's does not."""
    known = await db.fetchval("select exists (select from pg_available_extensions where name = 'vector')")
    if known:
        await db.execute("create extension vector")
    return bool(known)


async def test_nested_values(run, db):
    """Each is the literal that PostgreSQL's own input function reads; a second load finds it unchanged."""
    await db.execute(TYPES)
    nested = NESTED if await has_vector(db) else [each for each in NESTED if not each[0].startswith("vector")]
    columns = ", ".join(f"c{index} {kind}" for index, (kind, _, _) in enumerate(nested))
    await db.execute(f"create table t (id int primary key, {columns})")
    cells = "".join(f"    c{index}: {cell}\n" for index, (_, cell, _) in enumerate(nested))
    await run({"t.yaml": f"t:\n  - id: 1\n{cells}"}, environ={"NUMBER": "7"})
    row = await db.fetchrow("select " + ", ".join(f"c{index}::text" for index in range(len(nested))) + " from t")
    assert [(kind, cell, text) for (kind, cell, _), text in zip(nested, row, strict=True)] == nested
    again = await run({"t.yaml": f"t:\n  - id: 1\n{cells}"}, force=True, environ={"NUMBER": "7"})
    assert again["t.yaml"].tables["t"].unchanged == 1


@pytest.mark.parametrize(
    ("kind", "cell", "words", "column"),
    [
        ("point3", "{x: 1, z: 2}", "point3 has no field `z`", 23),
        ("point3", "[1, 2]", "`v` is point3, which takes no list", 16),
        ("point3[]", "[{x: {y: 1}}]", "`v` is integer, which takes no mapping", 21),
        ("line3", "{mood: bad}", "`bad` is not a value of the enum mood", 23),
        ("line3", "{name: toolong}", "this text has 7 characters", 23),
        ("line3[]", "[{points: [{x: 1}, [{x: 2}]]}]", "different lengths", 35),
        ("hstore", "{a: [1]}", "a value in `v`, which is hstore, is a text", 20),
        ("hstore", "[a]", "`v` is hstore, which takes no list", 16),
        ("vector(2)", "[[1], [2]]", "an element of `v`, which is vector(2), is a number", 17),
        ("vector(2)", "[1, ~]", "an element of `v`, which is vector(2), is a number", 20),
        ("mood[]", "[ok, bad]", "`bad` is not a value of the enum mood", 21),
        ("varchar(3)[]", "[abcd]", "this text has 4 characters", 17),
        ("int[]", "[{$sql: 1}]", "`$sql` stands for a whole cell", 18),
        ("jsonb[]", "[word]", "`word` is not JSON", 17),
    ],
)
async def test_nested_values_that_do_not_fit(run, db, kind, cell, words, column):
    """Told at the place inside of the value, before anything is written, where it can be told."""
    await db.execute(TYPES)
    if not await has_vector(db) and kind.startswith("vector"):
        pytest.skip("this server has no vector")
    await db.execute(f"create table t (id int primary key, v {kind})")
    with pytest.raises(InputError) as raised:
        await run({"t.yaml": f"t:\n  - {{id: 1, v: {cell}}}\n"})
    assert words in raised.value.message
    assert (raised.value.where.line, raised.value.where.column) == (2, column)
