"""`doctor` through PgBouncer: the mode is found out, and where sessions are shared it says what `up` says."""

from collections.abc import Callable

import pytest

from migrator.config import Address, Config
from migrator.errors import MigratorError
from migrator.events.doctor import DoctorResult, DoctorStep
from migrator.migrating import up
from migrator.project import doctor

Project = Callable[..., Config]
ONE = {"migrations/0001.a.sql": "create table a (n int)"}


def step(result: DoctorResult, name: str) -> DoctorStep:
    (found,) = [each for each in result.steps if each.name == name]
    return found


async def test_transaction_mode(project: Project, bounced: Callable[..., str]):
    """A pooler that shares sessions ends the examination at `pooler`, with the very refusal of `up`."""
    config = project(ONE, database=Address(bounced("transaction"), "test"))
    with pytest.raises(MigratorError) as raised:
        await up(config)
    result, met = await doctor(config), raised.value
    assert (met.exit_code, met.code, "--allow-transaction-pooler" in (met.hint or "")) == (
        3,
        "transaction-pooler",
        True,
    )
    assert result.error is not None
    assert (result.error.exit_code, result.error.code, result.error.message, result.error.hint) == (
        met.exit_code,
        met.code,
        met.message,
        met.hint,
    )
    assert (step(result, "pooler").state, step(result, "version").state) == ("failed", "not-reached")


async def test_transaction_mode_that_is_allowed(project: Project, bounced: Callable[..., str]):
    """With the word of `up` it goes on behind such a pooler, to the end, and warns."""
    config = project(ONE, database=Address(bounced("transaction"), "test"))
    result = await doctor(config, allow_transaction_pooler=True)
    assert (result.error, step(result, "pooler").state, step(result, "ledger").state) == (None, "warning", "ok")
    assert result.database is not None
    assert result.database.kind == "transaction-pooler"
    assert [each.id for each in (await up(config, allow_transaction_pooler=True)).done] == ["0001.a"]
    assert "1 applied, 0 pending" in step(await doctor(config, allow_transaction_pooler=True), "ledger").message


async def test_session_mode(project: Project, bounced: Callable[..., str]):
    """A pooler in session mode is named, and the examination goes on to its end behind it."""
    result = await doctor(project(ONE, database=Address(bounced("session"), "test")))
    assert result.error is None
    assert (step(result, "pooler").message, step(result, "pooler").facts) == (
        "a pooler in session mode, where locks hold",
        {"kind": "session-pooler", "known_by": "probe"},
    )
    assert step(result, "ledger").state == "ok"


async def test_settings_of_the_address_count(project: Project, bounced: Callable[..., str]):
    """Behind a pooler the settings of the address are set for each question, and none of them stays."""
    address = f"{bounced('session')}?options=-c%20search_path%3Dpg_catalog"
    result = await doctor(project(ONE, database=Address(address, "test")))
    assert step(result, "search_path").facts["current_schema"] == "pg_catalog"
