"""`doctor` in a database: what it finds there, what it warns of, and every refusal in the words of `up`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from cable import Cable

from migrator.config import Address, Config
from migrator.errors import MigratorError, UnavailableError
from migrator.events import Event, Examined
from migrator.events.doctor import DoctorResult, DoctorStep
from migrator.migrating import protect, up
from migrator.migrating.books.lock import key
from migrator.migrating.books.yoyo_tables import YoyoTables
from migrator.project import doctor, status
from migrator.seeding import seed

pytestmark = pytest.mark.db

Connection = asyncpg.Connection
Project = Callable[..., Config]
AddressAs = Callable[[str], Address]
Roles = Callable[..., Awaitable[None]]

ONE = {"migrations/0001.a.sql": "create table a (n int)"}
SEED = {"seeds/a.yaml": "a:\n  - {n: 1}\n"}
TWO = {"migrations/0002.b.sql": "create table b (n int)"}


def step(result: DoctorResult, name: str) -> DoctorStep:
    (found,) = [each for each in result.steps if each.name == name]
    return found


def told(error: MigratorError | None) -> tuple[object, ...]:
    assert error is not None
    return (error.exit_code, error.code, error.message, error.detail, error.hint, error.sqlstate)


def warned(result: DoctorResult) -> list[str]:
    assert result.error is None
    return [each.name for each in result.steps if each.state == "warning"]


async def fails_as_up(config: Config, at: str, **change: Any) -> DoctorResult:
    """The examination ends at this step with the very error of `up`, but for an exit code of 1, which is 3 here."""
    with pytest.raises(MigratorError) as raised:
        await up(config)
    result = await doctor(config)
    code, *rest = told(raised.value)
    assert told(result.error) == (change.get("exit_code", code), *rest)
    assert (step(result, at).state, result.steps[-1].state) == ("failed", "failed" if at == "ledger" else "not-reached")
    return result


async def run_all(db: Connection, statements: tuple[str, ...]) -> None:
    assert statements
    for statement in statements:
        await db.execute(statement)


async def test_nothing_is_wrong(project: Project):
    """In an empty database of a superuser every step is well, and the ledger says what the first `up` will do."""
    config = project(ONE)
    result = await doctor(config)
    assert ({each.state for each in result.steps}, result.ok, result.error) == ({"ok"}, True, None)
    names = [each.name for each in result.steps]
    after = ["login", "pooler", "version", "role", "search_path", "timeouts", "extensions", "ledger"]
    assert (names[0], names[-8:]) == ("address", after)
    assert step(result, "ledger").message == (
        "yoyo's, public._yoyo_migration: not there yet, the first `migrate up` makes it, 1 pending"
    )
    assert all(each.duration is not None for each in result.steps)
    assert result.database is not None
    assert result.database.server_version == step(result, "version").facts["server_version"]


async def test_it_writes_nothing_and_waits_for_nobody(project: Project, db: Connection, dsn: str):
    """Where nothing can be written and another run has the lock it answers as well, and leaves nothing behind."""
    await up(project(ONE))
    before = await db.fetch("select oid, relname, relacl::text from pg_class order by 1")
    await db.execute(f"select pg_advisory_lock({key('public')})")
    await db.execute("begin; lock table a, _yoyo_migration, yoyo_lock, migrator.journal in exclusive mode")
    sign = "&" if "?" in dsn else "?"
    read_only = Address(f"{dsn}{sign}options=-c%20default_transaction_read_only%3Don", "test")
    result = await doctor(project(TWO, database=read_only))
    assert warned(result) == ["version", "ledger"]
    pid = await db.fetchval("select pg_backend_pid()")
    said = step(result, "ledger")
    assert f"1 applied, 1 pending; another `migrate` holds the lock: backend {pid}" in said.message
    assert said.hint == "a run would wait for it"
    await db.execute("rollback")
    assert await db.fetch("select oid, relname, relacl::text from pg_class order by 1") == before
    mine = "select count(*) from pg_stat_activity where application_name = 'migrate' and datname = current_database()"
    async with asyncio.timeout(10):
        while await db.fetchval(mine):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.01)


async def test_what_others_have_locked(project: Project, db: Connection, dsn: str):
    """A ledger that another session has locked altogether is not waited for longer than a connection."""
    await up(project(ONE))
    sign = "&" if "?" in dsn else "?"
    async with db.transaction():
        await db.execute("lock table _yoyo_migration in access exclusive mode")
        result = await doctor(project(ONE, database=Address(f"{dsn}{sign}connect_timeout=0.5", "test")))
    assert result.error is not None
    assert (result.error.exit_code, result.error.code, step(result, "ledger").state) == (
        3,
        "connection-timeout",
        "failed",
    )
    assert result.error.message.endswith("within 0.5 s")


async def test_a_network_that_falls_silent(project: Project, cable: Cable):
    """A network that is cut behind the login ends the examination at the step that met it."""

    def hear(event: Event) -> None:
        if isinstance(event, Examined) and event.step.name == "version":
            cable.outward = lambda _line, _data: b""

    config = project(ONE, database=Address(f"{cable.dsn}&connect_timeout=1", "test"))
    async with asyncio.timeout(20):
        result = await doctor(config, emit=hear)
    assert result.error is not None
    assert (result.error.code, step(result, "role").state) == ("connection-timeout", "failed")


async def test_a_connection_that_is_lost(project: Project, cable: Cable):
    """A connection that ends behind the login is told as such, at the step that met it."""

    def hear(event: Event) -> None:
        if isinstance(event, Examined) and event.step.name == "version":
            cable.cut(reset=True)

    result = await doctor(project(ONE, database=Address(cable.dsn, "test")), emit=hear)
    assert result.error is not None
    assert (result.error.exit_code, result.error.code, step(result, "role").state) == (3, "connection-lost", "failed")


async def test_what_stands_in_the_ledger(project: Project, db: Connection):
    """How many are applied and pending, the protection, and a run of `yoyo` that is not over."""
    await up(project(ONE))
    await protect(project())
    await db.execute("insert into yoyo_lock values (1, now() at time zone 'utc' - interval '90 s', 4711)")
    result = await doctor(project(TWO))
    found = step(result, "ledger")
    assert found.message.startswith(
        "yoyo's, public._yoyo_migration: 1 applied, 1 pending; protected; "
        "`yoyo` or another `migrate` holds the lock of the ledger: process 4711, for "
    )
    assert found.hint is not None
    assert "yoyo break-lock" in found.hint
    facts = {name: found.facts[name] for name in ("kind", "applied", "pending", "journal", "protected", "ready")}
    assert facts == {"kind": "yoyo", "applied": 1, "pending": 1, "journal": True, "protected": True, "ready": True}


async def test_files_that_up_would_refuse(project: Project):
    """A file that was edited, and one that cannot be read, are warnings: the way to the database is well."""
    await up(project(ONE))
    result = await doctor(project({"migrations/0001.a.sql": "create table a (m int)"}))
    found = step(result, "ledger")
    assert (warned(result), found.message.rpartition("; ")[2]) == (["ledger"], "`up` refuses: 1 modified")
    result = await doctor(project({"migrations/0001.a.sql": "select 'open"}))
    found = step(result, "ledger")
    assert (warned(result), "migrations/0001.a.sql:1:8: " in found.message, found.facts["pending"]) == (
        ["ledger"],
        True,
        None,
    )


async def test_a_ledger_that_cannot_be_read(
    project: Project, db: Connection, address_as: AddressAs, roles: Roles, dsn: str
):
    """A role without rights on the ledger gets the SQL of a reader; with it `status` works, and nothing else."""
    await up(project(ONE))
    await roles("ci")
    config = project(TWO, database=address_as("ci"))
    failed = step(await fails_as_up(config, "ledger"), "ledger")
    assert failed.sql[0] == 'grant usage on schema "migrator", "public" to "ci"'
    await run_all(db, failed.sql)
    assert [each.state for each in (await status(config)).migrations] == ["applied", "pending"]
    result = await doctor(config)
    assert result.error is not None
    assert (result.error.message, len(step(result, "ledger").sql)) == (
        "this role may not write to the ledger: permission denied for table journal",
        2,
    )
    assert str(step(result, "ledger").hint).endswith("; where it shall only read, name it in `readers`")
    # its project may run migrations as another role, which a reader cannot become and need not
    await roles("owner")
    result = await doctor(project(TWO, database=address_as("ci"), readers=("ci",), role="owner"))
    assert (step(result, "role").state, step(result, "role").facts["role"]) == ("ok", "ci")
    assert (step(result, "ledger").state, step(result, "ledger").facts["reads_only"]) == ("ok", True)
    assert "`status` works and `up` does not" in step(result, "ledger").message


async def test_a_ledger_that_cannot_be_written(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """The SQL that is given for a role which may read but not write is enough for its `up`."""
    await up(project(ONE))
    await roles("deployer")
    await db.execute("grant create, usage on schema public to deployer; grant usage on schema migrator to deployer")
    await db.execute("grant select on all tables in schema public, migrator to deployer")
    config = project(TWO, database=address_as("deployer"))
    failed = step(await doctor(config), "ledger")
    assert (failed.state, failed.sql[0]) == ("failed", 'grant usage on schema "migrator", "public" to "deployer"')
    await run_all(db, failed.sql)
    assert (await doctor(config)).error is None
    assert [each.id for each in (await up(config)).done] == ["0002.b"]


@pytest.mark.parametrize("given", ["", "grant create on database {database} to deployer"])
async def test_a_ledger_that_cannot_be_made(
    project: Project, db: Connection, address_as: AddressAs, roles: Roles, given: str
):
    """Where the first `up` may not make its tables, the same is said, and the SQL is enough for it."""
    await db.execute("revoke create on schema public from public")  # versions before 15 give it to everybody
    await roles("deployer")
    if given:
        await db.execute(given.format(database=await db.fetchval("select current_database()")))
    config = project(ONE, database=address_as("deployer"))
    result = await fails_as_up(config, "ledger")
    role = step(result, "role")
    assert (role.state, role.facts["create_on_database"], role.facts["create_on_schema"]) == (
        "warning",
        bool(given),
        False,
    )
    assert role.sql == ('grant usage, create on schema "public" to "deployer"',)
    await run_all(db, (*step(result, "ledger").sql, *role.sql))
    assert (await doctor(config)).error is None
    assert [each.id for each in (await up(config)).done] == ["0001.a"]


async def test_a_ledger_that_is_hidden(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """Rows that row level security hides are told as `up` tells them, and never counted as 0."""
    await up(project(ONE))
    await roles("deployer")
    await db.execute("grant usage on schema migrator to deployer")
    await db.execute("grant all on all tables in schema public, migrator to deployer")
    await db.execute("alter table _yoyo_migration enable row level security")
    result = await fails_as_up(project(ONE, database=address_as("deployer")), "ledger")
    assert result.error is not None
    assert result.error.code == "ledger-hidden"


async def test_a_ledger_of_an_old_yoyo(project: Project, db: Connection):
    """What is exit code 1 elsewhere, because the answer is no, is 3 for a doctor: something is wrong."""
    await db.execute("create table _yoyo_migration (id varchar(255), ctime timestamp)")
    result = await fails_as_up(project(ONE), "ledger", exit_code=3)
    assert result.error is not None
    assert result.error.code == "old-ledger"


async def test_a_role_to_become(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """The configured role has to exist, and the login has to be one that may become it; its rights are what counts."""
    await roles("deployer", "owner")
    name = await db.fetchval("select current_database()")
    await db.execute(f"grant create on database {name} to deployer; grant create, usage on schema public to deployer")
    result = await fails_as_up(project(ONE, database=address_as("deployer"), role="nobody_such"), "role")
    assert told(result.error)[:3] == (2, "role-unknown", "there is no role `nobody_such`, which `role` names")
    config = project({**ONE, **SEED}, database=address_as("deployer"), role="owner")
    result = await fails_as_up(config, "role")
    assert told(result.error)[1:5] == (
        "role-not-permitted",
        "`deployer` may not become `owner`, which `role` names",
        None,
        'an administrator must run: `grant "owner" to "deployer"`',
    )
    assert await db.fetchval("select count(*) from pg_class where relname in ('journal', '_yoyo_migration')") == 0
    await db.execute("create table a (n int); alter table a owner to owner")
    with pytest.raises(UnavailableError) as raised:
        await seed(config)
    assert told(raised.value) == told(result.error)
    await db.execute("drop table a")
    await db.execute("grant owner to deployer")
    found = step(await doctor(config), "role")
    assert found.message.startswith("deployer, who becomes owner: may ")
    await db.execute("grant create on schema public to owner")
    assert [each.id for each in (await up(config)).done] == ["0001.a"]


async def test_what_others_own(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """Tables that this role does not own are named: a migration cannot alter them."""
    await roles("deployer", "owner")
    await db.execute("create table a (n int); create view b as select 1 n; alter table a owner to owner")
    await db.execute("alter view b owner to owner; grant create, usage on schema public to deployer")
    found = step(await doctor(project(ONE, database=address_as("deployer"))), "role")
    assert (found.state, found.message.partition("; ")[2]) == (
        "warning",
        "does not own public.a of owner, public.b of owner",
    )
    assert (found.facts["not_owned"], found.facts["owners"]) == (2, ["owner"])
    await db.execute("grant owner to deployer")
    assert step(await doctor(project(ONE, database=address_as("deployer"))), "role").facts["not_owned"] == 0


async def test_a_role_without_plpgsql(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """A role that may not use PL/pgSQL is told what that changes, and the SQL that gives it back."""
    await roles("deployer")
    await db.execute("revoke usage on language plpgsql from public; grant create on schema public to deployer")
    config = project(ONE, database=address_as("deployer"))
    found = step(await doctor(config), "role")
    assert (found.state, found.hint) == ("warning", "without PL/pgSQL migrations are sent a statement at a time")
    await run_all(db, found.sql)
    assert step(await doctor(config), "role").state == "ok"


async def test_readers(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """A reader that nobody knows is told as `up` tells it; one that cannot read yet is a warning with the SQL."""
    await up(project(ONE))
    await fails_as_up(project(TWO, readers=("nobody_such",)), "ledger")
    await roles("ci")
    config = project(TWO, readers=("ci",))
    found = step(await doctor(config), "ledger")
    assert (found.state, found.facts["readers"], found.hint) == (
        "warning",
        {"ci": False},
        "the next `up` with work grants it",
    )
    await run_all(db, found.sql)
    assert step(await doctor(config), "ledger").facts["readers"] == {"ci": True}
    assert len((await status(project(TWO, database=address_as("ci")))).migrations) == 2


async def test_a_search_path_that_leads_nowhere(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """Without a schema for the ledger, `search_path` is the step that fails, and says what `up` says."""
    await roles("deployer")
    await db.execute("alter role deployer set search_path = nowhere")
    result = await fails_as_up(project(ONE, database=address_as("deployer")), "search_path")
    assert result.error is not None
    assert result.error.code == "no-schema"


async def test_a_search_path_of_the_role(project: Project, db: Connection, address_as: AddressAs, roles: Roles):
    """Who has set the path, where new objects go, and which of its schemas do not exist."""
    await roles("deployer")
    await db.execute("""create schema "Odd, one"; grant usage on schema "Odd, one" to deployer""")
    await db.execute("""alter role deployer set search_path = "$user", "Odd, one", extensions, public""")
    found = step(await doctor(project(ONE, database=address_as("deployer"))), "search_path")
    assert found.message == ('"$user", "Odd, one", extensions, public (set for the role); new objects go to Odd, one')
    assert (found.facts["current_schema"], found.facts["missing"]) == ("Odd, one", ["extensions"])


async def test_timeouts(project: Project, db: Connection, address_as: AddressAs, roles: Roles, dsn: str):
    """A limit of the role is lifted while migrations run; one that the address asks for stays, which is a warning."""
    await roles("deployer")
    await db.execute("alter role deployer set statement_timeout = '2min'; alter role deployer set lock_timeout = '1s'")
    config = project(ONE, database=address_as("deployer"))
    found = step(await doctor(config), "timeouts")
    assert (found.state, found.message) == (
        "ok",
        "statement_timeout is 2min (set for the role); lifted while migrations run",
    )
    assert found.facts["statement_timeout"] == {"value": "2min", "source": "user", "lifted": True}
    sign = "&" if "?" in dsn else "?"
    asked = Address(f"{dsn}{sign}options=-c%20statement_timeout%3D3s", "test")
    found = step(await doctor(project(ONE, database=asked)), "timeouts")
    assert (found.state, found.message) == (
        "warning",
        "statement_timeout is 3s (set by the address), also while migrations run",
    )


async def test_a_setting_that_the_server_refuses(project: Project, dsn: str):
    """A setting of the address that the server does not take ends at the login, exit code 2, as everywhere."""
    sign = "&" if "?" in dsn else "?"
    config = project(ONE, database=Address(f"{dsn}{sign}options=-c%20work_mem%3Dmuch", "test"))
    result = await fails_as_up(config, "login")
    assert result.error is not None
    assert (result.error.exit_code, result.error.code) == (2, "invalid-option")


async def test_a_server_of_another_kind(project: Project, dsn: str):
    """A server that is not what `target_session_attrs` asks for ends at the login, as everywhere."""
    sign = "&" if "?" in dsn else "?"
    config = project(ONE, database=Address(f"{dsn}{sign}target_session_attrs=standby", "test"))
    result = await fails_as_up(config, "login")
    assert result.error is not None
    assert result.error.code == "session-attributes"


async def test_extensions_that_the_server_lacks(project: Project):
    """An extension that a migration creates is looked for among those that the server has."""
    files = {
        "migrations/0001.a.sql": 'CREATE EXTENSION IF NOT EXISTS "no-such" CASCADE; create extension PLPGSQL2',
        "migrations/0002.b.sql": 'create extension if not exists plpgsql; create extension "no-such"',
    }
    found = step(await doctor(project(files)), "extensions")
    assert (found.state, found.facts["missing"]) == ("warning", ["no-such", "plpgsql2"])
    assert "`no-such` (" in found.message
    assert found.facts["created"]["no-such"].endswith("migrations/0001.a.sql")


async def test_the_ledger_of_the_supabase_cli(project: Project, db: Connection):
    """The other ledger is examined as well: its table, its rows, its name."""
    await db.execute(
        "create schema supabase_migrations; create table supabase_migrations.schema_migrations "
        "(version text primary key, statements text[], name text)"
    )
    await db.execute("insert into supabase_migrations.schema_migrations values ('0001', null, 'a')")
    config = project({"migrations/0001_a.sql": "select 1", "migrations/0002_b.sql": "select 2"})
    found = step(await doctor(config), "ledger")
    assert (found.state, found.message, found.facts["journal"]) == (
        "ok",
        "the Supabase CLI's, supabase_migrations.schema_migrations: 1 applied, 1 pending",
        False,
    )


async def test_rights_on_a_ledger_that_the_cli_made(
    project: Project, db: Connection, address_as: AddressAs, roles: Roles
):
    """Where the CLI's table is whole nothing is made in its schema: a right to create there is not asked for."""
    await roles("deployer")
    await db.execute(
        "create schema supabase_migrations; create table supabase_migrations.schema_migrations "
        "(version text primary key, statements text[], name text)"
    )
    name = await db.fetchval("select current_database()")
    await db.execute(
        f"grant create on database {name} to deployer; grant usage, create on schema public to deployer; "
        "grant usage on schema supabase_migrations to deployer; "
        "grant select, insert, update, delete on supabase_migrations.schema_migrations to deployer"
    )
    config = project({"migrations/0001_a.sql": "create table a (n int)"}, database=address_as("deployer"))
    assert (await doctor(config)).error is None
    assert [each.id for each in (await up(config)).done] == ["0001_a"]
    await db.execute("revoke all on migrator.setting, migrator.seed from deployer")
    await db.execute("grant select on migrator.setting, migrator.seed to deployer")
    assert (await doctor(config)).error is None


async def test_a_ledger_of_yoyo_alone(project: Project, db: Connection):
    """A database that only `yoyo` knew has a ledger and no journal yet."""
    await db.execute(YoyoTables(schema="public").creation())
    found = step(await doctor(project(ONE)), "ledger")
    assert (found.state, found.facts["exists"], found.facts["ready"], found.facts["journal"]) == (
        "ok",
        True,
        False,
        False,
    )
