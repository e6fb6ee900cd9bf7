"""Supabase's pooler has two doors: commands that migrate take the one by session, whatever the address says."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrator.config import Address, Config
from migrator.database.address import pooler
from migrator.database.address.dsn import parse
from migrator.database.connect import connect
from migrator.errors import MigratorError
from migrator.events import Event
from migrator.events.database import Told
from migrator.migrating import down, mark, protect, redo, up
from migrator.project import reset, status
from migrator.seeding import seed

NAME = "aws-0-eu-central-1.pooler.supabase.com"
Job = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize(
    ("job", "migrates"),
    [
        (up, True),
        (lambda config, emit: up(config, dry_run=True, emit=emit), True),
        (down, True),
        (redo, True),
        (lambda config, emit: mark(config, ("0001",), state="applied", emit=emit), True),
        (protect, True),
        (reset, True),
        (status, False),
        (seed, False),
    ],
    ids=["up", "up --dry-run", "down", "redo", "mark", "protect", "reset", "status", "seed"],
)
async def test_what_migrates_goes_through_the_door_by_session(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refusing: Callable[..., Awaitable[Any]],
    job: Job,
    migrates: bool,  # noqa: FBT001 - a parameter of the test
):
    """Port 6543 becomes 5432, same host, same login, and the run says so; what needs no session stays where it is."""
    by_transaction, by_session = await refusing(("28P01", "no")), await refusing(("28P01", "no"))
    monkeypatch.setattr(pooler, "TRANSACTION_PORT", by_transaction.port)
    monkeypatch.setattr(pooler, "DEFAULT_PORT", by_session.port)
    for path, text in (("migrations/0001.a.sql", "create table a ()"), ("seeds/a.yaml", "a:\n  - id: 1\n")):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text)
    text = f"host={NAME} hostaddr=127.0.0.1 port={by_transaction.port} user=postgres.ref password=x dbname=postgres"
    config = Config(root=tmp_path, database=Address(text, "test"))
    config = replace(config, migrations=(tmp_path / "migrations",), seeds=(tmp_path / "seeds",))
    events: list[Event] = []
    with pytest.raises(MigratorError) as raised:
        await job(config, emit=events.append)
    told = [event.message for event in events if isinstance(event, Told) and event.code == "pooler-port"]
    notice = (
        f"port {by_transaction.port} pools by transaction and cannot migrate: "
        f"connecting to {NAME}:{by_session.port} instead"
    )
    assert (raised.value.code, told) == ("wrong-password", [notice] if migrates else [])
    logins = [(login["user"], login["database"]) for login in (by_session if migrates else by_transaction).logins]
    assert (logins, len(by_transaction.logins) + len(by_session.logins)) == ([("postgres.ref", "postgres")], 1)


async def test_who_asks_for_everything_hears_where_each_part_is_from(tmp_path: Path, dsn: str):
    """`-v` names the variable, the file or the default behind each part that the address leaves open."""
    target = parse(Address(dsn, "test"), {})
    found = target.hosts[0]
    environ = {"PGUSER": target.user, "PGPORT": str(found.port), "HOME": str(tmp_path)}
    if target.password is not None:
        environ["PGPASSWORD"] = target.password.reveal()
    config = Config(
        root=tmp_path, database=Address(f"host={found.name} dbname={target.database}", "test"), environ=environ
    )
    events: list[Event] = []
    async with connect(config, events.append):
        pass
    told = [(event.message, event.verbose) for event in events if isinstance(event, Told)]
    assert {("`port` of the address is from PGPORT", True), ("`user` of the address is from PGUSER", True)} <= set(told)
