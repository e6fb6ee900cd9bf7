"""Cells that look a row up, by any columns of the table that they refer to, in whatever order rows and files stand."""

import itertools

import pytest

from migrator.errors import InputError, WorkError

SHOP = """
create table users (id int generated always as identity primary key, email text not null unique, name text);
create table orgs (id int generated always as identity primary key, slug text not null unique);
create table memberships (
    user_id int not null references users, org_id int not null references orgs, role text,
    primary key (user_id, org_id)
);
"""
MEMBERS = """
select email, slug, role from memberships join users u on u.id = user_id join orgs o on o.id = org_id order by 1, 2
"""


@pytest.fixture
async def shop(db):
    """Users, organizations, and who is in which."""
    await db.execute(SHOP)
    return db


@pytest.mark.parametrize("names", ["".join(names) for names in itertools.permutations("abc")])
async def test_rows_of_other_files(run, shop, names):
    """Whatever the files are called, what a row looks up is committed before; a second load changes nothing."""
    texts = [
        "users:\n  - {email: ada@x}\n  - {email: bob@x}\n",
        "orgs:\n  - {slug: acme}\n",
        (
            "memberships:\n  - {user_id: {email: ada@x}, org_id: {slug: acme}, role: owner}\n"
            "  - user_id: {email: bob@x}\n    org_id: {slug: acme}\n"
        ),
    ]
    files = {f"{name}.yaml": text for name, text in zip(names, texts, strict=True)}
    await run(files)
    assert [tuple(row) for row in await shop.fetch(MEMBERS)] == [("ada@x", "acme", "owner"), ("bob@x", "acme", None)]
    tables = (await run(files, force=True))[f"{names[2]}.yaml"].tables["memberships"]
    assert (tables.inserted, tables.updated, tables.unchanged) == (0, 0, 2)


async def test_rows_of_the_same_file_and_of_the_database(run, shop):
    """Also beside plain values in other rows, and by a row that no seed has written."""
    await shop.execute("insert into users (email) values ('ada@x'); insert into orgs (slug) values ('old')")
    text = (
        "memberships:\n  - {user_id: 1, org_id: {slug: acme}, role: a}\n  - {user_id: {email: bob@x}, org_id: 1}\n"
        "  - {user_id: {email: ada@x}, org_id: 1, role: b}\n"
        "users:\n  - {email: bob@x}\norgs:\n  - {slug: acme}\n"
    )
    await run({"all.yaml": text})
    assert [tuple(row) for row in await shop.fetch(MEMBERS)] == [
        ("ada@x", "acme", "a"),
        ("ada@x", "old", "b"),
        ("bob@x", "old", None),
    ]


async def test_a_lookup_that_finds_nothing(run, shop):
    """Every line is told, each at its place, and the file is rolled back."""
    await shop.execute("insert into users (email) values ('ada@x')")
    text = (
        "orgs:\n  - {slug: acme}\nmemberships:\n  - {user_id: {email: ada@x}, org_id: {slug: acme}}\n"
        "  - {user_id: {email: eve@x}, org_id: {slug: acme}}\n  - {user_id: {email: mal@x}, org_id: {slug: nowhere}}\n"
    )
    with pytest.raises(WorkError) as raised:
        await run({"m.yaml": text})
    found = [(cause.code, cause.where.line, cause.where.column) for cause in raised.value.causes]
    assert found == [("lookup-failed", 5, 15), ("lookup-failed", 6, 15), ("lookup-failed", 6, 39)]
    assert await shop.fetchval("select count(*) from orgs") == 0


async def test_a_lookup_that_finds_two_rows(run, shop):
    """By a column that is not unique, exactly one row must match."""
    await shop.execute("insert into users (email, name) values ('a@x', 'Ann'), ('b@x', 'Ann'), ('c@x', 'Bo')")
    await shop.execute("insert into orgs (slug) values ('acme')")
    await run({"m.yaml": "memberships:\n  - {user_id: {name: Bo}, org_id: 1}\n"})
    with pytest.raises(WorkError) as raised:
        await run({"n.yaml": "memberships:\n  - {user_id: {name: Ann}, org_id: 1}\n"})
    assert (raised.value.code, raised.value.where.line, raised.value.where.column) == ("lookup-ambiguous", 2, 15)


async def test_lookups_through_lookups(run, shop):
    """A looked-up column may be looked up itself, through tables that no file names."""
    await shop.execute(
        "create table grants (id int primary key, member_user int, member_org int, "
        "foreign key (member_user, member_org) references memberships (user_id, org_id))"
    )
    await shop.execute("insert into users (email) values ('ada@x'), ('bob@x'); insert into orgs (slug) values ('acme')")
    await shop.execute("insert into memberships values (2, 1)")
    text = "grants:\n  - {id: 1, member_user: {user_id: {email: bob@x}, org_id: {slug: acme}}}\n"
    await run({"g.yaml": text})
    assert tuple(await shop.fetchrow("select member_user, member_org from grants")) == (2, 1)


async def test_a_composite_key_begins_where_nothing_shares_it(run, db):
    """It is written under its first column that no other foreign key has; the shared one keeps its own lookup."""
    await db.execute(
        "create table tenants (id int primary key, name text unique);"
        "create table groups (tenant_id int references tenants, id int, name text, primary key (tenant_id, id));"
        "create table items (id int primary key, tenant_id int references tenants, group_id int,"
        " foreign key (tenant_id, group_id) references groups)"
    )
    await db.execute("insert into tenants values (7, 't'); insert into groups values (7, 3, 'g')")
    await run({"a.yaml": "items:\n  - {id: 1, group_id: {name: g, tenant_id: {name: t}}}\n"})
    await run({"b.yaml": "items:\n  - {id: 2, tenant_id: {name: t}, group_id: 3}\n"})
    assert [tuple(row) for row in await db.fetch("select * from items order by id")] == [(1, 7, 3), (2, 7, 3)]
    with pytest.raises(InputError, match="`tenant_id` is filled by the lookup under `group_id`"):
        await run({"c.yaml": "items:\n  - {id: 3, tenant_id: 7, group_id: {name: g}}\n"})


async def test_a_tree_in_any_order(run, db):
    """Rows of one table look one another up, children before parents, with ids that the database makes."""
    await db.execute(
        "create table nodes (id int generated always as identity primary key, slug text unique, "
        "parent_id int references nodes)"
    )
    text = (
        "nodes:\n  - {slug: leaf, parent_id: {slug: branch}}\n  - {slug: branch, parent_id: {slug: root}}\n"
        "  - {slug: root}\n  - {slug: other, parent_id: {slug: root}}\n"
    )
    tables = (await run({"n.yaml": text}))["n.yaml"].tables["nodes"]
    assert (tables.inserted, tables.updated) == (4, 0)
    tree = "select c.slug, p.slug from nodes c left join nodes p on p.id = c.parent_id order by 1"
    expected = [("branch", "root"), ("leaf", "branch"), ("other", "root"), ("root", None)]
    assert [tuple(row) for row in await db.fetch(tree)] == expected
    again = (await run({"n.yaml": text + "  - {slug: new, parent_id: {slug: leaf}}\n"}))["n.yaml"].tables["nodes"]
    assert (again.inserted, again.updated, again.unchanged) == (1, 0, 4)


async def test_a_not_null_tree(run, db):
    """Waves go from the root, which refers to itself by an id of its own, down to the leaves."""
    await db.execute(
        "create table nodes (id int generated by default as identity primary key, slug text unique, "
        "parent_id int not null references nodes)"
    )
    text = (
        "nodes:\n  - {id: 3, slug: c, parent_id: {slug: b}}\n  - {id: 2, slug: b, parent_id: {slug: a}}\n"
        "  - {id: 1, slug: a, parent_id: {slug: a}}\n  - {slug: d, parent_id: {slug: e}}\n  - {slug: e, parent_id: 3}\n"
    )
    await db.execute("alter sequence nodes_id_seq restart 10")
    await run({"n.yaml": text})
    assert [tuple(row) for row in await db.fetch("select slug, parent_id from nodes order by id")] == [
        ("a", 1),
        ("b", 1),
        ("c", 2),
        ("e", 3),
        ("d", 10),
    ]


CIRCLE = """
create table teams (id int generated always as identity primary key, name text unique, lead_id int {lead});
create table people (id int generated always as identity primary key, email text unique,
                     team_id int {team} references teams);
alter table teams add foreign key (lead_id) references people;
"""
CIRCLE_TEXT = "teams:\n  - {name: core, lead_id: {email: ada@x}}\npeople:\n  - {email: ada@x, team_id: {name: core}}\n"


@pytest.mark.parametrize(("lead", "team"), [("", "not null"), ("not null", ""), ("", "")])
async def test_a_circle_with_a_nullable_column(run, db, lead, team):
    """It is written with NULL there and completed at the end; a second load changes nothing."""
    await db.execute(CIRCLE.format(lead=lead, team=team))
    await run({"c.yaml": CIRCLE_TEXT})
    found = "select t.name, p.email from teams t join people p on p.id = t.lead_id and p.team_id = t.id"
    assert [tuple(row) for row in await db.fetch(found)] == [("core", "ada@x")]
    tables = (await run({"c.yaml": CIRCLE_TEXT}, force=True))["c.yaml"].tables
    assert {name: (c.inserted, c.updated, c.unchanged) for name, c in tables.items()} == {
        "teams": (0, 0, 1),
        "people": (0, 0, 1),
    }


KNOWN = """
create table teams (id int generated always as identity primary key, name text unique, lead_id int {lead});
create table people (id int primary key, email text unique, team_id int {team} references teams);
alter table teams add constraint "lead of" foreign key (lead_id) references people {check};
"""
KNOWN_TEXT = (
    "teams:\n  - {{name: core, lead_id: {lead}}}\n  - {{name: docs, lead_id: 7}}\n"
    "people:\n  - {{id: 7, email: ada@x, team_id: {{name: core}}}}\n"
)


@pytest.mark.parametrize(
    ("lead", "team", "check"),
    [
        ("", "", ""),
        ("", "not null", ""),
        ("not null", "", ""),
        ("not null", "not null", "deferrable"),
        ("not null", "not null", "deferrable initially deferred"),
    ],
)
@pytest.mark.parametrize("cell", ["7", "{email: ada@x}"])
async def test_an_id_that_is_known_of_a_row_that_waits(run, db, lead, team, check, cell):
    """A row that refers by a known id to one which waits for its own is written with it, or completed behind it."""
    await db.execute(KNOWN.format(lead=lead, team=team, check=check))
    text = KNOWN_TEXT.format(lead=cell)
    await run({"c.yaml": text})
    found = await db.fetch(
        "select t.name, p.email, h.name from teams t join people p on p.id = lead_id "
        "join teams h on h.id = p.team_id order by 1"
    )
    assert [tuple(row) for row in found] == [("core", "ada@x", "core"), ("docs", "ada@x", "core")]
    tables = (await run({"c.yaml": text}, force=True))["c.yaml"].tables
    assert [(c.inserted, c.updated, c.unchanged) for c in tables.values()] == [(0, 0, 2), (0, 0, 1)]


async def test_known_ids_that_no_order_can_write(run, db):
    """Where neither column can be NULL and no check can wait, it is an error that names the tables."""
    await db.execute(KNOWN.format(lead="not null", team="not null", check=""))
    with pytest.raises(WorkError) as raised:
        await run({"c.yaml": KNOWN_TEXT.format(lead=7)})
    assert (raised.value.code, raised.value.message) == (
        "lookup-circle",
        "rows of `people`, `teams` look one another up in a circle",
    )


@pytest.mark.parametrize("mode", ["missing", "upsert"])
async def test_a_row_that_is_there_beside_a_circle(run, db, mode):
    """It waits until the circle is written, and is touched as its mode says, once."""
    await db.execute(CIRCLE.format(lead="", team="not null"))
    await db.execute("insert into teams (name) values ('old')")
    options = f"  mode: {mode}\n  rows:\n  - {{name: old, lead_id: {{email: ada@x}}}}\n"
    outcome = await run({"c.yaml": CIRCLE_TEXT.replace("teams:\n", "teams:\n" + options)})
    count = outcome["c.yaml"].tables["teams"]
    touched = mode == "upsert"
    assert (count.inserted, count.updated, count.unchanged) == (1, int(touched), int(not touched))
    assert await db.fetchval("select lead_id is not null from teams where name = 'old'") is touched


async def test_a_circle_over_files(run, db):
    """Files that look one another up are one transaction."""
    await db.execute(CIRCLE.format(lead="", team="not null"))
    teams, people = CIRCLE_TEXT.split("people:")
    await run({"a.yaml": teams, "b.yaml": "people:" + people})
    assert await db.fetchval("select count(*) from teams join people on people.id = lead_id") == 1


async def test_a_circle_that_nothing_can_fill(run, db):
    """With both columns NOT NULL no statement can begin: an error that names the tables."""
    await db.execute(CIRCLE.format(lead="not null", team="not null"))
    with pytest.raises(WorkError) as raised:
        await run({"c.yaml": CIRCLE_TEXT})
    assert (raised.value.code, raised.value.message) == (
        "lookup-circle",
        "rows of `people`, `teams` look one another up in a circle",
    )


async def test_a_wrong_lookup_in_a_circle(run, db):
    """What is nowhere is told as that, not as a circle."""
    await db.execute(CIRCLE.format(lead="", team="not null"))
    with pytest.raises(WorkError) as raised:
        await run({"c.yaml": CIRCLE_TEXT.replace("lead_id: {email: ada@x}", "lead_id: {email: eve@x}")})
    assert (raised.value.code, raised.value.where.line) == ("lookup-failed", 2)


async def test_an_explicit_reference(run, shop):
    """`$ref` names the table, also where there is no foreign key."""
    await shop.execute("create table notes (id int primary key, about int, by int references users)")
    await shop.execute("insert into orgs (slug) values ('x'), ('acme')")
    text = "users:\n  - {email: ada@x}\nnotes:\n  - {id: 1, about: {$ref: {orgs: {slug: acme}}}, by: {email: ada@x}}\n"
    await run({"n.yaml": text})
    assert tuple(await shop.fetchrow("select about, by from notes")) == (2, 1)


async def test_defaults_can_look_up(run, shop):
    """`defaults` take lookups, for rows that do not have the column."""
    await shop.execute("insert into orgs (slug) values ('acme'), ('other')")
    text = (
        "users:\n  - {email: ada@x}\n  - {email: bob@x}\nmemberships:\n"
        "  defaults: {org_id: {slug: acme}, role: member}\n  rows:\n    - {user_id: {email: ada@x}}\n"
        "    - {user_id: {email: bob@x}, org_id: {slug: other}, role: boss}\n"
    )
    await run({"m.yaml": text})
    assert [tuple(row) for row in await shop.fetch(MEMBERS)] == [
        ("ada@x", "acme", "member"),
        ("bob@x", "other", "boss"),
    ]


async def test_a_row_twice_by_its_lookups(run, shop):
    """Keys that are looked up are compared by what they look up, before the first write."""
    with pytest.raises(InputError) as raised:
        await run(
            {"m.yaml": "memberships:\n" + "  - {user_id: {email: ada@x}, org_id: {slug: acme}}\n" * 2},
        )
    assert (raised.value.code, raised.value.where.line, raised.value.detail) == ("duplicate-key", 3, "first in line 2")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("{emial: x}", "has no column `emial`"),
        ("{email: ~}", "a lookup by `email` needs a value"),
        ("{}", "names no column"),
        ("{email: {name: x}}", "`email` refers to no table"),
        ("{email: {$sql: now()}}", "not with `$sql`"),
        ("{$ref: {nothing: {a: b}}}", "there is no table `nothing`"),
        ("{$ref: 5}", "`$ref` takes one table"),
        ("{$ref: {orgs: {slug: a}}, x: 1}", "`$ref` takes one table"),
    ],
)
async def test_what_cannot_be_looked_up(run, shop, cell, words):
    """Each is told at its place, before anything is written."""
    with pytest.raises(InputError) as raised:
        await run({"m.yaml": f"memberships:\n  - {{org_id: 1, user_id: {cell}}}\n"})
    assert words in raised.value.message
    assert raised.value.where.line == 2


async def test_a_mapping_on_a_plain_column(run, shop):
    """It refers to nothing, so it is an error that says how to write a text."""
    with pytest.raises(InputError, match="takes no mapping"):
        await run({"u.yaml": "users:\n  - {email: {a: b}}\n"})


async def test_types_with_their_own_equality(run, db):
    """A lookup compares as the column's type does: citext without case, an enum, a domain."""
    await db.execute("create schema ext; create extension citext schema ext; create type mood as enum ('sad', 'ok')")
    await db.execute("create domain code as text check (value <> '')")
    await db.execute(
        "create table t (id int primary key, name ext.citext unique, m mood, c code);"
        "create table u (id int primary key, a int references t)"
    )
    await db.execute("insert into t values (1, 'Ada', 'ok', 'x'), (2, 'Bob', 'sad', 'y')")
    await run({"u.yaml": "u:\n  - {id: 1, a: {name: ADA}}\n  - {id: 2, a: {m: sad}}\n  - {id: 3, a: {c: x}}\n"})
    assert await db.fetchval("select array_agg(a order by id) from u") == [1, 2, 1]
