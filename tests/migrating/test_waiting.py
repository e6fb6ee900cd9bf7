"""What a run tells when its connection ends while it waits for another runner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from migrator.config import Config
from migrator.database.sessions.patience import Patience
from migrator.errors import ConnectionLostError, WorkError
from migrator.events import ignore
from migrator.events.migrating import Done
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.yoyo_tables import YoyoTables
from migrator.migrating.running import attempts
from migrator.migrating.running.attempts import Attempts
from migrator.migrating.running.turns import FenceLostError


async def test_a_connection_lost_while_waiting_for_another_runner_tells_what_is_committed(
    monkeypatch: pytest.MonkeyPatch,
):
    """What the run has committed is told, and the exit code says that there is something."""

    async def fit(*_: object) -> None: ...

    @asynccontextmanager
    async def locked(*_: object) -> AsyncIterator[None]:
        yield

    async def fenced(*_: object, **__: object) -> None:
        raise FenceLostError

    async def lost(*_: object) -> None:
        raise ConnectionLostError("lost", code="connection-lost")

    monkeypatch.setattr(attempts, "refuse_unfit", fit)
    monkeypatch.setattr(attempts, "Lookout", lambda *_: locked())
    monkeypatch.setattr(Attempts, "_locked", locked)
    monkeypatch.setattr(Attempts, "_until_done", fenced)
    monkeypatch.setattr(Attempts, "_wait_for_other", lost)
    config = cast("Config", SimpleNamespace(lock_timeout=1.0, wait=1.0, readers=(), role=None))
    run = Attempts(
        session=cast("Any", SimpleNamespace(target=None, patience=Patience(1.0))),
        config=config,
        plan=lambda _: (),
        migrations=(),
        emit=ignore,
    )
    run.done.append(Done(id="1", direction="up", duration=None, statements=1))
    with pytest.raises(WorkError) as failed:
        await run.carry_out(Ledger(entries=YoyoTables(schema="public"), ready=True, applied={}))
    assert (failed.value.code, failed.value.done) == ("connection-lost", ("1",))
