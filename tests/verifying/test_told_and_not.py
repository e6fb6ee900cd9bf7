"""What an answer says of itself: what was looked at, what was not, and what could not be told."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from migrator import accept, up, verify
from migrator.config import Address, Config
from migrator.errors import UnavailableError
from migrator.events import Event, Told
from migrator.events.verifying import VerifyResult
from migrator.migrating.books import lock
from migrator.schema import reading
from migrator.verifying.asking import surroundings
from migrator.verifying.checks import all_checks

Project = Callable[..., Config]
Connection = asyncpg.Connection
Roles = Callable[..., Awaitable[None]]

FILES: dict[str, str | bytes] = {"migrations/0001.users.sql": "create table users (id int primary key, email text)"}


def left_out(result: VerifyResult) -> dict[str, int | None]:
    """What was not compared, and how many of it."""
    return {each.what: each.count for each in result.not_compared}


async def test_which_schemas_the_api_serves(project: Project, db: Connection, roles: Roles):
    """Where the roles of an API exist its checks are asked, and a note says of which schemas, and what says so."""
    await roles("anon", "authenticated")
    config = project(FILES)
    await up(config)
    heard: list[Event] = []
    says = "schemas that the API serves:"
    await db.execute(
        "create schema shop; create table shop.open (id int primary key); grant usage on schema shop to anon"
    )
    await db.execute(
        "grant select on shop.open to anon; grant usage on schema public to anon; grant select on users to anon"
    )

    async def asked() -> tuple[list[str | None], str]:
        heard.clear()
        result = await verify(config, emit=heard.append)
        assert "checks of Supabase's API" not in left_out(result)
        (told,) = (each for each in heard if isinstance(each, Told) and each.code == "api-schemas")
        return [each.subject for each in result.findings if each.code == "V301"], told.message

    assert await asked() == (
        ["public.users"],
        f"{says} `public` (`pgrst.db_schemas` is not set, and the default is `public, graphql_public`)",
    )
    name = await db.fetchval("select current_database()")
    await db.execute(f"alter database {name} set pgrst.db_schemas = 'shop, elsewhere'")
    assert await asked() == (
        ["shop.open"],
        f"{says} `shop` (`pgrst.db_schemas` of this database is `shop, elsewhere`)",
    )
    await db.execute(f"alter database {name} reset pgrst.db_schemas")
    await roles("authenticator")
    await db.execute("alter role authenticator set pgrst.db_schemas = 'shop,public'")
    found, said = await asked()
    assert (sorted(map(str, found)), said) == (
        ["public.users", "shop.open"],
        f"{says} `public`, `shop` (`pgrst.db_schemas` of the role `authenticator` is `shop,public`)",
    )


async def test_what_was_not_looked_at(project: Project, db: Connection, roles: Roles):
    """Partitions, contents that nobody kept and roles that do not exist are told with their number, not left out."""
    await roles("app")
    config = project({**FILES, "migrations/0002.part.sql": "create table p (a int primary key) partition by list (a)"})
    await up(config)
    await db.execute(
        "create table p1 partition of p for values in (1); create table p2 partition of p for values in (2)"
    )
    await db.execute("delete from migrator.journal where migration_id = '0001.users'")
    await db.execute("grant select on users to app; alter table p owner to app")
    await accept(config)
    result = await verify(config)
    assert (result.findings, result.untold) == ((), ())
    assert left_out(result) == {"contents of migrations": 1, "partitions": 2, "checks of Supabase's API": None}
    await db.execute(
        "alter table p owner to current_user; revoke all on users from app; alter role app rename to other"
    )
    result = await verify(config)
    assert sorted((each.code, each.subject) for each in result.findings) == [
        ("V203", "public.p"),
        ("V203", "public.users"),
    ]
    assert left_out(result)["what the role `app` owns and may do"] == 2
    await db.execute("alter role other rename to app")


async def test_a_deploy_between_ledger_and_schema(project: Project, db: Connection, monkeypatch: pytest.MonkeyPatch):
    """Where migrations are applied between the two readings, both are read again: an answer is about one state."""
    config = project(FILES)
    await up(config)
    look, count = surroundings.look, 0

    async def deploying(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        if count == 1:
            await up(project({"migrations/0002.notes.sql": "create table notes (id int primary key)"}))
        return await look(*arguments, **named)

    monkeypatch.setattr(surroundings, "look", deploying)
    result = await verify(config)
    assert (result.findings, result.untold, result.against, result.compared["table"], count) == (
        (),
        (),
        "the record of 0002.notes",
        2,
        2,
    )


async def test_a_run_that_is_not_done_is_busy(project: Project, db: Connection):
    """Between a run's migrations and its record nothing says what should be: that is busy, not a matter of `accept`."""
    config = project(FILES)
    await up(config)
    await db.execute("insert into _yoyo_migration values ('x', '0002.of-the-run', now())")
    number = lock.key("public")
    await db.execute(f"select pg_advisory_lock({number})")
    (error,) = (await verify(config)).untold
    pid = await db.fetchval("select pg_backend_pid()")
    assert error.code == "schema-busy"
    assert f"migrations are being applied just now, by backend {pid}" in error.message
    await db.execute(f"select pg_advisory_unlock({number})")
    assert [error.code for error in (await verify(config)).untold] == ["record-outdated"]


async def test_whatever_the_server_refuses_is_no_answer(
    project: Project,
    db: Connection,
    roles: Roles,
    address_as: Callable[[str], Address],
    monkeypatch: pytest.MonkeyPatch,
):
    """A time limit, a setting of a role: exit code 3, because nothing ran that could be half done."""
    await roles("ci")
    config = project(FILES, readers=("ci",))
    await up(config)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "SETTINGS", f"{reading.SETTINGS}; set local statement_timeout = 1; select pg_sleep(1)")
        result = await verify(config)
    assert [(error.code, error.sqlstate, error.exit_code) for error in result.untold] == [
        ("schema-unreadable", "57014", 3)
    ]
    assert (result.compared, result.against) == ({}, None)
    await db.execute("alter table _yoyo_migration enable row level security; alter role ci set row_security = off")
    with pytest.raises(UnavailableError) as caught:
        await verify(replace(config, database=address_as("ci")))
    assert (caught.value.exit_code, caught.value.sqlstate) == (3, "42501")


async def test_a_check_that_is_refused_keeps_no_other_silent(
    project: Project,
    db: Connection,
    roles: Roles,
    address_as: Callable[[str], Address],
    monkeypatch: pytest.MonkeyPatch,
):
    """Where the server refuses a check to this role, that one has no answer; drift and the other checks have theirs."""
    await roles("ci")
    config = project(FILES, readers=("ci",))
    await up(config)
    await db.execute("create index by_hand on users (email); create table secret (a int primary key)")
    known, *_ = (check for check in all_checks() if check.query is not None)
    found = "select 'table', 'public.users', '{}'::jsonb"
    checks = (
        replace(known, code="V398", name="fine", message="m", hint="", query=found, supabase_only=False),
        replace(known, code="V399", name="greedy", query=f"{found} from public.secret", supabase_only=False),
        replace(known, code="V397", name="wrong", query=f"{found} from public.nowhere", supabase_only=False),
    )
    monkeypatch.setattr("migrator.verifying.verify.all_checks", lambda: checks)
    monkeypatch.setattr(reading, "PATIENCE", 0.0)
    result = await verify(replace(config, database=address_as("ci")))
    assert {each.code for each in result.findings} == {"V202", "V398"}
    assert [(error.code, error.sqlstate, error.message.split(":")[0]) for error in result.untold] == [
        ("check-refused", "42501", "the check V399 `greedy` has no answer"),
        ("check-refused", None, "the check V397 `wrong` has no answer"),
    ]


async def test_a_record_survives_any_name_and_a_broken_one_stops_nothing(project: Project, db: Connection):
    """Names of control characters and backslashes are recorded as they are; a row that nobody can read is no answer."""
    odd = 'create table "a\x1fb\x1e\\e\\\\f" ("c\td\\" int primary key)'
    config = project({"migrations/0001.odd.sql": odd})
    await up(config)
    result = await verify(config)
    assert (result.findings, result.untold, result.compared["table"]) == ((), (), 1)
    for broken in ("substr(objects, 1, 20)", "'\\x00'"):
        await db.execute(f"update migrator.snapshot set objects = {broken}")
        assert [error.code for error in (await verify(config)).untold] == ["record-version"]
    config = project({"migrations/0002.more.sql": "select 2"})
    assert [done.id for done in (await up(config)).done] == ["0002.more"]
    await accept(config)
    assert (await verify(config)).untold == ()
