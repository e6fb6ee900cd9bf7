"""How far a run came by the ledger's entries alone, for a ledger that keeps no log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import cast

import pytest
from test_message import step

from migrator.database.address.target import Target
from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError
from migrator.migrating.books.ledger import JournalEntry, Ledger, LedgerEntry
from migrator.migrating.books.yoyo_tables import YoyoTables
from migrator.migrating.planning.step import Step
from migrator.migrating.running import aftermath
from migrator.migrating.running.aftermath import by_entries

UP = [step("1", "a"), step("2", "b"), step("3", "c")]
DOWN = [Step(migration=each.migration, direction="down", script=each.script) for each in reversed(UP)]
REDO = [DOWN[0], UP[2]]


def ledger(*ids: str, duration: float | None = None, loose: tuple[str, ...] = ()) -> Ledger:
    """A ledger with these entries and, of those, when they were applied; one of `loose` is half done."""

    def note(state: str) -> JournalEntry:
        return JournalEntry(state=state, sha256=None, sha256_without_comments=None, done=1, total=2, duration=duration)

    at = datetime(2026, 11, 25, tzinfo=UTC)
    entries = {id_: LedgerEntry(id=id_, applied_at=at, journal=note("applied")) for id_ in ids}
    return Ledger(
        entries=YoyoTables(schema="public"), ready=True, applied=entries, loose={id_: note("partial") for id_ in loose}
    )


@pytest.mark.parametrize(
    ("steps", "before", "after", "number"),
    [
        (UP, ledger(), ledger(), 0),
        (UP, ledger(), ledger("1", "2"), 2),
        (UP, ledger(), ledger("1", "2", loose=("2",)), 1),
        (UP, ledger(), ledger("1", "2", "3"), 3),
        (DOWN, ledger("1", "2", "3"), ledger("1", "2", "3"), 0),
        (DOWN, ledger("1", "2", "3"), ledger("1"), 2),
        (DOWN, ledger("1", "2", "3"), ledger("1", "2", loose=("2",)), 1),
        (REDO, ledger("3", duration=1.0), ledger("3", duration=1.0), 0),
        (REDO, ledger("3", duration=1.0), ledger(), 1),
        (REDO, ledger("3", duration=1.0), ledger("3", duration=2.0), 2),
    ],
)
def test_entries_tell_how_far_a_run_came(steps: list[Step], before: Ledger, after: Ledger, number: int):
    """An entry that has come, gone or been made anew is a step that is committed; the first that has not ends it."""
    assert by_entries(steps, before, after) == number


async def test_a_connection_that_is_lost_with_every_question_is_not_opened_in_a_busy_loop(
    monkeypatch: pytest.MonkeyPatch,
):
    """Where connecting works but each question loses the connection, there is a pause before the next one."""
    opened = 0

    @asynccontextmanager
    async def lost(*_: object, **__: object) -> AsyncIterator[Session]:
        nonlocal opened
        opened += 1
        await asyncio.sleep(0)
        raise ConnectionLostError("lost", code="connection-lost")
        yield

    async def question(_: Session) -> int:
        return 0

    monkeypatch.setattr(aftermath, "connect_again", lost)
    with pytest.raises(ConnectionLostError):
        await aftermath.asked(cast("Target", None), "select 0", question, patience=0.3)
    assert 1 < opened < 20
