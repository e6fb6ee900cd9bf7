"""A plan carried out: under the lock, made again whenever others were faster, tried again when it met a lock."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from migrator.config import Config
from migrator.database.rights import refuse_unfit
from migrator.database.role import refuse_role
from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError, MigratorError, ServerError, UnavailableError
from migrator.events import Emit, Planned, Waiting
from migrator.events.blocking import Blocker
from migrator.events.migrating import Done
from migrator.migrating.books import ledger
from migrator.migrating.books.entries import Entries
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.lock import (
    Held,
    by_row,
    hold,
    in_the_way,
    named,
    noted_elsewhere,
    rest,
    row_holder,
    taken_by_other,
)
from migrator.migrating.files.migration import Migration
from migrator.migrating.planning.step import Step
from migrator.migrating.running.alone import alone_from, announce
from migrator.migrating.running.beginning import adoption, creation, frame, prepare
from migrator.migrating.running.execute import Execution
from migrator.migrating.running.keeping import Keeping, drift, kept, open_, tell
from migrator.migrating.running.lookout import Lookout
from migrator.migrating.running.message import milliseconds
from migrator.migrating.running.retries import Retries
from migrator.migrating.running.sharing import refuse_pooler, refuse_stepwise
from migrator.migrating.running.turns import FenceLostError, RunLostError, UnpreparedError

Planner = Callable[[Ledger], tuple[Step, ...]]
"""What a run has to do, given what the database knows."""


@dataclass(slots=True, kw_only=True)
class Attempts:
    """One run, from its first attempt to its end.

    Attributes:
        session: where.
        config: waiting, retries, names.
        plan: makes the plan under the lock.
        migrations: adopted where another tool has applied them.
        emit: hears what happens.
        one_by_one: send a statement at a time.
        allow_transaction_pooler: run on the ledger's fence alone where sessions do not hold.
        planned_once: what is left is the rest of the first plan; for `down` and `redo`, whose plan made again after
            half of it is done would go further than the user asked.
        done: what is committed.
        after: what the ledger said on a new connection, where the first one was lost.
        seen: what the database knew when the last attempt began, read under the lock.
        drift: how many objects were not as the record has them when the first attempt began.
    """

    session: Session
    config: Config
    plan: Planner
    migrations: Sequence[Migration]
    emit: Emit
    one_by_one: bool = False
    allow_transaction_pooler: bool | None = None
    planned_once: bool = False
    done: list[Done] = field(default_factory=list)
    seen: Ledger | None = None
    after: Ledger | None = None
    drift: int | None = None
    _first: tuple[Step, ...] | None = None
    _separately: bool = False
    _told: tuple[int | None, str | None] | None = None
    _lookout: Lookout = field(init=False)

    def __post_init__(self) -> None:
        """Nothing runs yet, so nothing is looked out for."""
        self._lookout = Lookout(self.session.target, self.config.lock_timeout, self.emit)

    async def carry_out(self, known: Ledger) -> tuple[Done, ...]:
        """As `run`; where the connection is lost, the ledger is asked on a new one what is committed.

        Raises `ConnectionLostError`, or `WorkError` with the same code where something is committed or may be.
        """
        try:
            return await self.run(known)
        except RunLostError as lost:
            from migrator.migrating.running.recovery import recover

            earlier = self.done[: len(self.done) - len(lost.trail.seen)]
            self.done, found = await recover(lost, self.session, self.config, self.emit, earlier=earlier)
            self.after = found.ledger
            return tuple(self.done)
        except MigratorError as error:
            if error.code == "connection-lost" and error.outcome is None:
                # between two attempts, or before the first one: nothing was on its way
                kept = f"{len(self.done)} of this run stay committed, and nothing else was changed"
                error.outcome = kept if self.done else "nothing was changed"
            raise

    async def run(self, known: Ledger) -> tuple[Done, ...]:
        """Carry out the plan; `known` is what was read without the lock.

        Writes; waits for the lock and for a `yoyo` that runs up to `config.wait` seconds; a migration that met a lock,
        a deadlock or a serialization failure is tried again up to `config.lock_retries` times. Raises `MigratorError`
        with `.done`.
        """
        await refuse_unfit(self.session, self.config.readers)
        await refuse_role(self.session, self.config)
        fresh = not known.applied
        lost = False
        async with self._lookout:
            while True:
                try:
                    if lost:  # in here, so that what goes wrong meanwhile is told with what is committed
                        lost = False
                        await self._wait_for_other(known.entries)
                    await self._turn(known, fresh=fresh)
                except UnpreparedError:
                    self._separately = True
                    known = replace(known, missing=False)
                except FenceLostError:
                    known, lost = replace(known, missing=False), True
                except MigratorError as error:
                    error.done = tuple(done.id for done in self.done)
                    # no lock or no connection is exit 3 only where nothing of the run is committed
                    if isinstance(error, UnavailableError) and error.done:
                        raise error.after_work() from error.__cause__
                    raise
                else:
                    return tuple(self.done)

    async def _turn(self, known: Ledger, *, fresh: bool) -> None:
        """Under the lock, until it is done; a turn that others keep from getting further was spent on waiting."""
        before = len(self.done)
        with self.session.patience.unless(lambda: len(self.done) > before):
            async with self._locked(known.entries.schema) as held:
                await self._until_done(known, held, fresh=fresh)

    async def _until_done(self, known: Ledger, held: Held, *, fresh: bool) -> None:
        """Attempts until one is whole or the retries are spent, all of them under the lock.

        The lock is kept while a retry is waited for. Otherwise another runner would take its turn in the pause, and the
        readers of the table would have no rest between the two. It is a session's lock: no transaction is open, and
        nobody but another runner waits for it.
        """
        retries = Retries(limit=self.config.lock_retries, lock_timeout=self.config.lock_timeout)
        while True:
            try:
                await self._attempt(known, held, fresh=fresh)
            except MigratorError as error:
                error.blockers = await self._blockers(error)
                again = retries.again(error, error.blockers)
                if again is None:
                    raise
                known = replace(known, missing=False)
                self.emit(again)
                await asyncio.sleep(again.pause)
            else:
                return

    async def _blockers(self, error: MigratorError) -> tuple[Blocker, ...]:
        """Who blocked a migration that failed: whom the lookout saw, or whom a deadlock's report names."""
        from migrator.migrating.running.blame import passes
        from migrator.migrating.running.blockers import describe, in_deadlock

        cause = error.__cause__
        if not isinstance(cause, ServerError) or not passes(cause.report):
            return ()
        if cause.report.sqlstate == "40P01" and cause.report.detail:
            pids = in_deadlock(cause.report.detail)
            with contextlib.suppress(MigratorError):
                return await describe(self.session, pids) if pids else ()
        return self._lookout.seen

    async def _attempt(self, known: Ledger, held: Held, *, fresh: bool) -> None:
        session, config = self.session, self.config
        makes_tables = not known.ready and not self._separately
        if not makes_tables:
            await prepare(session, config, known, self.emit)
        # where there was no table there is no entry: should somebody have been faster than us, the fence tells
        now = known if known.missing and not held.waited else await ledger.read(session, config, observe=True)
        await refuse_pooler(session, allowed=self.allow_transaction_pooler)  # the lock may have found one out
        if session.target.kind == "transaction-pooler" and held.release:
            raise FenceLostError  # the lock is on a backend that is not ours: give it back, and go on without
        self.seen = now
        steps = self._steps(now)
        if not steps:
            return
        refuse_stepwise(session, steps)
        alone = alone_from(steps, now, one_by_one=self.one_by_one)
        if not self._first:
            self._first = steps
            self.emit(Planned(direction=steps[-1].direction, ids=tuple(step.migration.id for step in steps)))
            announce(steps, now, alone, one_by_one=self.one_by_one, emit=self.emit)
        keeping = await self._keep(now)
        release = "" if session.pooled else held.release
        farewell = release if keeping is None else ""
        shared = frame(session, config, now, steps, farewell=farewell)
        making = ["set local client_min_messages = warning", creation(config, known)] if makes_tables else []
        books = adoption(config, now, self.migrations)
        bounded = f"set local lock_timeout = {milliseconds(config.lock_timeout)}"
        settings = [*shared.session.lasting, *shared.session.passing, bounded]
        before = "; ".join(["begin", *settings, *making, *books, "commit"])
        execution = Execution(
            session,
            steps,
            shared,
            self.emit,
            self._lookout,
            alone_from=alone,
            fresh=fresh,
            before=f"{before};\n",
            makes_tables=makes_tables,
            earlier=tuple(done.id for done in self.done),
        )
        async with kept(keeping, execution):
            await self._execute(execution, now, held)
        sent = keeping is None or await keeping.close(release=release)
        held.released = held.released or (sent and release != "")

    async def _execute(self, execution: Execution, now: Ledger, held: Held) -> None:
        try:
            await execution.run()
        except ConnectionLostError as error:
            raise RunLostError(execution.trail(now, held.pid), error) from error
        except asyncio.CancelledError:
            from migrator.migrating.running.recovery import after_cancel

            await after_cancel(self.session, self.config, execution.trail(now, held.pid), self.emit)
            raise
        finally:
            self.done += execution.done

    async def _keep(self, now: Ledger) -> Keeping | None:
        """What the record needs to know beforehand; drift is told of once."""
        keeping = await open_(self.session, self.config, now, self.emit)
        if self.drift is None:
            found = drift(keeping)
            self.drift = len(found)
            tell(found, self.emit)
        return keeping

    def _steps(self, now: Ledger) -> tuple[Step, ...]:
        if self.planned_once and self._first:
            from migrator.migrating.planning.refusals import gone_meanwhile
            from migrator.migrating.planning.resume import refreshed

            left = self._first[len(self.done) :]
            if left and left[0].direction == "down" and now.entry(left[0].migration.id) is None:
                raise gone_meanwhile(left[0])
            return tuple(refreshed(step, now.note(step.migration.id)) for step in left[:1]) + left[1:]
        return self.plan(now)

    @asynccontextmanager
    async def _locked(self, schema: str) -> AsyncIterator[Held]:
        async with hold(self.session, schema, emit=self.emit) as held:
            self._lookout.pid = held.pid
            yield held

    async def _wait_for_other(self, entries: Entries) -> None:
        """Another runner has what we were about to do: a `yoyo` command, or a `migrate` whose lock a pooler lost."""
        from migrator.migrating.running.blockers import writers

        with self.session.patience.waiting():
            rows = await self.session.read(entries.holder())
            patience = self.session.patience.left
            seen = await writers(self.session, entries.tables) or self._lookout.seen
            holder = by_row(rows, patience=patience) or in_the_way(seen, patience=patience)
            if patience <= 0:
                raise self._patience_is_spent(entries, rows, holder)
            if (holder.pid, holder.application) != self._told:
                self.emit(holder)
                self._told = (holder.pid, holder.application)
            await rest(at_most=patience, times=2)

    def _patience_is_spent(self, entries: Entries, rows: list[Any], holder: Waiting) -> UnavailableError:
        seconds = self.session.patience.given
        outcome = f"nothing {'else ' if self.done else ''}was changed in the {seconds:g} s that this run waited"
        foreign = () if self.seen is None else sorted(self.seen.foreign)
        if foreign and not rows:
            return noted_elsewhere(foreign[0], self.config.schema, outcome=outcome)
        return taken_by_other(entries.kind, row_holder(rows) or named(holder), outcome=outcome)
