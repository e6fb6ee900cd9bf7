"""Keeping the record of the schema: what a run itself has changed goes into it, and nothing else.

The catalog is read before the run and after it, both under the run's lock. A policy that somebody dropped by hand on
Monday is missing in both, so it is no part of what Tuesday's deploy changed: the record still has it. The record is
no reason for a deploy to fail: where it cannot be kept, the run says so and goes on, and the record no longer counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from migrator.config import Config
from migrator.database import own
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, ServerError
from migrator.events import Emit, Noticed
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.scope import scope
from migrator.migrating.running.execute import Execution
from migrator.schema import reading, record
from migrator.schema.compare import Difference, compare
from migrator.schema.objects import Schema
from migrator.schema.record import ACCEPT, Record
from migrator.schema.scope import Scope

STOPPING = 3.0
"""Seconds that a run which was told to stop may still take for its record."""

SHOWN = 5
"""Objects that a notice names."""


@dataclass(slots=True, kw_only=True)
class Keeping:
    """The record of one attempt, open: what was there before it.

    Attributes:
        session: where; it holds the lock.
        config: names.
        scope: what is compared.
        emit: hears why the record could not be kept.
        recorded: what the record said; None where nothing was applied before, so that there is none.
        before: the schema before the run; None likewise.
    """

    session: Session
    config: Config
    scope: Scope
    emit: Emit
    recorded: Schema | None
    before: Schema | None

    async def close(self, *, release: str = "") -> bool:
        """Read the schema and write the record; True where `release`, which travels behind it, was run.

        Two round trips. Raises nothing but a cancellation.
        """
        try:
            after = await reading.read(self.session, self.scope)
            recorded = after
            if self.recorded is not None and self.before is not None:
                recorded = record.with_changes(self.recorded, self.before, after)
            await self._write(recorded, release)
        except MigratorError as error:
            await self.session.give_up()
            _not_kept(self.emit, error)
            return False
        return True

    async def _write(self, recorded: Schema, release: str) -> None:
        before = None if self.recorded is None else self.recorded.ledger
        sql = record.writing(self.config.schema, recorded, instead_of=before)
        message = "; ".join(filter(None, [sql, release]))
        try:
            await self.session.run(message)
        except ServerError as error:
            await self.session.rollback()
            if error.report.sqlstate != "42P01":
                raise
            await own.ensure(self.session, self.config, self.emit)  # tables of a version that kept no record
            await self.session.run(message)

    async def close_in_haste(self) -> None:
        """The same for a run that was told to stop: a few seconds at most, and only where the session still answers."""
        if self.session.closed:
            return
        try:
            async with self.session.within(STOPPING):
                await self.close()
        except MigratorError as error:
            _not_kept(self.emit, error)


@asynccontextmanager
async def kept(keeping: Keeping | None, execution: Execution) -> AsyncIterator[None]:
    """Keep the record of a run that fails in the block, or is told to stop, as far as anything of it is committed."""
    try:
        yield
    except asyncio.CancelledError:
        if keeping is not None and execution.changed:
            await keeping.close_in_haste()
        raise
    except Exception:
        if keeping is not None and execution.changed:
            await keeping.close()
        raise


async def open_(session: Session, config: Config, now: Ledger, emit: Emit) -> Keeping | None:
    """What has to be known before a run for its record to be kept; None where there is none to keep.

    There is none where migrations were applied that no record tells of: by another tool, or by a run that was cut off.
    The caller holds the lock. Two round trips, none where our schema is still to be made; writes nothing.
    """
    seen = scope(config, replace(now, missing=False, entries=now.entries.made))
    if not now.ours and not now.applied:
        return Keeping(session=session, config=config, scope=seen, emit=emit, recorded=None, before=None)
    try:
        known = await record.load(session, config.schema)
        if known is None:
            if now.applied:
                return None
            return Keeping(session=session, config=config, scope=seen, emit=emit, recorded=None, before=None)
        before = await reading.read(session, scope(config, now))
    except MigratorError as error:
        if session.closed:
            raise
        _not_kept(emit, error)
        return None
    if not counts(known, before):
        return None
    return Keeping(session=session, config=config, scope=seen, emit=emit, recorded=known.schema, before=before)


def counts(known: Record, live: Schema) -> bool:
    """The record is of this very state of the ledger, and of objects that can be compared with those of today."""
    return known.readable and known.schema.ledger == live.ledger and known.schema.supabase == live.supabase


def drift(keeping: Keeping | None) -> tuple[Difference, ...]:
    """What was not as the record has it when the run began; what goes with another difference is not told again."""
    if keeping is None or keeping.recorded is None or keeping.before is None:
        return ()
    found = compare(keeping.recorded, keeping.before).differences
    if not found:
        return ()
    from migrator.schema.gathering import gathered

    return tuple(each.difference for each in gathered(found, keeping.recorded, keeping.before))


def tell(found: tuple[Difference, ...], emit: Emit) -> None:
    """Announce drift: a deploy goes on, and does not make it part of the record."""
    if not found:
        return
    words = {"missing": "is missing", "extra": "is not in the record", "changed": "was changed"}
    named = [f"{each.kind} `{each.identity}` {words[each.change]}" for each in found[:SHOWN]]
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    emit(
        Noticed(
            severity="WARNING",
            message=f"drift before this run: {', '.join([*named, *more])}",
            hint=f"`migrate verify` shows it; it stays drift after this run. {ACCEPT}",
            code="drift-before",
        )
    )


def _not_kept(emit: Emit, error: MigratorError) -> None:
    emit(
        Noticed(
            severity="WARNING",
            message=f"the record of the schema could not be kept: {error.message}",
            hint=f"until then `migrate verify` has nothing to compare with. {ACCEPT}",
            code="record-not-kept",
        )
    )
