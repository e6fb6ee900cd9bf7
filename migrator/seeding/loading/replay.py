"""A transaction of seeding again, while what stopped it passes by itself; and what became of its files."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from migrator.database import protection
from migrator.database.sessions.session import Session
from migrator.errors import ServerError, ServerReport
from migrator.events import Emit, FileSkipped
from migrator.events.seeding import Counts, SeedOutcome
from migrator.seeding.books.ledger import LOADED_MEANWHILE
from migrator.seeding.loading.blame import explain
from migrator.seeding.loading.staging import Stage
from migrator.seeding.preparing.shapes import FileLoad
from migrator.seeding.preparing.spool import Spool

REPLAYED = frozenset({"40P01", "40001", "55P03", protection.PROTECTED_MEANWHILE})
"""Deadlock, serialization failure, lock not available: the other side is done in a moment, so the file goes again."""

REPLAYS = 3


def _passes(report: ServerReport, stages: list[Stage]) -> bool:
    """Whether the file may go through the next time: somebody was in the way, or inserted our key meanwhile."""
    if report.sqlstate == "23505":
        return report.constraint in {stage.load.key.name for stage in stages if stage.load.key is not None}
    return report.sqlstate in REPLAYED


async def replayed(
    once: Callable[[], Awaitable[list[list[int]]]], session: Session, stages: list[Stage], spool: Spool, schema: str
) -> list[list[int]] | None:
    """What `once` returns, which opens and commits a transaction; None where another run has loaded its files.

    Tries again, at most three times, what passes by itself. Raises the failure at the line of the file; the
    transaction is rolled back then.
    """
    for attempt in range(REPLAYS + 1):
        try:
            return await once()
        except BaseException as error:
            await session.give_up()
            if not isinstance(error, ServerError):
                raise
            if error.report.sqlstate == LOADED_MEANWHILE:
                return None
            if error.report.sqlstate == protection.PROTECTED_MEANWHILE:  # unless it is unprotected again
                await protection.admit(session, schema, "seed", confirmed=None)
            if not _passes(error.report, stages) or attempt == REPLAYS:
                raise explain(error, stages, spool) from error
        await asyncio.sleep(random.uniform(0.02, 0.2) * (attempt + 1))  # noqa: S311 - jitter needs no secrecy
    message = "the last attempt returns or raises"
    raise AssertionError(message)


def loaded(load: FileLoad, stages: Sequence[Stage], counts: Sequence[list[int]], duration: float) -> SeedOutcome:
    """What became of a file that is committed."""
    tables = {
        stage.load.table.name: Counts(inserted=inserted, updated=updated, unchanged=unchanged, deleted=deleted)
        for stage, (inserted, updated, unchanged, deleted) in zip(stages, counts, strict=True)
        if stage.load.file.name == load.file.name
    }
    return SeedOutcome(path=load.file.shown, state="loaded", tables=tables, duration=duration)


def loaded_meanwhile(load: FileLoad, emit: Emit) -> SeedOutcome:
    """What became of a file that another run has loaded; tells it."""
    reason = "another run has loaded it meanwhile"
    emit(FileSkipped(path=load.file.shown, state="unchanged", reason=reason))
    return SeedOutcome(path=load.file.shown, state="unchanged", reason=reason)
