"""`verify --against replay`: what the migrations make of an empty database, beside what is there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import asyncpg
import pytest

from migrator import mark, up, verify
from migrator.config import Address, Config
from migrator.errors import MigratorError
from migrator.events.verifying import VerifyResult
from migrator.schema.compare import Difference
from migrator.verifying.replaying.by_default import BY_AGE, BY_DEFAULTS, BY_PLATFORM, BY_SETUP, PUBLIC, explanation

Connection = asyncpg.Connection
Make = Callable[..., Config]
Left = Callable[[], list[str]]

FILES = {
    "migrations/0001.users.sql": "create table users (user_id int primary key, email text not null);\n"
    "create view emails as select email from users;\n",
    "migrations/0002.roles.sql": 'grant select on users to "Test Reader"; alter table users owner to test_owner;\n',
    "migrations/0003.late.sql": "create table late (id int primary key);\n",
    "migrations/0004.last.sql": "create type mood as enum ('well');\n"
    "create function calm() returns mood language sql as $$select 'well'::mood$$;\n",
    "migrations/0005.pending.sql": "create table pending (id int primary key);\n",
}


def drift(result: VerifyResult) -> list[tuple[str, str, str, str]]:
    of_drift = [each for each in result.findings if each.code.startswith("V2")]
    return sorted((each.severity, each.name, each.kind or "", each.subject or "") for each in of_drift)


@pytest.fixture
async def made(db: Connection) -> AsyncIterator[Connection]:
    """The test's database, on whose server the roles of the files exist."""
    for role in ('"Test Reader"', "test_owner"):
        with suppress(asyncpg.DuplicateObjectError):
            await db.execute(f"create role {role}")
    yield db
    for role in ('"Test Reader"', "test_owner"):
        await db.execute(f"drop owned by {role} cascade; drop role {role}")


async def test_a_database_that_the_migrations_made(project: Make, made: Connection, left: Left):
    """Pending files, roles and the database's name make no difference to a replay; what hands have changed does.

    It needs no record.
    """
    config = project(FILES)
    await up(config, to="0002")
    (config.migrations[0] / "0003.late.sql").rename(config.root / "away.sql")
    await up(config, to="0004")
    (config.root / "away.sql").rename(config.migrations[0] / "0003.late.sql")
    same = await verify(config, against="replay")
    await made.execute("delete from migrator.snapshot")
    await made.execute(
        "alter table users add extra text; drop function calm(); alter view emails owner to test_owner;"
        "create index by_email on users (email)"
    )
    other = await verify(config, against="replay")
    assert (
        drift(same),
        [(each.message, each.hint) for each in same.untold],
        [each.code for each in same.findings],
    ) == (
        [],
        [],
        ["V103", "V101"],
    )
    assert str(same.against).startswith(
        "the migrations up to `0004.last`, applied to an empty database of PostgreSQL 18"
    )
    assert (drift(other), other.untold, left()) == (
        [
            ("error", "changed", "view", "public.emails"),
            ("error", "extra", "column", "public.users.extra"),
            ("error", "extra", "index", "public.by_email"),
            ("error", "missing", "function", "public.calm()"),
        ],
        (),
        [],
    )


async def test_a_ledger_of_yoyo_alone(project: Make, made: Connection, left: Left):
    """A database that `yoyo` has migrated has no record and no tables of ours; a replay needs neither."""
    config = project({name: text for name, text in FILES.items() if name < "migrations/0005"})
    await up(config)
    await made.execute("drop schema migrator cascade")
    result = await verify(config, against="replay")
    assert (drift(result), result.untold, dict(result.compared)["table"], left()) == ([], (), 2, [])


async def test_beside_the_live_database(project: Make, made: Connection, dsn: str):
    """`create` compares on the live server itself, and refuses what would reach beyond its database."""
    config = project({name: text for name, text in FILES.items() if name < "migrations/0005"})
    await up(config)
    config = project({}, scratch=Address("create", "--scratch"))
    result = await verify(config, against="replay")
    databases = "select count(*) from pg_database where datname like 'migrator_scratch_%'"
    assert (drift(result), result.untold, await made.fetchval(databases)) == ([], (), 0)
    refused = []
    for number, text in enumerate(
        (
            "alter role test_owner set work_mem = '8MB'",
            "grant test_owner to current_user",
            "do $$begin execute 'alter database x set a.b = 1'; end$$",
        )
    ):
        (config.migrations[0] / "0006.wide.sql").write_text(f"-- alter role\nselect 1;\n{text};")
        await mark(config, ("0006.wide",), state="applied")
        with pytest.raises(MigratorError) as raised:
            await verify(config, against="replay")
        refused.append(
            (number, raised.value.exit_code, raised.value.code, raised.value.where and raised.value.where.line)
        )
    assert refused == [(number, 2, "scratch-shared", 3) for number in range(3)]


async def test_who_logs_in_elsewhere_stands_for_the_owner(
    project: Make,
    db: Connection,
    dsn: str,
    roles: Callable[..., Awaitable[None]],
    address_as: Callable[[str], Address],
):
    """In an empty database of another login, what it owns and grants is what the live login owns and grants."""
    await roles("test_deployer", options="superuser")
    files = {
        "migrations/0001.a.sql": "create table a (id int primary key);\nrevoke insert on a from current_user;\n"
        "create function f() returns int language sql as 'select 1';\nrevoke all on function f() from public;\n"
    }
    await up(project(files, database=address_as("test_deployer")))
    empty = f"{await db.fetchval('select current_database()')}_empty"
    await db.execute(f"create database {empty} template template0 strategy file_copy")
    try:
        scratch = Address(dsn.replace(empty.removesuffix("_empty"), empty), "--scratch")
        config = project({}, database=address_as("test_deployer"), scratch=scratch)
        result = await verify(config, against="replay")
    finally:
        await db.execute(f"drop database {empty} with (force)")
    assert (drift(result), result.untold, dict(result.compared)["function"]) == ([], (), 1)


async def test_what_cannot_be_replayed(project: Make, db: Connection):
    """A file that is gone, and one that no longer works, are questions without an answer: never drift, never a yes."""
    config = project({"migrations/0001.a.sql": "create table a (id int primary key);\n"})
    await up(config)
    (config.migrations[0] / "0001.a.sql").write_text("create table a (id in primary key);\n")
    broken = await verify(config, against="replay")
    (config.migrations[0] / "0001.a.sql").rename(config.migrations[0] / "0001.b.sql")
    gone = await verify(config, against="replay")
    assert [[each.code for each in result.untold] for result in (broken, gone)] == [
        ["replay-failed"],
        ["replay-incomplete"],
    ]
    assert (drift(broken), drift(gone)) == ([], [])
    where = broken.untold[0].where
    assert (where and where.line, broken.untold[0].detail) == (1, 'syntax error at or near "in" (42601)')


def test_what_is_there_before_the_first_migration():
    """Rights of the role that applies migrations are explained, and the age of `public`; those of others are not."""

    def why(kind: str, granted: dict[str, str], *, supabase: bool = False, **others: str) -> str | None:
        at_first = {"granted": {"PUBLIC": "USAGE"}, "owner": "pg_database_owner"} if kind == "schema" else {}
        found = {**at_first, **others, "granted": {**at_first.get("granted", {}), **granted}}
        identity = "public" if kind == "schema" else "current"
        one = Difference(kind=kind, identity=identity, change="changed", expected=at_first, found=found)
        return explanation(one, replayed={}, live={}, supabase=supabase, runner='"Deployer"')

    assert [
        why("database", {'"Deployer"': "CREATE"}),
        why("schema", {'"Deployer"': "ALL"}),
        why("schema", {"PUBLIC": "ALL"}, owner="postgres"),
        why("schema", {"PUBLIC": "ALL", '"Deployer"': "ALL"}),
        why("schema", {"anon": "USAGE", "postgres": "ALL"}, supabase=True),
    ] == [BY_SETUP, BY_SETUP, PUBLIC, PUBLIC, PUBLIC]
    assert [
        why("database", {"anon": "CREATE"}),
        why("database", {'"Deployer"': "CREATE"}, owner="ada"),
        why("schema", {"anon": "ALL"}),
        why("schema", {"anon": "ALL"}, supabase=True),
        why("schema", {"app": "USAGE"}, supabase=True),
    ] == [None] * 5


def test_what_only_default_privileges_explain():
    """Each right more must be what default privileges there give, each right less what they give in the replay."""

    def difference(kind: str, identity: str, expected: dict[str, object], found: dict[str, object]) -> Difference:
        return Difference(kind=kind, identity=identity, change="changed", expected=expected, found=found)

    def why(one: Difference, *, supabase: bool = False) -> str | None:
        live = {
            ("ada", "shop", "r", "app"): frozenset({"SELECT", "INSERT"}),
            ("ada", None, "f", "app"): frozenset({"EXECUTE"}),
            ("ada", "all", "S", "app"): frozenset({"SELECT", "UPDATE", "USAGE"}),
        }
        replayed = {("ada", "shop", "r", "ci"): frozenset({"SELECT"})}
        return explanation(one, replayed=replayed, live=live, supabase=supabase)

    ada = {"owner": "ada"}
    more = {**ada, "granted": {"app": "INSERT, SELECT"}}
    assert [
        why(difference("table", "shop.a", ada, more)),
        why(difference("table", "shop.a", {**ada, "granted": {"ci": "SELECT"}}, more)),
        why(difference("function", "shop.f()", ada, {**ada, "granted": {"app": "EXECUTE"}})),
        why(difference("sequence", "all.s", ada, {**ada, "granted": {"app": "ALL"}})),
        why(difference("table", "public.a", ada, {**ada, "granted": {"anon": "SELECT"}}), supabase=True),
        why(difference("schema", "public", {"owner": "pg_database_owner"}, {**ada, "granted": {"PUBLIC": "CREATE"}})),
        why(difference("extension", "pgjwt", {}, {}), supabase=True),
    ] == [BY_DEFAULTS, BY_DEFAULTS, BY_DEFAULTS, BY_DEFAULTS, BY_AGE, PUBLIC, BY_PLATFORM]
    assert [
        why(difference("table", "other.a", ada, more)),
        why(difference("table", "shop.a", ada, {**ada, "granted": {"app": "DELETE"}})),
        why(difference("table", "shop.a", ada, {**more, "row level security": "enabled"})),
        why(difference("table", "shop.a", more, ada)),
        why(difference("table", "shop.a", {"owner": "bob"}, {"owner": "bob", "granted": {"app": "SELECT"}})),
        why(difference("table", "public.a", ada, {**ada, "granted": {"anon": "SELECT"}})),
        why(difference("extension", "pgjwt", {}, {})),
        why(difference("policy", "shop.a.p", {}, {"granted": {}})),
    ] == [None] * 8
