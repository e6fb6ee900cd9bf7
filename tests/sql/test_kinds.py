"""What a statement is known to be, against what the server does with it."""

import asyncpg
import postgast
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.source import Source
from migrator.sql.kinds import Description, Kind, copy_through_client, describe
from migrator.sql.script import split
from migrator.sql.statement import Statement


def whole(text: str) -> Statement:
    """The text as one statement, without anything being refused."""
    return Statement(source=Source(path="t.sql", text=text), start=0, end=len(text))


def kind(text: str) -> tuple[Kind, str]:
    known = describe(whole(text))
    return known.kind, known.name


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        ("begin", ""),
        ("BEGIN WORK", ""),
        ("begin /* x */ transaction", ""),
        ("start transaction", ""),
        (
            "begin isolation level SERIALIZABLE , read only, not deferrable",
            "isolation level serializable, read only, not deferrable",
        ),
        (
            "start transaction read write -- x\n isolation level read committed",
            "read write isolation level read committed",
        ),
    ],
)
def test_knows_begin_and_its_modes(text: str, modes: str):
    """The modes come without comments, ready to be put behind another BEGIN."""
    known = describe(whole(text))
    assert (known.kind, known.modes, known.changes_session) == (Kind.BEGIN, modes, False)
    assert postgast.parse(f"begin {known.modes}").stmts[0].stmt.HasField("transaction_stmt")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("commit", (Kind.COMMIT, "COMMIT")),
        ("Commit Work", (Kind.COMMIT, "COMMIT")),
        ("end", (Kind.COMMIT, "END")),
        ("end transaction and no chain", (Kind.COMMIT, "END")),
        ("commit and chain", (Kind.CHAIN, "COMMIT AND CHAIN")),
        ("rollback work and /* no */ chain", (Kind.CHAIN, "ROLLBACK AND CHAIN")),
        ("rollback", (Kind.ROLLBACK, "ROLLBACK")),
        ("abort", (Kind.ROLLBACK, "ABORT")),
        ("rollback to a", (Kind.SAVEPOINT, "ROLLBACK TO")),
        ("rollback transaction to savepoint a", (Kind.SAVEPOINT, "ROLLBACK TO")),
        ("savepoint chain", (Kind.SAVEPOINT, "SAVEPOINT")),
        ("release savepoint a", (Kind.SAVEPOINT, "RELEASE")),
        ("prepare transaction 'x'", (Kind.PREPARE_TRANSACTION, "PREPARE TRANSACTION")),
        ("prepare transaction as select 1", (Kind.OTHER, "")),
        ("prepare transaction (int) as select 1", (Kind.OTHER, "")),
        ("set transaction read only", (Kind.SET_TRANSACTION, "SET TRANSACTION")),
        ("set local transaction read only", (Kind.SET_TRANSACTION, "SET TRANSACTION")),
        ("set transaction snapshot '1'", (Kind.OTHER, "")),
        ("set session characteristics as transaction read only", (Kind.OTHER, "")),
        ("select 1 as begin", (Kind.OTHER, "")),
        ("begin_something()", (Kind.OTHER, "")),
        ('"begin"', (Kind.OTHER, "")),
        ("beg\u0131n", (Kind.OTHER, "")),
        ("\u017fet transaction read only", (Kind.OTHER, "")),
    ],
)
def test_knows_transaction_control(text: str, expected: tuple[Kind, str]):
    """Every spelling of the server's grammar, and nothing that only looks like one."""
    assert kind(text) == expected


def test_tells_what_ends_a_transaction():
    """After these four the transaction is over, whatever becomes of it."""
    assert {each for each in Kind if each.ends_transaction} == {
        Kind.COMMIT,
        Kind.ROLLBACK,
        Kind.CHAIN,
        Kind.PREPARE_TRANSACTION,
    }


def test_keeps_the_modes_of_set_transaction():
    """They move into the BEGIN of the migration."""
    expected = Description(kind=Kind.SET_TRANSACTION, name="SET TRANSACTION", modes="isolation level repeatable read")
    assert describe(whole("Set Transaction Isolation Level\n Repeatable Read")) == expected


SETUP = """
create table t (a int not null);
create unique index t_a on t (a);
create table p (a int) partition by list (a);
create table p1 partition of p for values in (1);
create materialized view mv as select 1 as a;
create unique index mv_a on mv (a);
create type mood as enum ('sad');
create publication pub;
create subscription sub connection 'dbname=nowhere' publication pub with (connect = false);
"""
TEARDOWN = "alter subscription sub disable; alter subscription sub set (slot_name = none); drop subscription sub"

REFUSED = [
    ("create index concurrently on t (a)", "CREATE INDEX CONCURRENTLY"),
    ("CREATE /* x */ INDEX\n-- y\nCONCURRENTLY t_b ON t (a)", "CREATE INDEX CONCURRENTLY"),
    ("create unique index concurrently if not exists t_b on t (a)", "CREATE INDEX CONCURRENTLY"),
    ("drop index concurrently if exists t_a", "DROP INDEX CONCURRENTLY"),
    ("reindex table concurrently t", "REINDEX CONCURRENTLY"),
    ("reindex index concurrently t_a", "REINDEX CONCURRENTLY"),
    ("reindex (concurrently) table t", "REINDEX CONCURRENTLY"),
    ("reindex (verbose, concurrently on) index t_a", "REINDEX CONCURRENTLY"),
    ("reindex (concurrently 'true', verbose false) table t", "REINDEX CONCURRENTLY"),
    ("reindex (concurrently 1) table t", "REINDEX CONCURRENTLY"),
    ("reindex database", "REINDEX DATABASE"),
    ("reindex (verbose) system", "REINDEX SYSTEM"),
    ("reindex schema public", "REINDEX SCHEMA"),
    ("vacuum", "VACUUM"),
    ("vacuum (full, analyze) t", "VACUUM"),
    ("alter system set work_mem = '4MB'", "ALTER SYSTEM"),
    ("alter system reset all", "ALTER SYSTEM"),
    ("create database other", "CREATE DATABASE"),
    ("drop database if exists other", "DROP DATABASE"),
    ("alter database postgres set tablespace pg_default", "ALTER DATABASE SET TABLESPACE"),
    ("create tablespace ts location '/nowhere'", "CREATE TABLESPACE"),
    ("drop tablespace ts", "DROP TABLESPACE"),
    ("create subscription s connection 'dbname=nowhere' publication p", "CREATE SUBSCRIPTION"),
    ("drop subscription sub", "DROP SUBSCRIPTION"),
    ("alter subscription sub refresh publication", "ALTER SUBSCRIPTION ... REFRESH"),
    ("alter subscription sub set publication pub", "ALTER SUBSCRIPTION with refresh"),
    ("alter subscription sub add publication pub2", "ALTER SUBSCRIPTION with refresh"),
    ("discard all", "DISCARD ALL"),
    ("alter table p detach partition p1 concurrently", "ALTER TABLE ... DETACH CONCURRENTLY"),
    ("alter table if exists public . p detach partition public.p1 concurrently", "ALTER TABLE ... DETACH CONCURRENTLY"),
    ("cluster", "CLUSTER"),
    ("cluster verbose", "CLUSTER"),
    ("cluster (verbose off)", "CLUSTER"),
    ("commit prepared 'x'", "COMMIT PREPARED"),
    ("rollback prepared 'x'", "ROLLBACK PREPARED"),
]
ACCEPTED = [
    "create index on t (a)",
    "create unique index concurrently_named on t (a)",
    "drop index t_a",
    "reindex table t",
    "reindex (concurrently off) table t",
    "reindex (concurrently 'FALSE', verbose) index t_a",
    "reindex (concurrently, concurrently 0) index t_a",
    "refresh materialized view concurrently mv",
    "cluster t using t_a",
    "cluster verbose t using t_a",
    "cluster (verbose) t using t_a",
    "analyze",
    "analyze t",
    "discard temp",
    "alter table p detach partition p1",
    'alter table t add column "concurrently" int',
    "alter type mood add value 'ok'",
    "alter subscription sub set publication pub with (refresh = false)",
    "alter subscription sub disable",
    "savepoint a",
    "set local work_mem = '4MB'",
    "lock table t",
    "comment on table t is 'vacuum'",
    "do $$ begin perform 'vacuum'; end $$",
]


@pytest.mark.parametrize(("text", "name"), [*REFUSED, *((text, None) for text in ACCEPTED)])
def test_knows_what_is_refused_in_a_transaction(text: str, name: str | None):
    """The command as the message names it; the next test asks a server whether that is so."""
    known = describe(whole(text))
    assert (known.name if known.kind is Kind.OUTSIDE else None) == name


@pytest.mark.db
async def test_knows_what_postgresql_refuses_in_a_transaction(db: asyncpg.Connection):
    """The server refuses with 25001 exactly what is known as `OUTSIDE`, under the same name."""
    await db.execute(SETUP)
    found, expected = [], []
    try:
        for text in [*(text for text, _ in REFUSED), *ACCEPTED]:
            # the refresh of a disabled subscription is refused for that first
            before = "alter subscription sub enable;" if "subscription sub" in text else ""
            try:
                await db.execute(f"begin; {before} {text}")
            except asyncpg.ActiveSQLTransactionError as error:
                expected.append((text, str(error).removesuffix(" cannot run inside a transaction block")))
            else:
                expected.append((text, None))
            finally:
                await db.execute("rollback")
            known = describe(whole(text))
            found.append((text, known.name if known.kind is Kind.OUTSIDE else None))
    finally:
        await db.execute(TEARDOWN)
    # the server's names of the two are longer: they tell the option, too
    shortened = {
        "CREATE SUBSCRIPTION ... WITH (create_slot = true)": "CREATE SUBSCRIPTION",
        "ALTER SUBSCRIPTION ... REFRESH PUBLICATION": "ALTER SUBSCRIPTION ... REFRESH",
    }
    assert found == [(text, shortened.get(name or "", name)) for text, name in expected]


@pytest.mark.parametrize(
    "text",
    [
        "set work_mem = '4MB'",
        "set session role postgres",
        "set session authorization postgres",
        "set session characteristics as transaction read only",
        "reset all",
        "prepare q as select 1",
        "deallocate all",
        "listen c",
        "load 'auto_explain'",
        "discard all",
        "create temp table t (a int)",
        "create local temporary view v as select 1",
        "create or replace temp view v as select 1",
        "create temporary sequence s",
        "create table pg_temp.t (a int)",
        "select 1 as a into temp t",
        "select pg_catalog.set_config('search_path', '', false)",
        "declare c cursor with hold for select 1",
    ],
)
def test_knows_what_stays_in_the_session(text: str):
    """A later run has to do these again before it goes on in the middle of a file."""
    assert describe(whole(text)).changes_session is True


@pytest.mark.parametrize(
    "text",
    [
        "set local work_mem = '4MB'",
        "set transaction read only",
        "set constraints all deferred",
        "select set_config('search_path', '', true)",
        "select set_config('my.path', concat('a', 'b'), true)",
        "create table temp (a int)",
        "select 1 as a into t",
        "select temp from t",
        "declare c cursor for select 1",
        "insert into t values ('set x = 1')",
        "begin",
    ],
)
def test_knows_what_does_not_stay(text: str):
    """What ends with the transaction, or never was in the session."""
    assert describe(whole(text)).changes_session is False


# Targets and sources of COPY that make FROM, TO, STDIN and STDOUT mean something else.
RELATIONS = [
    "t",
    "public.t",
    "stdin",
    "stdout",
    'public."from"',
    "public.from",
    "public.to",
    '"to"',
    "naïve",
    "t (stdin)",
]
RELATIONS += [
    't (a, "to", stdout)',
    "s.stdin (a)",
    "(select 1 from stdin)",
    "(select (1), 'to stdout' from t)",
    "(table stdout)",
]
ENDPOINTS = [
    "stdin",
    "STDIN",
    "stdout",
    "StdOut",
    "'stdin'",
    "$$to stdin$$",
    "E'x\\''",
    "program 'cat'",
    "'/tmp/stdout'",
]
TAILS = [
    "",
    " with (format csv)",
    " csv header",
    " where stdin is distinct from stdout",
    " (delimiter ';')",
    " delimiter 'x'",
]
BETWEEN = st.sampled_from([" ", "\n", "\r\n\t", " /* to stdin */ ", " -- from stdin\n", "/**/"])


@st.composite
def copies(draw: st.DrawFn) -> str:
    """Anything that begins like a COPY, valid or not."""
    words = [
        draw(st.sampled_from(["copy", "COPY", "Copy", "copy binary"])),
        draw(st.sampled_from(RELATIONS)),
        draw(st.sampled_from(["from", "FROM", "to", "To"])),
        draw(st.sampled_from(ENDPOINTS)),
    ]
    text = words[0]
    for word in words[1:]:
        text += draw(BETWEEN) + word
    return text + draw(st.sampled_from(TAILS))


@settings(deadline=None, max_examples=400)
@given(copies())
def test_no_copy_through_the_client_is_missed(text: str):
    """Wherever PostgreSQL parses a COPY without a file or program, its direction is known; and nowhere else."""
    try:
        parsed = postgast.parse(text).stmts[0].stmt.copy_stmt
    except postgast.PgQueryError:
        return
    expected = None if parsed.filename else "from" if parsed.is_from else "to"
    assert copy_through_client(whole(text)) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("create function f() returns void begin atomic copy t from stdin; end", asyncpg.FeatureNotSupportedError),
        ("do $$ begin copy t from stdin; end $$", asyncpg.FeatureNotSupportedError),
        ("do $$ begin execute 'copy t to stdout'; end $$", asyncpg.FeatureNotSupportedError),
        (
            "create function f() returns void language sql as 'copy t from stdin'; select f()",
            asyncpg.FeatureNotSupportedError,
        ),
        (
            "create function f() returns void begin atomic create function g() begin atomic select 1; end; end",
            asyncpg.FeatureNotSupportedError,
        ),
        ("explain copy t from stdin", asyncpg.PostgresSyntaxError),
        ("prepare q as copy t from stdin", asyncpg.PostgresSyntaxError),
        ("create rule r as on insert to t do also (select 1; copy t from stdin)", asyncpg.PostgresSyntaxError),
    ],
)
@pytest.mark.db
async def test_no_statement_hides_a_copy(db: asyncpg.Connection, text: str, error: type[Exception]):
    """Where we do not look, the server itself refuses COPY with the client, and the body of a routine in a routine."""
    await db.execute("create table t (a int)")
    with pytest.raises(error):
        await db.execute(text)


def test_describes_a_file_at_a_glance():
    """Ten thousand INSERTs are told by their first word."""
    statements = split(Source(path="t.sql", text="insert into t values (1);\n" * 10_000))
    assert {describe(statement) for statement in statements} == {Description(kind=Kind.OTHER)}
