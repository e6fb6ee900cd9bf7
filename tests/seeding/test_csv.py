"""CSV seeds: what COPY reads goes to COPY as it is, and what is wrong with it is told at its line."""

import gzip
from pathlib import Path

import pytest

from migrator.errors import InputError, WorkError
from migrator.events import FileLoading
from migrator.seeding import seed
from migrator.seeding.comparison import check_seeds

USERS = "user_id,first_name,last_name,email\n1,Ada,,ada@x\n2,Grace,Hopper,grace@x\n"


async def rows(db, query):
    """A query's rows as tuples."""
    return [tuple(row) for row in await db.fetch(query)]


@pytest.mark.parametrize("name", ["users.csv", "deep/public.users.csv", "users.csv.gz"])
async def test_a_file_is_called_after_its_table(run, users, name):
    """By its name alone, with its schema, compressed; a second run leaves it alone, a change updates one row."""
    packed = gzip.compress if name.endswith(".gz") else str
    tables = (await run({name: packed(USERS.encode()) if name.endswith(".gz") else USERS}))[name].tables
    counts = next(iter(tables.values()))
    assert (counts.inserted, counts.updated, counts.unchanged) == (2, 0, 0)
    assert await rows(users, "select * from users order by 1") == [
        (1, "Ada", None, "ada@x"),
        (2, "Grace", "Hopper", "grace@x"),
    ]
    assert (await run())[name].state == "unchanged"
    changed = USERS.replace("Hopper", "H.")
    counts = next(
        iter((await run({name: packed(changed.encode()) if name.endswith(".gz") else changed}))[name].tables.values())
    )
    assert (counts.inserted, counts.updated, counts.unchanged) == (0, 1, 1)


async def test_values_as_copy_has_them(run, users):
    """Unquoted and empty is NULL, quoted and empty is text; quotes, commas, line ends and backslashes are data."""
    text = 'user_id,last_name,first_name\r\n1,,"a ""b"", c"\r\n2,"","two\r\nlines\\n"\r\n3,"\\.",NULL\r\n'
    await run({"users.csv": "\ufeff" + text})
    assert await rows(users, "select user_id, first_name, last_name from users order by 1") == [
        (1, 'a "b", c', None),
        (2, "two\r\nlines\\n", ""),
        (3, "NULL", "\\."),
    ]


ORGS = """
create table regions (id int generated always as identity primary key, name text not null unique);
create table orgs (
    id int generated always as identity primary key, slug text not null, region_id int references regions,
    unique (slug, region_id)
);
create table members (email text primary key, org_id int references orgs, role text not null default 'guest');
"""


@pytest.fixture
async def orgs(db):
    """Members of organizations in regions, each with an id that the database makes."""
    await db.execute(ORGS)
    return db


async def test_the_header_looks_rows_up(run, orgs):
    """By several columns, through another lookup; in what order files load is found; nothing given is NULL."""
    files = {
        "a.yaml": "orgs:\n  - {slug: acme, region_id: {name: eu}}\n  - {slug: acme, region_id: {name: us}}\n"
        "regions: [{name: eu}, {name: us}]\n",
        "members.csv": "org_id.region_id.name,email,org_id.slug\neu,ada@x,acme\n,bob@x,\nus,eve@x,acme\n",
    }
    await run(files)
    query = (
        "select email, r.name, role from members left join orgs o on o.id = org_id "
        "left join regions r on r.id = region_id"
    )
    expected = [("ada@x", "eu", "guest"), ("bob@x", None, "guest"), ("eve@x", "us", "guest")]
    assert await rows(orgs, f"{query} order by 1") == expected
    counts = (await run(files, force=True))["members.csv"].tables["members"]
    assert (counts.inserted, counts.updated, counts.unchanged) == (0, 0, 3)


async def test_lookups_of_its_own_table(run, db):
    """A tree: each record names its parent, in any order; the root has none."""
    await db.execute(
        "create table nodes (id int generated always as identity primary key, name text unique, "
        "parent_id int references nodes)"
    )
    await run({"nodes.csv": "name,parent_id.name\nleaf,branch\nroot,\nbranch,root\n"})
    query = "select n.name, p.name from nodes n left join nodes p on p.id = n.parent_id order by n.id"
    assert await rows(db, query) == [("root", None), ("branch", "root"), ("leaf", "branch")]


async def test_lookups_that_find_nothing(run, orgs):
    """Each is told at its field, the file is rolled back."""
    with pytest.raises(WorkError) as raised:
        await run({"members.csv": 'email,org_id.slug\nada@x,"a\n\nb"\nbob@x,\neve@x,acme\n'})
    assert [(e.code, e.where.line, e.where.column) for e in raised.value.causes] == [
        ("lookup-failed", 2, 7),
        ("lookup-failed", 6, 7),
    ]
    assert await orgs.fetchval("select count(*) from members") == 0


async def test_options_of_a_table(run, users, tmp_path):
    """`file` instead of `rows`: with key, mode, keep and defaults; a changed CSV is a changed seed file."""
    await users.execute("insert into users values (7, 'Old', 'Kept', 'ada@x')")
    text = (
        "users:\n  key: email\n  keep: [last_name]\n  defaults: {first_name: Nobody, last_name: {$sql: upper('new')}}\n"
        "  file: data/people.csv.gz\n"
    )
    people = "user_id,email\n7,ada@x\n8,bob@x\n"
    found = await run({"all.yaml": text, "data/people.csv.gz": gzip.compress(people.encode())})
    assert list(found) == ["all.yaml"]
    counts = found["all.yaml"].tables["users"]
    assert (counts.inserted, counts.updated, counts.unchanged) == (1, 1, 0)
    assert await rows(users, "select * from users order by 1") == [
        (7, "Nobody", "Kept", "ada@x"),
        (8, "Nobody", "NEW", "bob@x"),
    ]
    assert {name: found.state for name, found in (await run()).items()} == {"all.yaml": "unchanged"}
    changed = gzip.compress((people + "9,eve@x\n").encode())
    assert (await run({"data/people.csv.gz": changed}))["all.yaml"].tables["users"].inserted == 1


@pytest.mark.parametrize(
    ("mode", "left"),
    [
        ("missing", [(1, "Old"), (2, "Grace"), (3, "Gone")]),
        ("sync\n  where: user_id < 10", [(1, "Ada"), (2, "Grace")]),
    ],
)
async def test_modes(run, users, mode, left):
    """The rows of a CSV file are rows as any other."""
    await users.execute("insert into users values (1, 'Old'), (3, 'Gone')")
    await run({"u.yaml": f"users:\n  mode: {mode}\n  file: ../data/u.csv\n", "../data/u.csv": USERS})
    assert await rows(users, "select user_id, first_name from users order by 1") == left


async def test_a_file_that_another_environment_takes(run, project, users):
    """A CSV file that a YAML file has in `file` is no seed of its own, also where that one does not apply."""
    files = {"u.yaml": "$seed: {env: preview}\nusers: {file: data/users.csv}\n", "data/users.csv": USERS}
    assert await run(files) == {}
    assert await users.fetchval("select count(*) from users") == 0
    assert list(await run(env="preview")) == ["u.yaml"]
    assert await users.fetchval("select count(*) from users") == 2


HEADERS = [
    (b"user_id,firstname\n1,a\n", ("unknown-column", 1, 9), "did you mean `first_name`?"),
    (b"user_id,first_name,user_id\n1,a,2\n", ("bad-csv", 1, 20), "keep one of them"),
    (b"user_id,,first_name\n1,a,2\n", ("bad-csv", 1, 9), "write the name of its column"),
    (b"user_id;first_name\n1;a\n", ("unknown-column", 1, 1), "fields are separated by commas, not by `;`"),
    (b"user_id\tfirst_name\n1\ta\n", ("unknown-column", 1, 1), "fields are separated by commas, not by tabs"),
    (b"user_id,first_name.x\n1,a\n", ("bad-value", 1, 9), "write the column alone"),
    (b"", ("bad-csv", 1, 1), "write the names of the columns into the first line, separated by commas"),
    (
        b"\xef\xbb\xbf\n1,2\n",
        ("bad-csv", 1, 1),
        "write the names of the columns into the first line, separated by commas",
    ),
    (
        b"user_id,first_name\r1,a\r2,b\r",
        ("bad-csv", 1, 1),
        "save the file with line ends as on Linux (`\\n`) or Windows (`\\r\\n`)",
    ),
    (
        b'user_id,first_name\n1,"a\n2,b\n3,"c"\n',
        ("bad-csv", 4, 5),
        'a field with quotes is quoted as a whole, and each quote in it is written `""`',
    ),
    (b"user_id,first_name\n1,a\n\\.\n2,b\n", ("bad-csv", 3, 1), 'quote it if it is a value: "\\."'),
    (b"user_id,first_name\n1,J\xf6rg\n", ("not-utf8", 2, 4), "save the file as UTF-8"),
    (b"user_id,first_name\n1,a\n2,\xc3", ("not-utf8", 3, 1), "save the file as UTF-8"),
    ("user_id\n1\n".encode("utf-16"), ("not-utf8", 1, 1), "save the file as UTF-8"),
    (b"user_id,first_name\n1,a\0b\n", ("nul-character", 2, 1), None),
]


async def test_what_is_wrong_before_anything_is_written(run, users):
    """Told at its place, compressed or not; beside a file that is fine, of which nothing is loaded then."""
    await users.execute("create table other (id int primary key)")
    for data, place, hint in HEADERS:
        for name, text in (("users.csv", data), ("users.csv.gz", gzip.compress(data))):
            with pytest.raises(InputError) as raised:
                await run({name: text, "other.yaml": "other: [{id: 1}]\n"})
            error = raised.value
            assert (data, error.code, error.where.line, error.where.column) == (data, *place)
            assert (error.hint, error.outcome) == (hint, "nothing was loaded")
            assert error.where.path.endswith(name)
            Path(error.where.path).unlink()  # noqa: ASYNC240 - a test may wait for its disk
    assert await users.fetchval("select count(*) from other") == 0


async def test_a_new_row_without_a_value(run, users):
    """A NOT NULL column that the header leaves out is missed where a row is new."""
    with pytest.raises(WorkError) as raised:
        await run({"users.csv": "user_id,email\n1,a\n"})
    assert (raised.value.code, raised.value.where.line) == ("not-null", 2)


async def test_all_errors_of_all_files_at_once(run, users):
    """A table that there is not, and a column of another file."""
    with pytest.raises(InputError) as raised:
        await run(
            {"usres.csv": USERS, "users.csv": USERS.replace("email", "mail"), "x.yaml": "users: {file: no.csv}\n"}
        )
    assert [(e.code, Path(e.where.path).name, e.where.line) for e in raised.value.causes] == [
        ("unknown-column", "users.csv", 1),
        ("unknown-table", "usres.csv", 1),
        ("no-file", "x.yaml", 1),
    ]
    assert raised.value.causes[1].hint == "did you mean `users`?"


async def test_a_broken_gz(run, users):
    """Cut off, or not compressed at all."""
    for data, broken in ((gzip.compress(USERS.encode())[:-9], "end-of-stream"), (USERS.encode(), "gzipped")):
        with pytest.raises(InputError, match=broken) as raised:
            await run({"users.csv.gz": data})
        assert (raised.value.code, raised.value.outcome) == ("bad-csv", "nothing was loaded")


async def test_a_header_alone(run, users):
    """Has no rows, as `[]` in YAML."""
    for text in ("user_id,first_name\n", "user_id,first_name", "\ufeffuser_id,first_name\r\n"):
        outcome = (await run({"users.csv": text}))["users.csv"]
        assert (outcome.state, outcome.tables) == ("loaded", {})


REFUSED = [
    ("1,a\n2\n", ("22P04", 3, 1), 'missing data for column "first_name"'),
    ("1,a\n2,b,c\n", ("22P04", 3, 1), "extra data after last expected column"),
    ('1,"a\n\nb"\nx,c\n', ("22P02", 5, 1), 'invalid input syntax for type integer: "x"'),
    ('1,"a\nb"\n2,c\n1,d\n', (None, 5, 1), "the same (user_id) as in line 2"),
    ("1,a\n,b\n", (None, 3, 1), "unquoted and empty is NULL"),
    ("1,a\n2,\n", ("23502", 3, 3), 'null value in column "first_name"'),
]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
async def test_what_the_server_refuses(run, users, ends):
    """Ragged records, values that do not fit, keys twice or NULL: at the line of the file."""
    for data, place, detail in REFUSED:
        with pytest.raises(WorkError) as raised:
            await run({"users.csv": ("user_id,first_name\n" + data).replace("\n", ends)})
        error = raised.value
        assert (error.sqlstate, error.where.line, error.where.column) == place
        assert detail in error.detail
    assert await users.fetchval("select count(*) from users") == 0


async def test_bare_line_feeds_within_fields(run, users):
    """As spreadsheets write them: records end in CR LF, lines within a field in LF; the places are right still."""
    with pytest.raises(WorkError) as raised:
        await run({"users.csv": 'user_id,first_name\r\n1,"a\nb\nc"\r\n2,d\r\nx,e\r\n'})
    assert (raised.value.where.line, raised.value.where.excerpt) == (6, "x,e")


async def test_a_foreign_key_orders_files(run, db):
    """A column of the header that refers to a table counts as filled."""
    await db.execute("create table p (id int primary key); create table c (id int primary key, p_id int references p)")
    found = await run({"c.csv": "id,p_id\n1,1\n", "p.csv": "id\n1\n"})
    assert [outcome.state for outcome in found.values()] == ["loaded", "loaded"]


async def test_a_table_without_a_key_is_filled_once(run, db):
    """A changed file would be a second copy."""
    await db.execute("create table log (what text)")
    await run({"log.csv": "what\na\na\n"})
    assert await db.fetchval("select count(*) from log") == 2
    with pytest.raises(InputError, match="was filled from") as raised:
        await run({"log.csv": "what\na\nb\n"})
    assert raised.value.code == "no-key"


async def test_sequences_and_identity(run, db):
    """Values of an identity column are the file's, and its sequence goes on behind them."""
    await db.execute("create table t (id int generated always as identity primary key, name text)")
    await run({"t.csv": "id,name\n5,a\n3,b\n"})
    await db.execute("insert into t (name) values ('c')")
    assert await rows(db, "select * from t order by 1") == [(3, "b"), (5, "a"), (6, "c")]


async def test_compared_with_the_database(run, project, users):
    """`--check` tells each record that differs, at its field."""
    await run({"users.csv": USERS + '9,"Ann\nE",,\n'})
    config = project({})
    assert (await check_seeds(config)).different == 0
    await users.execute("update users set first_name = 'x' where user_id = 9; delete from users where user_id = 2")
    result = await check_seeds(config)
    assert [(d.problem, d.columns, d.where.line, d.where.column) for d in result.differences] == [
        ("missing", (), 3, 1),
        ("different", ("first_name",), 4, 3),
    ]
    assert (result.rows, result.files) == (3, 1)


async def test_atomically(project, users):
    """A CSV file is one of the files of which all are loaded or none."""
    config = project({"seeds/users.csv": USERS, "seeds/z.yaml": "users: [{user_id: x, first_name: a}]\n"})
    with pytest.raises(WorkError):
        await seed(config, atomic=True)
    assert await users.fetchval("select count(*) from users") == 0
    config = project({"seeds/z.yaml": "users: [{user_id: 5, first_name: a}]\n"})
    await seed(config, atomic=True)
    assert await users.fetchval("select count(*) from users") == 3


async def test_progress_is_told(project, users):
    """How many rows were sent, up to all of them."""
    text = "user_id,first_name\n" + "".join(f'{number},"a\n{"x" * 60}"\n' for number in range(4000))
    told = []
    await seed(project({"seeds/users.csv": text}), emit=told.append)
    progress = [event.rows for event in told if isinstance(event, FileLoading)]
    assert progress == sorted(progress)
    assert (progress[0], progress[-1], len(progress) > 3) == (0, 4000, True)
    assert {event.total for event in told if isinstance(event, FileLoading)} == {4000}


async def test_status_counts_a_file_once(run, project, users):
    """A CSV file that another file takes is not counted beside it."""
    from migrator.database.connect import connect
    from migrator.seeding import summary

    await run({"u.yaml": "users: {file: data/users.csv}\n", "data/users.csv": USERS})
    config = project({})
    async with connect(config) as session:
        found = await summary(session, config)
    assert (found.current, found.changed, found.new) == (1, 0, 0)


async def test_straight_into_an_empty_table(run, users):
    """Rows stand in the order of the file there; later ones are compared, and inserted in the order of the key."""
    await users.execute("alter table users alter user_id add generated by default as identity")
    text = "user_id,first_name\n3,c\n1,a\n2,b\n"
    counts = (await run({"users.csv": text}))["users.csv"].tables["users"]
    assert (counts.inserted, counts.unchanged) == (3, 0)
    assert await rows(users, "select user_id from users order by ctid") == [(3,), (1,), (2,)]
    assert await users.fetchval("insert into users (first_name) values ('d') returning user_id") == 4
    counts = (await run({"users.csv": f"{text}6,f\n5,e\n"}))["users.csv"].tables["users"]
    assert (counts.inserted, counts.unchanged) == (2, 3)
    assert await rows(users, "select user_id from users order by ctid") == [(3,), (1,), (2,), (4,), (5,), (6,)]


async def test_what_copy_would_pass_over(run, users):
    """In an empty table, too: rules, a NULL in a key, a row outside the condition of `sync`."""
    await users.execute(
        "create table log (what text); create rule tell as on insert to users do also insert into log values ('x');"
        "create table notes (email text unique)"
    )
    await run({"users.csv": USERS})
    assert await users.fetchval("select count(*) from log") == 2
    with pytest.raises(WorkError, match="has no value in its key"):
        await run({"users.csv": USERS, "notes.csv": "email\na\n\n"})
    await users.execute("truncate users")
    with pytest.raises(WorkError, match="is not within `where"):
        await run(
            {
                "notes.csv": "email\n",
                "users.csv": "user_id,first_name\n",
                "u.yaml": "users:\n  mode: sync\n  where: user_id < 2\n  file: ../u.csv\n",
                "../u.csv": USERS,
            }
        )
