"""Who can use our tables, tried by connecting as each role: nobody with a browser's key; readers can read."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from migrator.config import Address, Config
from migrator.errors import InputError, UnavailableError
from migrator.events import Event, Noticed
from migrator.migrating import mark, protect, up
from migrator.migrating.books.yoyo_tables import YoyoTables
from migrator.project import status
from migrator.seeding import seed

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Project = Callable[..., Config]
AddressAs = Callable[[str], Address]
Roles = Callable[..., Awaitable[None]]

ONE = {"migrations/0001.a.sql": "create table a (n int)", "seeds/a.yaml": "a:\n  - {n: 1}\n"}
TWO = {"migrations/0002.b.sql": "create table b (n int)"}
THREE = {"migrations/0003.c.sql": "create table c (n int)"}
OURS = ("_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock", "journal", "seed", "setting")
DENIED = asyncpg.InsufficientPrivilegeError


async def like_supabase(db: Connection, *names: str) -> None:
    """Default privileges as Supabase sets them, and more: in every schema, and on schemas themselves."""
    whom = ", ".join(names)
    await db.execute(f"alter default privileges in schema public grant all on tables to {whom}")
    await db.execute(f"alter default privileges grant all on tables to {whom}")
    await db.execute(f"alter default privileges grant usage, create on schemas to {whom}")


async def possible(connection: Connection, tables: tuple[str, ...] = OURS) -> set[str]:
    """What this connection can do to our tables, tried one by one: `select _yoyo_log` ..."""
    done = set()
    for name in tables:
        table = f"public.{name}" if "yoyo" in name else f"migrator.{name}"
        column = {"_yoyo_version": "version", "yoyo_lock": "locked", "seed": "path", "setting": "name"}.get(
            name, "migration_id"
        )
        for verb, statement in {
            "select": f"select count(*) from {table}",
            "insert": f"insert into {table} ({column}) values (default)",
            "update": f"update {table} set {column} = default",
            "delete": f"delete from {table}",
            "truncate": f"truncate {table}",
            "lock": f"lock table {table} in access share mode",
            "index": f"create index on {table} ({column})",
            "trigger": f"create trigger t before insert on {table} execute function tsvector_update_trigger()",
        }.items():
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(statement)
                done.add(f"{verb} {name}")
            except DENIED:
                pass
            except asyncpg.PostgresError:  # it was let in, and failed later
                done.add(f"{verb} {name}")
            finally:
                await transaction.rollback()
    return done


async def as_role(address: Address, *, role: str | None = None) -> Connection:
    """A connection of whom the address names, or of the role that he may become."""
    connection = await asyncpg.connect(address.text, statement_cache_size=0)
    if role is not None:
        await connection.execute(f"set role {role}")
    return connection


async def notices(config: Config) -> list[tuple[str, str, str | None]]:
    """Severity, message and hint of what an `up` tells of rights; those that came by hand are drift, too."""
    events: list[Event] = []
    await up(config, emit=events.append)
    told = [each for each in events if isinstance(each, Noticed) and each.code != "drift-before"]
    return [(each.severity, each.message, each.hint) for each in told]


@pytest.mark.parametrize("names", [("anon",), ("authenticated",), ("anon", "authenticated", "service_role")])
async def test_a_browser_can_do_nothing(
    project: Project, db: Connection, address_as: AddressAs, roles: Roles, names: tuple[str, ...]
):
    """Logged in as the role of a browser's key, or as who may become it, nothing of ours can be read or written."""
    await roles(*names)
    await roles("authenticator", options="noinherit")
    await like_supabase(db, *names)
    await db.execute(f"grant {', '.join(names)} to authenticator")
    told = await notices(project(ONE))
    whose = " and ".join(f"`{name}`" for name in names if name != "service_role")
    ((severity, message, _),) = told
    assert (severity, message.partition(" on ")[0]) == ("NOTICE", f"revoked the rights of {whose}")
    assert message.count("`, `") == 8  # the schema and eight tables
    assert await notices(project(TWO)) == []
    for name in names:
        if name == "service_role":  # the key of servers, which is no browser's
            continue
        for connection in (
            await as_role(address_as(name)),
            await as_role(address_as("authenticator"), role=name),
        ):
            assert await possible(connection) == set()
            assert not await connection.fetchval("select has_schema_privilege('migrator', 'usage')")
            assert not await connection.fetchval("select has_schema_privilege('migrator', 'create')")
            assert await connection.fetch("select * from public.a") == []  # what migrations make is theirs to close
            await connection.close()
    connection = await as_role(address_as("authenticator"))
    assert await possible(connection) == set()
    await connection.close()


async def test_the_trial_can_succeed(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """The proof that the trial proves something: without the revoking, a browser can do all of it."""
    await roles("anon")
    await up(project(ONE))
    await db.execute("grant usage on schema migrator to anon; grant create on schema migrator, public to anon")
    await db.execute("grant all on all tables in schema public, migrator to anon")
    connection = await as_role(address_as("anon"))
    verbs = ("select", "insert", "update", "delete", "truncate", "lock", "trigger")
    assert await possible(connection) == {f"{verb} {name}" for verb in verbs for name in OURS}
    await connection.close()


async def test_rights_that_came_later_are_closed(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """Roles and rights newer than our tables, columns included: the next `up` with work closes them and says so."""
    await up(project(ONE))
    await roles("anon", "authenticated")
    await db.execute("grant all on all tables in schema public to anon")
    await db.execute("grant select (name), update (name) on migrator.setting to authenticated")
    await db.execute("grant select on migrator.journal to public")
    await db.execute("grant usage on schema migrator to authenticated")
    assert await notices(project()) == []
    anon, authenticated = await as_role(address_as("anon")), await as_role(address_as("authenticated"))
    assert "select _yoyo_migration" in await possible(anon)
    assert await authenticated.fetch("select name from migrator.setting") == []
    ((severity, message, _),) = await notices(project(TWO))
    assert severity == "NOTICE"
    assert message == (
        "revoked the rights of `anon` and `authenticated` and `public` on `migrator`, `migrator.journal`, "
        "`migrator.setting`, `public._yoyo_migration`, `public._yoyo_log`, `public._yoyo_version`, `public.yoyo_lock`: "
        "whoever has the key of a browser had them"
    )
    assert await possible(anon) == await possible(authenticated) == set()
    with pytest.raises(DENIED):
        await authenticated.fetch("select name from migrator.setting")
    assert await anon.fetch("select * from a") == []
    await anon.close()
    await authenticated.close()


async def test_tables_that_yoyo_made_are_closed(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """A ledger that `yoyo` made under Supabase's default privileges is closed by our first `up`."""
    await roles("anon", "authenticated")
    await like_supabase(db, "anon", "authenticated")
    await db.execute(YoyoTables(schema="public").creation())
    anon = await as_role(address_as("anon"))
    assert "delete _yoyo_migration" in await possible(anon, ("_yoyo_migration",))
    ((severity, message, _),) = await notices(project(ONE))
    assert (severity, "`public._yoyo_migration`" in message, "`migrator.journal`" in message) == ("NOTICE", True, True)
    assert await possible(anon) == set()
    await anon.close()


async def test_somebody_elses_tables_are_told(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """What this role may not revoke is a warning with the statement for the owner, and no reason to fail."""
    await roles("anon", "deployer")
    await up(project(ONE))
    await db.execute("create role chief; alter table _yoyo_log owner to chief")
    try:
        await db.execute(
            "grant all on all tables in schema public, migrator to deployer; grant all on schema migrator to deployer; "
            "grant create on schema public to deployer; grant select on _yoyo_log to anon with grant option"
        )
        told = await notices(project(TWO, database=address_as("deployer")))
        ((severity, message, hint),) = told
        assert (severity, hint) == (
            "WARNING",
            "its owner must run: `revoke all on table public._yoyo_log from anon cascade`",
        )
        assert message == (
            "whoever has the key of a browser is `anon`, with rights on `public._yoyo_log` that could not be revoked: "
            "it belongs to `chief`"
        )
        assert [each.state for each in (await status(project())).migrations] == ["applied", "applied"]
    finally:
        await db.execute("drop owned by chief cascade; drop role chief")


async def test_two_that_close_the_same_table(project: Project, db: Connection, dsn: str, roles: Roles):
    """A row of the catalog that another session has just changed is no failure: it is tried again."""
    await up(project(ONE))
    await roles("anon")
    await db.execute("grant select on migrator.journal to anon")
    other = await asyncpg.connect(dsn)
    await other.execute("begin; revoke all on migrator.journal from anon")
    run = asyncio.create_task(notices(project(TWO)))
    end = time.monotonic() + 30
    meets = "select exists (select from pg_locks where locktype = 'transactionid' and not granted)"
    while not await db.fetchval(meets):
        assert time.monotonic() < end, "it does not meet the other session"
        await asyncio.sleep(0.02)
    await other.execute("commit")
    await other.close()
    assert [severity for severity, _, _ in await run] == ["NOTICE"]
    assert not await db.fetchval("select has_table_privilege('anon', 'migrator.journal', 'select')")


async def test_a_shared_schema_stays_open(project: Project, db: Connection, roles: Roles):
    """`schema = "public"`, or a schema with other things in it, is closed table by table: applications live there."""
    await roles("anon")
    await db.execute("grant usage on schema public to anon; create schema app; create table app.theirs ()")
    await db.execute("grant usage on schema app to anon")
    await like_supabase(db, "anon")
    for number, schema in enumerate(("public", "app"), 1):
        told = await notices(project({f"migrations/000{number}.x.sql": "select 1"}, schema=schema))
        assert [f"`{schema}.journal`" in message for _, message, _ in told] == [True]
        assert await db.fetchval("select has_schema_privilege('anon', $1::text, 'usage')", schema)
        assert not await db.fetchval("select has_table_privilege('anon', $1, 'select')", f"{schema}.journal")


async def test_a_reader_reads_and_does_not_write(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """A reader logs in, runs `migrate status`, and can do nothing else to our tables."""
    await roles("ci_reader")
    await db.execute("create schema app")
    await db.execute(f"alter database {await db.fetchval('select current_database()')} set search_path = app, public")
    await up(project(ONE, readers=("ci_reader",)))
    reading = project(database=address_as("ci_reader"))
    assert [each.state for each in (await status(reading)).migrations] == ["applied"]
    connection = await as_role(address_as("ci_reader"))
    done = await possible(connection, ("journal", "seed", "setting"))
    assert done == {f"{verb} {name}" for verb in ("select", "lock") for name in ("journal", "seed", "setting")}
    for statement in ("delete from app._yoyo_migration", "insert into app.yoyo_lock (pid) values (1)"):
        with pytest.raises(DENIED):
            await connection.execute(statement)
    await connection.close()
    with pytest.raises(UnavailableError) as caught:
        await protect(reading)
    assert caught.value.code == "missing-rights"


async def test_who_may_not_keep_the_books_is_told(project: Project, address_as: AddressAs, roles: Roles):
    """`up` and `mark` of a role that only reads the ledger are exit 3, change nothing, and name the rights to grant."""
    await roles("only_reads")
    await up(project(ONE, readers=("only_reads",)))
    config = project({"migrations/0002.b.sql": "select 1"}, database=address_as("only_reads"))
    alone = {"migrations/0002.b.sql": "-- transactional: false\nselect 1"}
    for files in ({}, alone, None):
        with pytest.raises(UnavailableError) as caught:
            await (mark(config, ("0002",), state="applied") if files is None else up(project(files) and config))
        assert (caught.value.code, caught.value.exit_code) == ("missing-rights", 3)
        assert "nothing" in str(caught.value.outcome)
        assert "grant this role `select`, `insert`, `update` and `delete`" in str(caught.value.hint)


async def test_what_another_granted_is_not_called_revoked(project: Project, db: Connection, roles: Roles):
    """A right that the owner's REVOKE leaves is a warning with its grantor and what to run, which works."""
    await roles("anon", "granting")
    await up(project(ONE))
    await db.execute("grant usage on schema public to granting")
    await db.execute("grant all on _yoyo_migration to granting with grant option")
    await db.execute("set role granting; grant select on _yoyo_migration to anon; reset role")
    ((severity, message, hint),) = await notices(project(TWO))
    assert severity == "WARNING"
    assert message == (
        "whoever has the key of a browser is `anon`, with rights on `public._yoyo_migration` that could not be "
        "revoked: `granting` granted them"
    )
    assert hint is not None
    await db.execute(hint.split("`")[1])
    assert not await db.fetchval("select has_table_privilege('anon', '_yoyo_migration', 'select')")


async def test_a_role_without_rights_is_told_what_to_do(project: Project, address_as: AddressAs, roles: Roles):
    """`status` of a role that may not read is exit 3 and names the way out, never an empty ledger."""
    await roles("stranger")
    await up(project(ONE))
    with pytest.raises(UnavailableError) as caught:
        await status(project(database=address_as("stranger")))
    assert (caught.value.code, caught.value.exit_code) == ("missing-rights", 3)
    assert "name this role in `readers`" in str(caught.value.hint)


@pytest.mark.parametrize(("reader", "code"), [("nobody_there", "reader-unknown"), ("anon", "reader-open")])
async def test_an_unfit_reader_is_told_before(project: Project, db: Connection, reader: str, code: str):
    """A reader that does not exist, or that everybody is, is exit 2 before anything is made, in every command."""
    config = project(ONE, readers=(await db.fetchval("select current_user"), reader))
    await db.execute("create table a (n int)")
    for run in (up(config), mark(config, ("0001",), state="applied"), protect(config), seed(config)):
        with pytest.raises(InputError) as caught:
            await run
        assert (caught.value.code, caught.value.outcome) == (code, "nothing was changed")
        assert f"`{reader}`" in caught.value.message
    assert await db.fetchval("select to_regnamespace('migrator')") is None
    assert await db.fetchval("select to_regclass('_yoyo_migration')") is None
    assert await db.fetch("select * from a") == []


async def test_readers_join_and_stay(project: Project, address_as: AddressAs, roles: Roles):
    """Who is named later reads from the next run with work on; who is named no more keeps what he has."""
    await roles("first_reader", "second_reader")
    await up(project(ONE, readers=("first_reader",)))
    with pytest.raises(UnavailableError):
        await status(project(database=address_as("second_reader")))
    await up(project(TWO, readers=("second_reader",)))
    for name in ("first_reader", "second_reader"):
        found = await status(project(database=address_as(name)))
        assert [each.state for each in found.migrations] == ["applied", "applied"]


async def test_a_role_without_plpgsql(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """Where nobody may use PL/pgSQL, `up` makes its tables and lets readers read, by plain statements."""
    await roles("deployer", "ci_reader")
    await db.execute("revoke usage on language plpgsql from public; grant create on schema public to deployer")
    await db.execute(f"grant create on database {await db.fetchval('select current_database()')} to deployer")
    for files in (ONE, TWO):
        await up(project(files, database=address_as("deployer"), readers=("ci_reader",)))
    found = await status(project(database=address_as("ci_reader")))
    assert [each.state for each in found.migrations] == ["applied", "applied"]


async def test_a_role_without_plpgsql_protects(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """`protect` makes our schema for such a role, too, and lets readers see the mark."""
    await roles("deployer", "ci_reader")
    await db.execute("revoke usage on language plpgsql from public")
    await db.execute(f"grant create on database {await db.fetchval('select current_database()')} to deployer")
    config = project(ONE, database=address_as("deployer"), readers=("ci_reader",))
    assert (await protect(config)).changed is True
    assert (await status(project(database=address_as("ci_reader")))).database.protected is True
