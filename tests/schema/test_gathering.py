"""Differences as people tell them: what goes with another one is counted there, and a new name is one change."""

from mutation import read_inside
from riches import SCOPE

from migrator.database.sessions.session import Session
from migrator.schema.compare import Difference, compare
from migrator.schema.gathering import gathered
from migrator.schema.objects import Schema
from migrator.schema.reading import read

SETUP = """
create schema g; create schema "G 2";
create type g.mood as enum ('good', 'bad');
create table g.people (id serial primary key, name text unique, mood g.mood);
create table g.orders (id int primary key, person int references g.people, total int check (total > 0), a text, b text);
create index orders_total on g.orders (total);
create view g.names as select id, name from g.people;
create policy own on g.orders using (total > 1);
create function g.f(int) returns int language sql as 'select 1';
comment on table g.people is 'people''s names'; comment on schema g is 'a g of people';
create publication g_news for table g.people (id, name) where (id > 1);
create sequence g.free; create aggregate g.total(int) (sfunc = int4pl, stype = int);
create foreign data wrapper g_wrapper; create server g_server foreign data wrapper g_wrapper;
create foreign table g.far (a int) server g_server; create statistics g.stats on a, b from g.orders;
"""

CASES = {
    "drop table g.orders": [
        "missing table g.orders: column 5, constraint 3, index 2, policy 1, statistics 1",
    ],
    "create table g.more (id serial primary key, t text); create index on g.more (t)": [
        "extra table g.more: column 2, constraint 1, index 2, sequence 1",
    ],
    "drop schema g cascade": [
        "changed publication g_news",
        (
            "missing schema g: aggregate 1, column 11, comment 2, constraint 5, foreign table 1, function 1, index 4,"
            " policy 1, sequence 2, statistics 1, table 2, type 1, view 1"
        ),
    ],
    "alter table g.orders drop column total cascade": [
        "missing column g.orders.total: constraint 1, index 1",
        "missing policy g.orders.own",
    ],
    "alter table g.orders drop constraint orders_pkey": ["missing constraint g.orders.orders_pkey: index 1"],
    "drop view g.names; create view g.names as select id::text as key, name from g.people": [
        "changed view g.names: column 2"
    ],
    "alter table g.orders alter a type varchar(9)": ["changed column g.orders.a"],
    "alter table g.orders rename total to sum": [
        "missing column g.orders.total -> g.orders.sum: constraint 1, index 1, policy 1"
    ],
    "alter table g.orders rename to purchases": [
        "missing table g.orders -> g.purchases: column 10, constraint 6, index 2, policy 2, statistics 1"
    ],
    "alter table g.people rename to persons": [
        (
            "missing table g.people -> g.persons: column 6, comment 2, constraint 5, index 2, publication 1,"
            " sequence 1, view 1"
        )
    ],
    "alter index g.orders_total rename to i": ["missing index g.orders_total -> g.i"],
    "alter policy own on g.orders rename to mine": ["missing policy g.orders.own -> g.orders.mine"],
    "alter function g.f rename to h": ["missing function g.f(integer) -> g.h(integer)"],
    "alter type g.mood rename to humour": ["missing type g.mood -> g.humour: column 1"],
    'alter table g.people set schema "G 2"': [
        (
            'missing table g.people -> "G 2".people: column 6, comment 2, constraint 5, index 4, publication 1,'
            " sequence 2, view 1"
        )
    ],
    'alter view g.names set schema "G 2"': ['missing view g.names -> "G 2".names: column 4'],
    'alter function g.f set schema "G 2"': ['missing function g.f(integer) -> "G 2".f(integer)'],
    'alter type g.mood set schema "G 2"': ['missing type g.mood -> "G 2".mood: column 1'],
    "alter server g_server rename to g_other": ["missing server g_server -> g_other: foreign table 1"],
    "alter foreign data wrapper g_wrapper rename to g_other": [
        "missing foreign data wrapper g_wrapper -> g_other: server 1"
    ],
    "alter statistics g.stats rename to s": ["missing statistics g.stats -> g.s"],
    "alter aggregate g.total(int) rename to t": ["missing aggregate g.total(integer) -> g.t(integer)"],
    "alter sequence g.free rename to counter": ["missing sequence g.free -> g.counter?"],
    'alter sequence g.free set schema "G 2"': ['missing sequence g.free -> "G 2".free'],
    "alter schema g rename to h": [
        (
            "missing schema g -> h: aggregate 2, column 22, comment 4, constraint 10, foreign table 2, function 2,"
            " index 8, policy 2, publication 1, sequence 4, statistics 2, table 4, type 2, view 2"
        )
    ],
    "alter sequence g.people_id_seq rename to s": ["missing sequence g.people_id_seq -> g.s?: column 1"],
    "alter table g.people owner to rich_owner": ["changed table g.people: sequence 1"],
    # what is changed besides is told besides
    "alter server g_server rename to g_other; alter foreign table g.far options (add x 'g_other')": [
        "changed foreign table g.far",
        "missing server g_server -> g_other",
    ],
    # with another column: that is more than another place
    'alter table g.orders set schema "G 2"; alter table "G 2".orders add c int': [
        "changed statistics g.stats",
        'extra table "G 2".orders: column 6, constraint 3, index 2, policy 1',
        "missing table g.orders: column 5, constraint 3, index 2, policy 1",
    ],
    # two of a kind: which of them it was nobody can tell
    "alter table g.orders drop a, drop b; alter table g.orders add c text, add d text": [
        "extra column g.orders.c",
        "extra column g.orders.d",
        "missing column g.orders.a: statistics 1",
        "missing column g.orders.b",
    ],
    "alter table g.orders drop a; alter table g.orders add c text": [
        "extra column g.orders.c",
        "missing column g.orders.a: statistics 1",
    ],
}


async def _told(session: Session, sql: str) -> list[str]:
    await session.run("begin")
    try:
        await session.run(SETUP)
        before = await read_inside(session, SCOPE)
        await session.run(sql)
        after = await read_inside(session, SCOPE)
    finally:
        await session.run("rollback")
    found = []
    for each in gathered(compare(before, after).differences, before, after):
        counts: dict[str, int] = {}
        for other in each.implied:
            counts[other.kind] = counts.get(other.kind, 0) + 1
        now = f" -> {each.renamed.identity}{'' if each.certain else '?'}" if each.renamed else ""
        implied = ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items()))
        head = f"{each.difference.change} {each.difference.kind} {each.difference.identity}{now}"
        found.append(f"{head}: {implied}" if implied else head)
    return sorted(found)


async def test_what_goes_with_another_difference_is_counted(session: Session):
    """One finding for what was done by one statement, and nothing is folded away that could have been otherwise."""
    wrong = {sql: told for sql, expected in CASES.items() if (told := await _told(session, sql)) != sorted(expected)}
    assert "\n".join(f"{sql}: {told}" for sql, told in wrong.items()) == ""


def test_a_comment_goes_with_what_it_is_about():
    """A comment is told alone only where its object is there on both sides; so is the version of an extension."""
    comments = ("table g.a", "column g.a.b", "column g.b.b", "policy g.a.p", "function g.f(integer)", "schema g")
    keys = [*(("comment", each) for each in comments), ("column", "g.a.b"), ("extension", "x"), ("table", "g.a")]
    differences = [
        Difference(kind=kind, identity=identity, change="missing", expected={"text": "it's"}, found=None)
        for kind, identity in [*keys, ("extension version", "x"), ("function", "g.f(integer)"), ("policy", "g.a.p")]
    ]
    nothing = Schema(objects={}, server_version_num=180000)
    assert [
        (each.difference.kind, each.difference.identity, sorted(one.identity for one in each.implied))
        for each in gathered(differences, nothing, nothing)
    ] == [
        ("comment", "column g.b.b", []),
        ("comment", "schema g", []),
        ("extension", "x", ["x"]),
        ("table", "g.a", ["column g.a.b", "g.a.b", "g.a.p", "policy g.a.p", "table g.a"]),
        ("function", "g.f(integer)", ["function g.f(integer)"]),
    ]


async def test_nothing_is_lost(session: Session):
    """Every difference is told, or counted with one that is."""
    before = await read(session, SCOPE)
    await session.run("begin; drop schema app cascade")
    try:
        after = await read_inside(session, SCOPE)
    finally:
        await session.run("rollback")
    differences = compare(before, after).differences
    told = gathered(differences, before, after)
    assert sorted((each.kind, each.identity) for each in differences) == sorted(
        (each.kind, each.identity) for one in told for each in (one.difference, *one.implied)
    )
