"""What a run of `seed` does to the tables and to the ledger."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.config import Address, Config
from migrator.database.address.target import Target
from migrator.database.connect import connect
from migrator.errors import InputError, MigratorError, StateError, WorkError
from migrator.events import Noticed
from migrator.events.status import SeedSummary
from migrator.seeding import seed, summary
from migrator.seeding.plan import plan_seeds as plan


def counted(outcomes, name: str) -> dict[str, tuple[int, int, int]]:
    """(inserted, updated, unchanged) by table."""
    return {t: (c.inserted, c.updated, c.unchanged) for t, c in outcomes[name].tables.items()}


async def test_a_second_run_changes_nothing(run, users):
    """A file that is in the ledger as it is is not even parsed again."""
    text = "users:\n  - {user_id: 1, first_name: Tomas}\n"
    await run({"users.yaml": text})
    before = await users.fetchval("select xmin::text from users")
    outcomes = await run()
    assert outcomes["users.yaml"].state == "unchanged"
    assert await users.fetchval("select xmin::text from users") == before


async def test_a_changed_file_is_applied_again(run, users):
    """Rows that are there as they are stay untouched, changed ones are updated, new ones inserted."""
    await run({"users.yaml": "users:\n  - {user_id: 1, first_name: Tomas}\n  - {user_id: 2, first_name: John}\n"})
    before = await users.fetchval("select xmin::text from users where user_id = 1")
    outcomes = await run(
        {
            "users.yaml": (
                "users:\n  - {user_id: 1, first_name: Tomas}\n  - {user_id: 2, first_name: Jane}\n"
                "  - {user_id: 3, first_name: Ada}\n"
            )
        }
    )
    assert counted(outcomes, "users.yaml") == {"users": (1, 1, 1)}
    assert await users.fetchval("select xmin::text from users where user_id = 1") == before
    assert await users.fetchval("select array_agg(first_name order by user_id) from users") == ["Tomas", "Jane", "Ada"]


async def test_force_loads_again(run, users):
    """`--force` loads what the ledger has, and puts back what was changed by hand."""
    text = "users:\n  - {user_id: 1, first_name: Tomas}\n"
    await run({"users.yaml": text})
    await users.execute("update users set first_name = 'x'")
    assert counted(await run(force=True), "users.yaml") == {"users": (0, 1, 0)}
    assert await users.fetchval("select first_name from users") == "Tomas"


async def test_the_ledger_tells_what_is_loaded(run, users):
    """Path, environment, rows and hash stand in `migrator.seed`, by a path that is the same on every machine."""
    await run({"a/users.yaml": "users:\n  - {user_id: 1, first_name: T}\n"}, env="preview")
    row = await users.fetchrow("select path, env, rows, loaded_by = session_user, length(sha256) from migrator.seed")
    assert tuple(row) == ("a/users.yaml", "preview", 1, True, 32)


async def test_rows_by_another_key(run, users):
    """`key:` names the unique key by which rows are found again; the primary key is then a column like others."""
    await users.execute("insert into users values (5, 'x', null, 'a@x.org')")
    outcomes = await run(
        {"u.yaml": "users:\n  key: email\n  rows:\n    - {email: a@x.org, first_name: A}\n"},
    )
    assert counted(outcomes, "u.yaml") == {"users": (0, 1, 0)}
    assert tuple(await users.fetchrow("select user_id, first_name from users")) == (5, "A")


async def test_the_one_unique_key_that_all_rows_have(run, db):
    """Without the primary key in the rows, the one unique key that covers them all is taken."""
    await db.execute("create table t (id int generated always as identity primary key, slug text unique, n int)")
    await run({"t.yaml": "t:\n  - {slug: a, n: 1}\n  - {slug: b, n: 1}\n"})
    outcomes = await run({"t.yaml": "t:\n  - {slug: a, n: 2}\n  - {slug: b, n: 1}\n"})
    assert counted(outcomes, "t.yaml") == {"t": (0, 1, 1)}
    # nothing but the two inserts has drawn from the sequence
    assert await db.fetchval("select last_value from t_id_seq") == 2


async def test_mode_missing_touches_nothing_that_is_there(run, users):
    """`mode: missing` inserts what is not there and leaves the rest as it is."""
    await users.execute("insert into users values (1, 'mine')")
    outcomes = await run(
        {
            "u.yaml": (
                "users:\n  mode: missing\n  rows:\n    - {user_id: 1, first_name: theirs}\n"
                "    - {user_id: 2, first_name: new}\n"
            )
        }
    )
    assert counted(outcomes, "u.yaml") == {"users": (1, 0, 1)}
    assert await users.fetchval("select array_agg(first_name order by user_id) from users") == ["mine", "new"]


async def test_keep_and_defaults(run, db):
    """`defaults` fill columns that a row leaves out; `keep` columns are set on insert and never overwritten."""
    await db.execute("create table plans (code text primary key, price numeric, currency text, stripe text)")
    text = (
        "plans:\n  key: code\n  keep: [stripe]\n  defaults: {currency: EUR, stripe: none}\n  rows:\n"
        "    - {code: free, price: 0.00}\n    - {code: pro, price: 9.90, currency: USD}\n"
    )
    await run({"plans.yaml": text})
    await db.execute("update plans set stripe = 'price_1', currency = 'x' where code = 'free'")
    outcomes = await run({"plans.yaml": text.replace("9.90", "9.9")})
    assert counted(outcomes, "plans.yaml") == {"plans": (0, 2, 0)}
    rows = await db.fetch("select code, price::text, currency, stripe from plans order by code")
    assert [tuple(row) for row in rows] == [("free", "0.00", "EUR", "price_1"), ("pro", "9.9", "USD", "none")]


async def test_columns_that_a_row_leaves_out(run, db):
    """They take their default when the row is inserted, and are left alone when it is updated."""
    await db.execute("create table t (id int primary key, a text default 'd', b text not null default 'e', c int)")
    await run({"t.yaml": "t:\n  - {id: 1, a: x, b: y}\n  - {id: 2, a: z}\n  - {id: 3}\n"})
    rows = await db.fetch("select id, a, b from t order by id")
    assert [tuple(row) for row in rows] == [(1, "x", "y"), (2, "z", "e"), (3, "d", "e")]
    outcomes = await run({"t.yaml": "t:\n  - {id: 1, c: 5}\n  - {id: 2, b: q, a: z}\n  - {id: 3}\n"})
    assert counted(outcomes, "t.yaml") == {"t": (0, 2, 1)}
    rows = await db.fetch("select id, a, b, c from t order by id")
    assert [tuple(row) for row in rows] == [(1, "x", "y", 5), (2, "z", "q", None), (3, "d", "e", None)]


async def test_an_existing_row_needs_no_required_columns(run, users):
    """An update of a row that is there may leave out NOT NULL columns; a new row may not, and is told at its line."""
    await users.execute("insert into users values (1, 'Tomas')")
    await run({"u.yaml": "users:\n  - {user_id: 1, last_name: S}\n"})
    assert await users.fetchval("select last_name from users") == "S"
    with pytest.raises(WorkError, match="a new row of `users` needs a value for `first_name`") as caught:
        await run({"v.yaml": "users:\n  - {user_id: 1, last_name: X}\n  - {user_id: 2, last_name: Y}\n"})
    assert caught.value.where is not None
    assert caught.value.where.line == 3


async def test_a_table_without_a_key_is_filled_once(run, db):
    """Its rows are inserted once; when the file changes, that is an error, never a silent second copy."""
    await db.execute("create table log (id int generated always as identity primary key, note text)")
    await run({"log.yaml": "log:\n  - note: b\n  - note: a\n"})
    assert (await run())["log.yaml"].state == "unchanged"
    assert await db.fetchval("select array_agg(note order by id) from log") == ["b", "a"]
    for force in (False, True):
        with pytest.raises(InputError, match="its rows have no key") as caught:
            await run({"log.yaml": "log:\n  - note: c\n"}, force=force)
        assert caught.value.code == "no-key"
    assert await db.fetchval("select count(*) from log") == 2


async def test_explicit_ids_move_the_sequence(run, db):
    """After rows with ids of their own, the next generated id is free: for serial, identity and plain defaults."""
    await db.execute(
        "create table a (id serial primary key); create table b (id int generated by default as identity primary key);"
        "create table c (id int generated always as identity primary key); create sequence s;"
        "create table d (id bigint primary key default nextval('s')); select setval('s', 100)"
    )
    await run({"x.yaml": "".join(f"{name}:\n  - id: 41\n  - id: 7\n" for name in "abcd")})
    found = [await db.fetchval(f"insert into {name} default values returning id") for name in "abcd"]
    assert found == [42, 42, 42, 101]


async def test_domains_generated_columns_and_partitions(run, db):
    """Rows may leave out a domain that takes no NULL, generated columns compute, a partitioned table routes."""
    await db.execute(
        "create domain label as text not null default 'none' check (value <> '');"
        "create table t (id int, l label, n int generated always as (id * 2) stored, primary key (id))"
        " partition by range (id); create table t1 partition of t for values from (0) to (10);"
        "create table t2 partition of t for values from (10) to (100)"
    )
    await run({"t.yaml": "t:\n  - {id: 1, l: x}\n  - {id: 11}\n"})
    rows = await db.fetch("select tableoid::regclass::text, id, l, n from t order by id")
    assert [tuple(row) for row in rows] == [("t1", 1, "x", 2), ("t2", 11, "none", 22)]
    outcomes = await run({"t.yaml": "t:\n  - {id: 1, l: y}\n  - {id: 11}\n"})
    assert counted(outcomes, "t.yaml") == {"t": (0, 1, 1)}


async def test_odd_names_and_search_path(run, db):
    """Names are exact: capitals, spaces, quotes, keywords; `schema.table` goes where it says."""
    await db.execute(
        'create schema "My s"; create table "My s"."or\'der" ("Sele""ct" int primary key, "a b" text collate "C");'
        'create table "user" (id int primary key)'
    )
    await run({"t.yaml": "\"My s.or'der\":\n  - {'Sele\"ct': 1, a b: x}\nuser:\n  - id: 1\n"})
    assert await db.fetchval('select "a b" from "My s"."or\'der"') == "x"
    outcomes = await run({"t.yaml": "\"My s.or'der\":\n  - {'Sele\"ct': 1, a b: y}\nuser:\n  - id: 1\n"})
    assert counted(outcomes, "t.yaml") == {"My s.or'der": (0, 1, 0), "user": (0, 0, 1)}


async def test_types_that_have_no_equality(run, db):
    """Unchanged rows are found byte by byte, so json and point need no operator and 1.1 is a change of 1.10."""
    await db.execute("create table t (id int primary key, a json, b point, c numeric)")
    text = "t:\n  - {id: 1, a: {x: 1}, b: '(1,2)', c: 1.10}\n"
    await run({"t.yaml": text})
    assert counted(await run(force=True), "t.yaml") == {"t": (0, 0, 1)}
    assert counted(await run({"t.yaml": text.replace("1.10", "1.1")}), "t.yaml") == {"t": (0, 1, 0)}


async def test_an_environment_chooses_files(run, users):
    """A file whose header names other environments is no part of the run."""
    files = {
        "a.yaml": "$seed: {env: [local, preview]}\nusers:\n  - {user_id: 1, first_name: a}\n",
        "b.yaml": "$seed: {env: production}\nusers:\n  - {user_id: 2, first_name: b}\n",
    }
    assert {name: outcome.state for name, outcome in (await run(files)).items()} == {"a.yaml": "loaded"}
    assert {name: outcome.state for name, outcome in (await run()).items()} == {"a.yaml": "unchanged"}
    outcomes = await run(env="production")
    assert {name: outcome.state for name, outcome in outcomes.items()} == {"b.yaml": "loaded"}
    assert await users.fetchval("select array_agg(path || ' ' || env order by path) from migrator.seed") == [
        "a.yaml local",
        "b.yaml production",
    ]


SYNTAX = "did not find expected ',' or '}' while parsing a flow mapping that begins in line 2"


def bare(error: MigratorError) -> str:
    """An error's message without the folder of the test."""
    assert error.where is not None
    return error.message.replace(str(Path(error.where.path).parent) + "/", "")


async def test_everything_wrong_is_told_at_once(run, users):
    """All errors of all files come in one report, sorted by place, and nothing is written."""
    await users.execute("create table t (id int primary key, g int generated always as (id) stored, m int not null)")
    files = {
        "a.yaml": "userz:\n  - {id: 1}\nusers:\n  - {user_id: 1, frist_name: x}\n  - {user_id: ~, first_name: x}\n",
        "b.yaml": "t:\n  - {id: 1, g: 2, m: 1}\n  - {id: 2, m: null}\n  - {id: 3, m: 1}\n  - {id: 3, m: 2}\n",
        "c.yaml": "users:\n  key: last_name\n  rows:\n    - {last_name: x}\n",
        "d.yaml": "t:\n  - {id: 9\n",
        "e.yaml": "t:\n  - {id: 30, m: 1}\n",
        "f.yaml": "t:\n  - {id: 30, m: 1}\n",
    }
    with pytest.raises(InputError) as caught:
        await run(files)
    found = [
        (f"{Path(e.where.path).name}:{e.where.line}:{e.where.column}", e.code, bare(e), e.hint or e.detail)
        for e in caught.value.causes
    ]
    assert caught.value.message == "9 errors in 5 seed files"
    assert found == [
        ("a.yaml:1:1", "unknown-table", "there is no table `userz`", "did you mean `users`?"),
        ("a.yaml:4:18", "unknown-column", "`users` has no column `frist_name`", "did you mean `first_name`?"),
        (
            "a.yaml:5:15",
            "null-in-key",
            "`users.user_id` is in the key, so it cannot be null",
            'write a value; an empty text is ""',
        ),
        ("b.yaml:2:13", "generated-column", "`t.g` is a generated column", "remove it: PostgreSQL computes it"),
        ("b.yaml:3:16", "not-null", "`t.m` cannot be null", 'write a value; an empty text is ""'),
        ("b.yaml:5:10", "duplicate-key", "`t` has two rows of one key: `id` = 3", "keep one of them"),
        (
            "c.yaml:2:3",
            "key-not-unique",
            "`users` has no unique constraint on (last_name)",
            "its unique keys are (user_id); (email)",
        ),
        ("d.yaml:3:1", "yaml-syntax", "`d.yaml` is not valid YAML", SYNTAX),
        ("f.yaml:2:6", "duplicate-key", "`t` has a row of this key in another file too: `id` = 30", "keep one of them"),
    ]
    assert await users.fetchval("select to_regnamespace('migrator')") is None


async def test_one_error_is_itself(run, users):
    """A single error is raised as it is, with its place."""
    with pytest.raises(InputError, match="`users` has no column `x`") as caught:
        await run({"a.yaml": "users:\n  - {user_id: 1, x: 1}\n"})
    assert caught.value.causes == ()
    assert caught.value.where is not None
    assert (caught.value.where.line, caught.value.where.column, caught.value.where.width) == (2, 18, 1)


async def test_keys_that_only_postgresql_finds_equal(run, users):
    """`1` and `01` are one integer: staging finds what the text does not show, and tells both lines."""
    with pytest.raises(WorkError, match="`users` has two rows of one key") as caught:
        await run({"a.yaml": "users:\n  - {user_id: 1, first_name: a}\n  - {user_id: 01, first_name: b}\n"})
    assert caught.value.where is not None
    assert (caught.value.where.line, caught.value.detail) == (3, "the same (user_id) as in line 2")
    assert await users.fetchval("select count(*) from users") == 0


async def test_a_wrong_value_is_told_at_its_place(run, users):
    """PostgreSQL's complaint comes back to the scalar: in a block row, in a default, late in a long list."""
    await users.execute("create table t (id int primary key, d date)")
    rows, more = ("".join(f"  - {{id: {n}, d: 2026-01-01}}\n" for n in range(i, i + 300)) for i in (0, 400))
    cases = {
        "t:\n  - {id: 1, d: 2026-13-45}\n": (2, 16),
        "t:\n  - id: 1\n    d: 2026-01-01\n  - d: 2026-13-45\n    id: 2\n": (4, 8),
        "t:\n  defaults: {d: 2026-13-45}\n  rows:\n  - id: 1\n": (2, 17),
        f"t:\n{rows}  - {{id: 300, d: 2026-13-45}}\n": (302, 18),
        f"t:\n{rows}  - {{id: 300, d: 2026-13-45}}\n{more}": (302, 18),
    }
    for text, place in cases.items():
        with pytest.raises(WorkError) as caught:
            await run({"t.yaml": text})
        assert caught.value.where is not None
        assert (caught.value.where.line, caught.value.where.column) == place
        assert caught.value.sqlstate == "22008"
        assert caught.value.detail == 'date/time field value out of range: "2026-13-45" (22008)'


async def test_violations_are_told_at_their_rows(run, users):
    """CHECK, foreign key and unique violations name the row by what PostgreSQL says of it."""
    await users.execute(
        "create table t (id int primary key, u int references users, n int check (n > 0), s text, unique (s, n))"
    )
    await users.execute("insert into users values (1, 'a'); insert into t values (9, 1, 5, 'a, b')")
    cases = {
        "t:\n  - {id: 1, u: 1}\n  - {id: 2, u: 77}\n": ("23503", 3, 16),
        "t:\n  - {id: 1, n: 1}\n  - {id: 2, n: -1}\n": ("23514", 3, 10),
        "t:\n  - {id: 1, n: 5, s: b}\n  - {id: 2, n: 5, s: 'a, b'}\n": ("23505", 3, 22),
    }
    for text, (sqlstate, line, column) in cases.items():
        with pytest.raises(WorkError) as caught:
            await run({"t.yaml": text})
        assert caught.value.where is not None
        assert (caught.value.sqlstate, caught.value.where.line, caught.value.where.column) == (sqlstate, line, column)


async def test_plan_tells_the_order_and_why(project: Callable[..., Config], users):
    """`plan` writes nothing and gives each edge its reason."""
    await users.execute(
        "create table orders (id int primary key, user_id int references users); create table t (id int primary key)"
    )
    config = project(
        {
            "seeds/a.yaml": "orders:\n  - {id: 1, user_id: 1}\n",
            "seeds/b.yaml": "users:\n  - {user_id: 1, first_name: x}\n",
            "seeds/c.yaml": "$seed: {after: d.yaml}\nt:\n  - {id: 2}\n",
            "seeds/d.yaml": "orders:\n  - {id: 2}\n",
        }
    )
    result = await plan(config)
    assert [(Path(f.path).name, f.state) for f in result.files] == [
        ("b.yaml", "new"),
        ("a.yaml", "new"),
        ("d.yaml", "new"),
        ("c.yaml", "new"),
    ]
    assert [(Path(e.before).name, Path(e.after).name, e.reason) for e in result.edges] == [
        ("a.yaml", "d.yaml", "both write `orders`"),
        ("b.yaml", "a.yaml", "`orders.user_id` refers to `users`"),
        ("d.yaml", "c.yaml", "`$seed.after` says so"),
    ]
    assert await users.fetchval("select to_regnamespace('migrator')") is None


async def test_summary(project: Callable[..., Config], users):
    """`status` counts files that are current, changed and new in one round trip, without a table and with one."""
    config = project({"seeds/a.yaml": "users:\n  - {user_id: 1, first_name: x}\n", "seeds/b.yaml": "users: []\n"})
    async with connect(config) as session:
        assert await summary(session, config) == SeedSummary(current=0, changed=0, new=2)
    await seed(config)
    config = project({"seeds/a.yaml": "users: []\n", "seeds/c.yaml": "$seed: {env: ci}\n", "seeds/d.yaml": ""})
    async with connect(config) as session:
        assert await summary(session, config) == SeedSummary(current=1, changed=1, new=1)


async def test_no_files_and_no_folder(project: Callable[..., Config]):
    """A folder without seed files is an empty run; a folder that is not there is an error that says what to do."""
    config = project({"seeds/README.md": "x"})
    assert (await seed(config)).files == ()
    with pytest.raises(InputError, match=re.escape("there is no `")):
        await seed(project(seeds=(Path("elsewhere"),)))


async def test_chosen_paths(project: Callable[..., Config], users):
    """`seed PATH...` seeds these files alone, under the same names in the ledger."""
    config = project(
        {
            "seeds/a.yaml": "users:\n  - {user_id: 1, first_name: x}\n",
            "seeds/b/c.yaml": "users:\n  - {user_id: 2, first_name: x}\n",
        }
    )
    await seed(config, paths=(config.root / "seeds" / "b",))
    assert await users.fetchval("select array_agg(path) from migrator.seed") == ["b/c.yaml"]
    result = await seed(config)
    assert [(Path(file.path).name, file.state) for file in result.files] == [
        ("a.yaml", "loaded"),
        ("c.yaml", "unchanged"),
    ]


async def test_the_role_and_settings_of_the_configuration(project: Callable[..., Config], db):
    """Rows are written as the configured role, names mean what the address's search_path says; the ledger is ours."""
    await db.execute("create schema app; create table app.t (id int primary key, who text default current_user)")
    await db.execute("create role writer; grant usage on schema app to writer; grant all on app.t to writer")
    try:
        config = project({"seeds/t.yaml": "t:\n  - id: 1\n"}, role="writer")
        assert config.database is not None
        text = config.database.text
        address = Address(f"{text}{'&' if '?' in text else '?'}options=-csearch_path%3Dapp", "test")
        await seed(replace(config, database=address))
        assert await db.fetchval("select who from app.t") == "writer"
        assert await db.fetchval("select loaded_by = session_user from migrator.seed") is True
    finally:
        await db.execute("drop owned by writer; drop role writer")


async def test_row_level_security_is_said_beforehand(project: Callable[..., Config], db):
    """Where policies hide rows from the role that seeds, a warning says so before the load."""
    await db.execute(
        "create table t (id int primary key); alter table t enable row level security;"
        "create policy p on t using (true); create role limited login; grant all on t to limited;"
        f"grant all on database {await db.fetchval('select current_database()')} to limited"
    )
    try:
        config = project({"seeds/t.yaml": "t:\n  - id: 1\n"})
        assert config.database is not None
        events = []
        limited = Address(config.database.text.replace("//postgres", "//limited", 1), "test")
        await seed(replace(config, database=limited), emit=events.append)
        assert [event.severity for event in events if isinstance(event, Noticed)] == ["WARNING"]
        assert await db.fetchval("select count(*) from t") == 1
    finally:
        await db.execute("drop owned by limited cascade; drop role limited")


async def test_after_must_name_a_seed(run, users):
    """`after` names a file of the project; a name that is not one is an error with the nearest."""
    with pytest.raises(InputError, match=re.escape("`after` names `usres.yaml`")) as caught:
        await run({"users.yaml": "users: []\n", "z.yaml": "$seed: {after: usres.yaml}\nusers: []\n"})
    assert caught.value.hint == "did you mean `users.yaml`?"


async def test_identity_always(run, db):
    """A GENERATED ALWAYS column takes an id when the row is new, and refuses another one afterwards."""
    await db.execute("create table t (id int generated always as identity primary key, slug text unique)")
    await run({"t.yaml": "t:\n  key: slug\n  rows:\n    - {id: 5, slug: a}\n"})
    await run({"t.yaml": "t:\n  key: slug\n  rows:\n    - {id: 5, slug: a}\n    - {id: 6, slug: b}\n"})
    assert await db.fetchval("select array_agg(id order by id) from t") == [5, 6]
    with pytest.raises(WorkError, match="GENERATED ALWAYS") as caught:
        await run({"t.yaml": "t:\n  key: slug\n  rows:\n    - {id: 6, slug: b}\n    - {id: 7, slug: a}\n"})
    assert caught.value.where is not None
    assert caught.value.where.line == 5


async def test_views_are_refused(run, users):
    """A view is no table to seed."""
    await users.execute("create view v as select * from users")
    with pytest.raises(InputError, match="`v` is a view"):
        await run({"v.yaml": "v:\n  - {user_id: 1, first_name: x}\n"})


async def test_a_key_that_is_not_certain(run, db):
    """Two unique keys that all rows have, and no primary key among them: the file must say which."""
    await db.execute("create table t (id serial primary key, a int unique, b int unique)")
    with pytest.raises(InputError, match="several unique keys") as caught:
        await run({"t.yaml": "t:\n  - {a: 1, b: 1}\n"})
    assert caught.value.hint == "say which: `key: [a]` or `key: [b]`"


async def test_a_huge_value_is_shortened_in_words(run, users):
    """A value of megabytes is stored whole, and cut in an error."""
    await run({"u.yaml": f"users:\n  - {{user_id: 1, first_name: {'x' * 5_000_000}}}\n"})
    assert await users.fetchval("select length(first_name) from users") == 5_000_000
    with pytest.raises(WorkError) as caught:
        await run({"v.yaml": f"users:\n  - {{user_id: {'9' * 5_000_000}, first_name: x}}\n"})
    assert len(caught.value.detail or "") < 700


async def test_a_database_elsewhere_has_to_be_meant(project, users, monkeypatch):
    """What the command line says no to on a terminal is refused before anything is written; by default it is not."""
    monkeypatch.setattr(Target, "is_local", property(lambda _: False))
    config = project({"seeds/u.yaml": "users:\n  - {user_id: 1, first_name: T}\n"})
    with pytest.raises(StateError) as raised:
        await seed(config, allow_remote=False)
    assert (raised.value.code, raised.value.hint) == (
        "remote-database",
        "give `--allow-remote`, or the address of a database of your own",
    )
    assert await users.fetchval("select count(*) from users") == 0
    assert [file.state for file in (await seed(config)).files] == ["loaded"]
    # nothing to load is no question
    assert [file.state for file in (await seed(config, allow_remote=False)).files] == ["unchanged"]


async def test_keys_on_expressions_and_parts_of_the_rows(run, db):
    """`key:` may name a unique index on an expression or on a part of the rows; nothing takes one by itself."""
    await db.execute(
        "create table people (id int generated always as identity primary key, email varchar(50) not null, name text,"
        ' sso bool not null default false, "Org Id" int);'
        "create unique index on people (lower(email));"
        'create unique index on people ("Org Id", name) where not sso'
    )
    await db.execute("insert into people (email, name, sso, \"Org Id\") values ('Ada@x', 'Ada', true, 1)")
    text = "people:\n  key: lower(email)\n  rows:\n    - {email: ada@X, name: Ada L}\n    - {email: bob@x, name: Bob}\n"
    assert counted(await run({"a.yaml": text}), "a.yaml") == {"people": (1, 1, 0)}
    assert counted(await run({"a.yaml": text}, force=True), "a.yaml") == {"people": (0, 0, 2)}
    assert await db.fetchval("select array_agg(email || name order by id) from people") == ["ada@XAda L", "bob@xBob"]
    # the row with this key is not in the index: it is not the one that is meant
    await db.execute("update people set name = 'Ada', \"Org Id\" = 1 where id = 1")
    text = "people:\n  key: [Org Id, name]\n  rows:\n    - {Org Id: 1, name: Ada, email: other@x}\n"
    assert counted(await run({"b.yaml": text}), "b.yaml") == {"people": (1, 0, 0)}
    assert counted(await run({"b.yaml": text}, force=True), "b.yaml") == {"people": (0, 0, 1)}
    with pytest.raises(InputError) as raised:
        await run({"c.yaml": "people:\n  key: upper(email)\n  rows:\n    - {email: x, name: y}\n"})
    assert (raised.value.code, raised.value.hint) == (
        "key-not-unique",
        'its unique keys are (id); (lower(email::text)); ("Org Id", name) where NOT sso',
    )
    with pytest.raises(WorkError, match="two rows of one key"):
        await run({"c.yaml": "people:\n  key: lower(email)\n  rows:\n    - {email: x}\n    - {email: X}\n"})
