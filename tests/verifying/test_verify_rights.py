"""Who may ask, and what asking does to a database: nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from migrator import up, verify
from migrator.config import Address, Config
from migrator.errors import UnavailableError
from migrator.verifying.asking import checking

Project = Callable[..., Config]
Connection = asyncpg.Connection
Roles = Callable[..., Awaitable[None]]

FILES: dict[str, str | bytes] = {
    "migrations/0001.users.sql": "create table users (id int primary key, email text not null)",
    "migrations/0002.view.sql": "create view emails as select email from users",
    "migrations/0003.secret.sql": "create schema secret; create table secret.a (b int primary key default 1); "
    "alter table secret.a enable row level security; create policy p on secret.a using (b > 0)",
}


async def test_readers_get_the_same_answer_and_others_none(
    project: Project, db: Connection, roles: Roles, address_as: Callable[[str], Address]
):
    """A role with CONNECT that `readers` names finds what the superuser finds; without a right there is no yes."""
    await roles("ci")
    await roles("stranger", "half")
    config = project(FILES, readers=("ci",))
    await up(config)
    await db.execute("drop policy p on secret.a; create index by_hand on users (email)")
    await db.execute("alter role ci set default_transaction_read_only = on; alter role ci set search_path = public")
    whole = await verify(config)
    as_reader = await verify(replace(config, database=address_as("ci")))
    assert sorted((each.code, each.subject) for each in whole.findings) == [
        ("V201", "secret.a.p"),
        ("V202", "public.by_hand"),
    ]
    assert (as_reader.findings, as_reader.compared, as_reader.not_compared, as_reader.untold) == (
        whole.findings,
        whole.compared,
        whole.not_compared,
        (),
    )
    # nothing; the ledger alone; all but the record
    await db.execute("grant select on _yoyo_migration to half")
    for role in ("stranger", "half"):
        with pytest.raises(UnavailableError) as caught:
            await verify(replace(config, database=address_as(role)))
        assert (caught.value.code, caught.value.exit_code) == ("missing-rights", 3)
    await db.execute("grant usage on schema migrator to half")
    await db.execute("grant select on migrator.journal, migrator.setting to half")
    result = await verify(replace(config, database=address_as("half")))
    assert [(error.code, error.message) for error in result.untold] == [
        ("missing-rights", "this role may not read `migrator.snapshot`")
    ]
    assert (result.findings, result.compared) == ((), {})


async def test_row_level_security_never_makes_an_answer_well(
    project: Project, db: Connection, roles: Roles, address_as: Callable[[str], Address]
):
    """Where policies could hide rows of the ledger or of our own tables from a reader, that is said; it is no yes."""
    await roles("ci")
    config = project(FILES, readers=("ci",))
    await up(config)
    reading = replace(config, database=address_as("ci"))
    for table in ("journal", "setting", "snapshot"):
        await db.execute(f"alter table migrator.{table} enable row level security")
        result = await verify(reading)
        assert [(error.code, error.message) for error in result.untold] == [
            ("ledger-hidden", f"row level security hides rows of `migrator.{table}` from this role")
        ]
        await db.execute(f"alter table migrator.{table} disable row level security")
    assert (await verify(reading)).untold == ()
    await db.execute("alter table _yoyo_migration enable row level security")
    with pytest.raises(UnavailableError) as caught:
        await verify(reading)
    assert caught.value.code == "ledger-hidden"


async def test_nothing_is_written_or_locked(project: Project, db: Connection, monkeypatch: pytest.MonkeyPatch):
    """No transaction id is used, so that no row can have changed, and no lock is held but the weakest."""
    config = project(FILES)
    await up(config)
    held: list[set[tuple[str, str]]] = []
    findings = checking.findings

    async def watched(session: Any, *arguments: Any, **named: Any) -> Any:
        rows = await db.fetch("select locktype, mode from pg_locks where pid = $1", session.pid)
        held.append({(row["locktype"], row["mode"]) for row in rows})
        return await findings(session, *arguments, **named)

    monkeypatch.setattr(checking, "findings", watched)
    used = []
    for _ in range(5):  # a vacuum of the server's own may use an id, too
        before = await db.fetchval("select pg_snapshot_xmax(pg_current_snapshot())::text")
        await verify(config)
        used.append(await db.fetchval("select pg_snapshot_xmax(pg_current_snapshot())::text") == before)
        if used[-1]:
            break
    assert used[-1]
    assert {("relation", "AccessShareLock"), ("virtualxid", "ExclusiveLock")} >= held[0] > set()
    assert await db.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0
