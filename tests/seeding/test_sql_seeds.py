"""`.sql` seeds: each alone in its place, in one transaction, once; what goes wrong is told at its statement."""

import asyncio
import itertools
from pathlib import Path

import pytest

from migrator.database.connect import connect
from migrator.errors import InputError, ProtectedError, WorkError
from migrator.migrating.protecting import protect
from migrator.seeding import seed
from migrator.seeding.comparison import check_seeds
from migrator.seeding.plan import plan_seeds

ADA = "insert into users values (1, 'Ada');\n"


def states(found):
    """The files and what became of them."""
    return {name: outcome.state for name, outcome in found.items()}


async def test_runs_once(run, users):
    """A second run leaves it alone, a changed one is refused, unless the file or the command says that it may."""
    assert states(await run({"a.sql": f"-- people\n{ADA}"})) == {"a.sql": "loaded"}
    assert states(await run()) == {"a.sql": "unchanged"}
    more = "insert into users values (2, 'Grace') on conflict do nothing;\n"
    with pytest.raises(InputError) as raised:
        await run({"a.sql": more})
    assert (raised.value.code, raised.value.where.line) == ("script-changed", 1)
    assert await users.fetchval("select count(*) from users") == 1
    assert states(await run({"a.sql": more}, force=True)) == {"a.sql": "loaded"}
    assert states(await run({"a.sql": f"\n-- rerun: true\n{more}"})) == {"a.sql": "loaded"}
    assert states(await run()) == {"a.sql": "unchanged"}
    assert await users.fetchval("select count(*) from users") == 2


async def test_waits_for_what_is_before_and_is_waited_for(run, project, users):
    """Everything before it in path order is committed, whatever it writes; everything behind waits."""
    await users.execute("create table log (names text, at timestamptz)")
    files = {
        "1.yaml": "users: [{user_id: 1, first_name: Ada}]\n",
        "3.sql": "insert into log select string_agg(first_name, ',' order by user_id) from users;",
        "4.yaml": "users: [{user_id: 2, first_name: Bo}]\n",
        "5.sql": "insert into log select string_agg(first_name, ',' order by user_id) from users;",
    }
    config = project({f"seeds/{name}": text for name, text in files.items()})
    plan = await plan_seeds(config)
    assert [Path(file.path).name for file in plan.files] == ["1.yaml", "3.sql", "4.yaml", "5.sql"]
    assert [(Path(e.before).name, Path(e.after).name, e.reason) for e in plan.edges] == [
        ("1.yaml", "3.sql", "this one runs alone, in the order of paths"),
        ("1.yaml", "4.yaml", "both write `users`"),
        ("3.sql", "4.yaml", "it runs alone, in the order of paths"),
        ("3.sql", "5.sql", "it runs alone, in the order of paths"),
        ("4.yaml", "5.sql", "this one runs alone, in the order of paths"),
    ]
    await run()
    assert [row["names"] for row in await users.fetch("select names from log order by 1")] == ["Ada", "Ada,Bo"]


async def test_a_file_that_would_have_to_cross_it(run, db):
    """What stands before a script cannot wait for what stands behind it; nothing is loaded."""
    await db.execute("create table p (id int primary key); create table c (id int primary key, p_id int references p)")
    files = {"a.yaml": "c: [{id: 1, p_id: 1}]\n", "m.sql": "select 1", "z.yaml": "p: [{id: 1}]\n"}
    with pytest.raises(InputError) as raised:
        await run(files)
    assert (raised.value.code, raised.value.detail) == ("script-between", "`c.p_id` refers to `p`")
    assert Path(raised.value.where.path).name == "m.sql"
    with pytest.raises(InputError, match="runs alone, in the order of paths"):
        await run({"a.yaml": "$seed: {after: m.sql}\nc: []\n", "z.yaml": ""})


async def test_environments(run, users):
    """As `$seed.env`."""
    files = {"a.sql": f"-- env: preview, staging\n-- rerun: false\n{ADA}"}
    assert await run(files) == {}
    assert states(await run(env="staging")) == {"a.sql": "loaded"}


DIRECTIVES = [
    ("-- rerun: yes\n", 1, "`rerun` is `true` or `false`, not `yes`"),
    ("\n-- env:\n", 2, "`-- env:` names no environment"),
    ("-- x\n-- env: a\n-- env: b\n", 3, "`-- env:` stands twice"),
    ("-- after: a.yaml\n", 1, "a `.sql` seed has no `after`"),
]
REFUSED = [
    ("begin;\nselect 1;\ncommit;", "seed-transaction", 1),
    ("select 1;\nrollback", "seed-transaction", 2),
    ("select 1;\nvacuum;", "seed-transaction", 2),
    ("create index concurrently on users (email)", "seed-transaction", 1),
    ("select 1;\n\\echo hi\n", "psql-command", 2),
    ("copy users from stdin;\n1\tx\n\\.\n", "copy-from-stdin", 1),
    ("select 'a", "unterminated-string", 1),
    (b"select 1;\nselect '\xff'", "not-utf8", 2),
    ("set client_encoding = latin1", "client-encoding", 1),
]


async def test_what_is_refused_before_anything_is_written(run, users):
    """Transactions of its own, what cannot run in one, commands of psql, and a header that says nothing."""
    files = {"a.yaml": "users: [{user_id: 1, first_name: a}]\n"}
    for text, code, line in [*REFUSED, *((text, "seed-format", line) for text, line, _ in DIRECTIVES)]:
        with pytest.raises(InputError) as raised:
            await run({**files, "b.sql": text})
        assert (text, raised.value.code, raised.value.where.line) == (text, code, line)
    for text, _, message in DIRECTIVES:
        with pytest.raises(InputError) as raised:
            await run({**files, "b.sql": text})
        assert raised.value.message == message
    assert await users.fetchval("select count(*) from users") == 0


FAILING = [
    ("select 1;\n\ninsert into usres values (1);", "42P01", (3, 13), 2),
    ("select 1; select 2;\n  selct 3;\n", "42601", (2, 3), 3),
    (f"{ADA}-- again\n{ADA}", "23505", (3, 1), 2),
    (f"{ADA}do $$ begin\n raise exception 'no: é' using hint = 'h'; end $$", "P0001", (2, 1), 2),
    ("-- é\nselect 'ü', 1/0", "22012", (2, 1), 1),
    (f"{'select 1;' * 9000}\nselect 1 from nowhere", "42P01", (2, 15), 9001),
    ("create procedure p() language plpgsql as $$ begin commit; end $$;\ncall p();", "2D000", (2, 1), 2),
]


async def test_what_the_server_refuses(run, users):
    """At the position that it gives, else at the statement; all of the file is rolled back."""
    for text, sqlstate, place, statement in FAILING:
        with pytest.raises(WorkError) as raised:
            await run({"a.sql": text})
        error = raised.value
        assert (text[-60:], error.sqlstate, error.code) == (text[-60:], sqlstate, "script-failed")
        assert ((error.where.line, error.where.column), error.statement) == (place, statement)
        assert error.outcome.endswith("a.sql` was rolled back")
    assert await users.fetchval("select count(*) from users") == 0


async def test_a_constraint_that_is_looked_at_in_the_end(run, db):
    """What is deferred fails with the file, not with the ledger."""
    await db.execute(
        "create table p (id int primary key);create table c (p_id int references p deferrable initially deferred)"
    )
    with pytest.raises(WorkError) as raised:
        await run({"a.sql": "insert into c values (1)", "b.yaml": "p: [{id: 1}]\n"})
    assert (raised.value.sqlstate, raised.value.where) == ("23503", None)
    assert raised.value.message.endswith("a.sql` failed when it was committed")
    assert "skipped because of it" in raised.value.outcome
    assert await db.fetchval("select count(*) from p") == 0


LEAVES = """
create schema other;
create table other.users (user_id int primary key, first_name text);
set search_path = other;
set statement_timeout = 60000;
set local lock_timeout = 60000;
create temporary table users (nothing int);
prepare ada as select 1;
declare cursor_of_it cursor for table users;
select nextval('public.other_id');
create role seeding_role_of_test;
set role seeding_role_of_test;
"""


@pytest.mark.parametrize("atomic", [False, True])
async def test_leaves_nothing_in_the_session(project, users, atomic):
    """Settings, roles, temporary tables, prepared statements: the next file on its connection knows none of them."""
    await users.execute("create sequence other_id")
    files = {
        "seeds/a.sql": LEAVES.replace("seeding_role_of_test", f"seeding_role_{'atomic' if atomic else 'each'}"),
        "seeds/b.yaml": "users: [{user_id: 1, first_name: Ada}]\n",
        "seeds/c.sql": "prepare ada as select 1; insert into users values (2, current_setting('statement_timeout'));",
    }
    try:
        await seed(project(files, pool_size=1), atomic=atomic)
        found = await users.fetch("select first_name from public.users order by user_id")
        assert [row["first_name"] for row in found] == ["Ada", "0"]
    finally:
        await users.execute("drop schema if exists other cascade")
        await users.execute(f"drop role if exists seeding_role_{'atomic' if atomic else 'each'}")


async def test_atomically(project, users):
    """It runs at its place; what fails behind it takes it back."""
    files = {
        "seeds/a.sql": ADA,
        "seeds/b.yaml": "users: [{user_id: 1, first_name: Eve}, {user_id: x, first_name: a}]\n",
    }
    with pytest.raises(WorkError):
        await seed(project(files), atomic=True)
    assert await users.fetchval("select count(*) from users") == 0
    files["seeds/b.yaml"] = "users: [{user_id: 1, first_name: Eve}]\n"
    files["seeds/c.sql"] = "update users set last_name = first_name"
    result = await seed(project(files), atomic=True)
    assert [file.state for file in result.files] == ["loaded"] * 3
    assert [tuple(row) for row in await users.fetch("select first_name, last_name from users")] == [("Eve", "Eve")]
    with pytest.raises(WorkError) as raised:
        await seed(project({"seeds/d.sql": "select 1;\nselect nothing"}), atomic=True)
    assert (raised.value.where.line, raised.value.outcome) == (
        2,
        "nothing was loaded: every file of this run was rolled back",
    )


async def test_is_not_compared(project, users):
    """`--check` says so."""
    files = {"seeds/a.sql": ADA, "seeds/b.yaml": "users: [{user_id: 1, first_name: Ada}]\n"}
    await seed(project(files))
    result = await check_seeds(project())
    assert (result.files, result.different, [Path(path).name for path in result.not_compared]) == (1, 0, ["a.sql"])


async def test_a_protected_database(project, users):
    """Is protected against scripts, too."""
    config = project({"seeds/a.sql": ADA})
    await seed(project({}, seeds=(config.root / "seeds",)))
    await protect(config)
    (config.root / "seeds/b.sql").write_text("delete from users")
    with pytest.raises(ProtectedError):
        await seed(config)
    assert await users.fetchval("select count(*) from users") == 1


async def test_two_runs_at_once(project, users):
    """The script runs in one of them; files with tables of the other run do not get in its way."""
    await users.execute("create table log (what text)")
    script = "insert into log values ('x'); update users set last_name = 'x';"
    files = {f"seeds/{number}.sql": script for number in (1, 3, 5, 7)}
    files |= {f"seeds/{number}.yaml": f"users: [{{user_id: {number}, first_name: a}}]\n" for number in (0, 2, 4, 6)}
    config = project(files)
    results = await asyncio.gather(*(seed(config) for _ in range(4)))
    told = list(itertools.chain.from_iterable(result.files for result in results))
    assert {outcome.state for outcome in told} == {"loaded", "unchanged"}
    assert await users.fetchval("select count(*) from log") == 4


async def test_a_single_file_as_the_folder_of_seeds(project, users):
    """As Supabase's `supabase/seed.sql`: known to the ledger by its path in the project."""
    config = project({"supabase/seed.sql": ADA})
    config = project({}, seeds=(config.root / "supabase/seed.sql",))
    assert [outcome.state for outcome in (await seed(config)).files] == ["loaded"]
    async with connect(config) as session:
        assert await session.read("select to_json(path) from migrator.seed") == ["supabase/seed.sql"]
