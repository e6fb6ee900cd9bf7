"""What we write into the Supabase CLI's table is what the CLI would have written, byte for byte.

The expectations are worked out by hand from its sources (`pkg/parser/token.go`, `pkg/migration/file.go`).
"""

import pytest
from clirows import journal, rows

from migrator.migrating import down, mark, redo, up
from migrator.project import reset

pytestmark = pytest.mark.db

COLUMNS = """
    select a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull
    from pg_attribute a where a.attrelid = 'supabase_migrations.schema_migrations'::regclass and a.attnum > 0
    order by a.attnum"""


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        ("create table a ();\ncreate table b ()", ["create table a ()", "create table b ()"]),
        (
            "-- first\ncreate table a ();\n\n\t-- second\n create table b ();",
            ["-- first\ncreate table a ()", "-- second\n create table b ()"],
        ),
        ("create table a () -- why\n;", ["create table a () -- why"]),
        ("create table a (); -- the end\n", ["create table a ()", "-- the end"]),
        ("create table a (); /* x; y */ ; ;\n;;", ["create table a ()", "/* x; y */"]),
        ("-- only a comment", ["-- only a comment"]),
        ("select ';' as \"a;b\", $x$;$x$, $$;$$; select (1)", ["select ';' as \"a;b\", $x$;$x$, $$;$$", "select (1)"]),
        ("begin;\ncreate table a ();\ncommit;", ["begin", "create table a ()", "commit"]),
        ("create table a (x text default 'it''s');", ["create table a (x text default 'it''s')"]),
        ("select E'back\\\\slash', 'one\\two';", ["select E'back\\\\slash', 'one\\two'"]),
        ("select 'größe', '数据';\r\nselect\r\n 2;\r\n", ["select 'größe', '数据'", "select\r\n 2"]),
        ("-- a no-break space\u00a0", ["-- a no-break space"]),
        ("", None),
        (" ;\n; ", None),
    ],
    ids=range(14),
)
async def test_statements_are_stored_as_the_cli_stores_them(files, db, content, stored):
    """Comments stay with the statement behind them; semicolons and white space around go; nothing at all is NULL."""
    await up(files({"20240102030405_add_a": content}))
    assert await rows(db) == [("20240102030405", "add_a", stored)]


async def test_the_version_is_the_digits_before_the_first_underscore(files, db):
    """The rest of the file's name, dots and all, is the name; zeros in front stay."""
    await up(files({"001_a_b.c-d e": "select 1", "002_": "select 2"}))
    assert await rows(db) == [("001", "a_b.c-d e", ["select 1"]), ("002", "", ["select 2"])]


async def test_the_table_is_made_as_the_cli_makes_it(files, db, cli):
    """Same columns in the same order, same primary key, whoever comes first; no table of yoyo's beside it."""
    await up(files({"1_a": "select 1"}))
    ours = [tuple(row) for row in await db.fetch(COLUMNS)]
    key = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'schema_migrations_pkey'"
    assert ours == [("version", "text", True), ("statements", "text[]", False), ("name", "text", False)]
    assert [row[0] for row in await db.fetch(key)] == ["PRIMARY KEY (version)"]
    assert await db.fetchval("select to_regclass('_yoyo_migration')") is None
    await db.execute("drop schema supabase_migrations cascade")
    await cli("1", "a", ["select 1"])
    assert [tuple(row) for row in await db.fetch(COLUMNS)] == ours


async def test_row_and_journal_are_written_in_the_migrations_own_transaction(files, db):
    """A migration that fails leaves no row; the ones before it stay."""
    config = files({"1_a": "create table a ()", "2_b": "create table b (); select 1 / 0"})
    with pytest.raises(Exception, match="`2_b` failed at statement 2 of 2"):
        await up(config)
    assert await rows(db) == [("1", "a", ["create table a ()"])]
    assert await journal(db) == [("1_a", "applied", True)]
    xids = (
        "select count(distinct x) from (select xmin::text x from supabase_migrations.schema_migrations "
        "union select xmin::text from migrator.journal union select xmin::text from pg_class where relname = 'a') xids"
    )
    assert await db.fetchval(xids) == 1


async def test_other_columns_are_left_to_those_who_made_them(files, db, cli):
    """Newer CLIs and Supabase's own API have more columns: their defaults apply."""
    await cli("1", "a", ["select 1"])
    await db.execute(
        "alter table supabase_migrations.schema_migrations add column created_by text, "
        "add column idempotency_key text unique, add column rollback text[], add column n int not null default 7"
    )
    await up(files({"1_a": "select 1", "2_b": "select 2"}))
    query = "select version, created_by, idempotency_key, rollback, n from supabase_migrations.schema_migrations"
    assert [tuple(row) for row in await db.fetch(f"{query} order by 1")] == [
        ("1", None, None, None, 7),
        ("2", None, None, None, 7),
    ]


async def test_an_old_table_gets_the_columns_it_lacks_from_a_run_that_writes(files, db):
    """A run without work leaves it as it is; one with work adds `statements` and `name`, as the CLI does."""
    await db.execute(
        "create schema supabase_migrations; "
        "create table supabase_migrations.schema_migrations (version text primary key); "
        "insert into supabase_migrations.schema_migrations values ('1')"
    )
    config = files({"1_a": "select 1"})
    assert (await up(config)).done == ()
    assert [row[0] for row in await db.fetch(COLUMNS)] == ["version"]
    result = await up(files({"2_b": "select 2"}))
    assert [done.id for done in result.done] == ["2_b"]
    assert await rows(db) == [("1", None, None), ("2", "b", ["select 2"])]
    assert await journal(db) == [("1_a", "adopted", True), ("2_b", "applied", True)]


async def test_down_and_redo_erase_and_write_the_row(files, db):
    """The rollback is `supabase/rollbacks/ID.sql`; `redo` leaves the row of the file as it is now."""
    config = files({"1_a": "create table a ()", "supabase/rollbacks/1_a.sql": "drop table a"})
    await up(config)
    config = files({"1_a": "create table a ();\n-- more"})
    await redo(config)
    assert await rows(db) == [("1", "a", ["create table a ()", "-- more"])]
    assert [done.id for done in (await down(config)).done] == ["1_a"]
    assert await rows(db) == []
    assert await journal(db) == []
    assert await db.fetchval("select to_regclass('a')") is None


@pytest.mark.parametrize("is_supabase", [False, True], ids=["a plain server", "a Supabase database"])
async def test_reset_empties_the_table(files, db, is_supabase):
    """Supabase's schema stays, its rows go: every migration is applied again."""
    config = files({"1_a": "create table a (x int)", "2_b": "insert into a values (1)"})
    await up(config)
    await db.execute("insert into a values (2); insert into supabase_migrations.schema_migrations values ('9')")
    if is_supabase:
        await db.execute("create role supabase_admin")
    try:
        result = await reset(config)
    finally:
        await db.execute("drop role if exists supabase_admin")
    assert ("supabase_migrations" in result.dropped) is not is_supabase
    assert [done.id for done in result.up.done] == ["1_a", "2_b"]
    assert [version for version, _, _ in await rows(db)] == ["1", "2"]
    assert [row[0] for row in await db.fetch("select x from a")] == [1]


async def test_mark_writes_rows_as_the_repair_of_the_cli_does(files, db):
    """`mark --applied` stores the file's statements without running them, `--pending` removes the row."""
    config = files({"1_a": "create table a ()", "2_b": "create table b ()"})
    await mark(config, ("2_b",), state="applied", until=True)
    assert await rows(db) == [("1", "a", ["create table a ()"]), ("2", "b", ["create table b ()"])]
    assert await journal(db) == [("1_a", "marked", True), ("2_b", "marked", True)]
    assert await db.fetchval("select to_regclass('a')") is None
    await mark(config, ("1_a",), state="pending", until=True)
    assert (await rows(db), await journal(db)) == ([], [])


async def test_a_file_without_a_transaction(files, db):
    """Its row is written when its last statement is committed; CREATE INDEX CONCURRENTLY works."""
    config = files(
        {
            "1_a": "create table a (x int)",
            "2_b": "-- transactional: false\ncreate index concurrently i on a (x);\ninsert into a values (1);",
            "3_c": "create table c ()",
        }
    )
    result = await up(config)
    assert [done.id for done in result.done] == ["1_a", "2_b", "3_c"]
    assert await rows(db) == [
        ("1", "a", ["create table a (x int)"]),
        ("2", "b", ["-- transactional: false\ncreate index concurrently i on a (x)", "insert into a values (1)"]),
        ("3", "c", ["create table c ()"]),
    ]
    assert await journal(db) == [("1_a", "applied", True), ("2_b", "applied", True), ("3_c", "applied", True)]


async def test_a_dry_run_writes_nothing_and_shows_the_row(files, db):
    """Not even the table is made; with the SQL, the insert is what would be sent."""
    result = await up(files({"1_a": "create table a ()"}), dry_run=True, with_sql=True)
    assert result.planned == ("1_a",)
    insert = (
        'insert into "supabase_migrations"."schema_migrations" (version, name, statements) '
        "values ('1', 'a', array['create table a ()']::text[])"
    )
    assert [insert in message for message in result.messages] == [True]
    assert await db.fetchval("select to_regnamespace('supabase_migrations')") is None


async def test_post_apply_has_no_row(files, db):
    """The CLI knows no such file; it runs behind the others, as in any folder."""
    result = await up(files({"1_a": "create table a (x int)", "post-apply": "insert into a values (1)"}))
    assert [done.id for done in result.done] == ["1_a", "post-apply"]
    assert await rows(db) == [("1", "a", ["create table a (x int)"])]
    assert await db.fetchval("select count(*) from a") == 1


async def test_a_large_file(files, db):
    """A large file's row holds all of its statements."""
    content = "create table a (x int);\n" + "insert into a values (1);\n" * 20_000
    await up(files({"1_a": content}))
    query = "select cardinality(statements), statements[20001] from supabase_migrations.schema_migrations"
    assert tuple(await db.fetchrow(query)) == (20_001, "insert into a values (1)")
