"""A plan carried out: under the lock, made again whenever others were faster, tried again when it met a lock."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from time import monotonic

from migrator.config import Config
from migrator.database.session import Session
from migrator.errors import MigratorError, UnavailableError
from migrator.events import Emit, Noticed, Planned, Waiting
from migrator.events.migrating import Done
from migrator.migrating import ledger
from migrator.migrating.blame import FenceLostError, UnpreparedError
from migrator.migrating.entries import Entries
from migrator.migrating.execute import Execution
from migrator.migrating.ledger import Ledger
from migrator.migrating.lock import POLL, Held, hold, taken_by_other
from migrator.migrating.message import LIMIT, Step
from migrator.migrating.migration import Migration
from migrator.migrating.run import adoption, creation, frame, prepare
from migrator.migrating.sharing import refuse_stepwise

Planner = Callable[[Ledger], tuple[Step, ...]]
"""What a run has to do, given what the database knows."""

BACKOFF = (0.1, 5.0)
"""Seconds before the first retry and at most before a later one; each waits twice as long as the one before."""


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
        seen: what the database knew when the last attempt began, read under the lock.
    """

    session: Session
    config: Config
    plan: Planner
    migrations: Sequence[Migration]
    emit: Emit
    one_by_one: bool = False
    allow_transaction_pooler: bool = False
    planned_once: bool = False
    done: list[Done] = field(default_factory=list)
    seen: Ledger | None = None
    _first: tuple[Step, ...] | None = None
    _separately: bool = False

    async def run(self, known: Ledger) -> tuple[Done, ...]:
        """Carry out the plan; `known` is what was read without the lock.

        Writes; waits for the lock and for a `yoyo` that runs up to `config.wait` seconds; a migration that met a lock,
        a deadlock or a serialization failure is tried again up to `config.lock_retries` times. Raises `MigratorError`
        with `.done`.
        """
        deadline = monotonic() + self.config.wait
        fresh = not known.applied
        tries = 0
        while True:
            try:
                known = await self._attempt(known, fresh=fresh)
            except UnpreparedError:
                self._separately = True
                known = replace(known, missing=False)
            except FenceLostError:
                known = replace(known, missing=False)
                await self._wait_for_other(known.entries, deadline)
            except MigratorError as error:
                error.done = tuple(done.id for done in self.done)
                if error.code != "lock-timeout" or tries >= self.config.lock_retries:
                    # no lock or no connection is exit 3 only where nothing of the run is committed
                    if isinstance(error, UnavailableError) and error.done:
                        raise error.after_work() from error.__cause__
                    raise
                tries += 1
                known = replace(known, missing=False)
                await self._back_off(error, tries)
            else:
                return tuple(self.done)

    async def _attempt(self, known: Ledger, *, fresh: bool) -> Ledger:
        session, config = self.session, self.config
        async with self._locked(known.entries.schema) as held:
            makes_tables = not known.ready and not self._separately
            if not makes_tables:
                await prepare(session, config, known)
            # where there was no table there is no entry: should somebody have been faster than us, the fence tells
            now = known if known.missing and not held.waited else await ledger.read(session, config, observe=True)
            self.seen = now
            steps = self._steps(now)
            if not steps:
                return known
            refuse_stepwise(session, steps)
            alone = self.one_by_one or bool(now.observers) or not now.plpgsql
            if not self._first:
                self._first = steps
                self.emit(Planned(direction=steps[-1].direction, ids=tuple(step.migration.id for step in steps)))
                self._tell(steps, now, alone=alone)
            shared = frame(session, config, now, steps, farewell=held.release)
            making = ["set local client_min_messages = warning", creation(config, known)] if makes_tables else []
            books = adoption(config, now, self.migrations)
            before = "; ".join(["begin", shared.settings_again, *making, *books, "commit"])
            execution = Execution(
                session,
                steps,
                shared,
                self.emit,
                limit=0 if alone else LIMIT,
                fresh=fresh,
                before=f"{before};\n",
                makes_tables=makes_tables,
                earlier=tuple(done.id for done in self.done),
            )
            try:
                await execution.run()
                held.released = True
            finally:
                self.done += execution.done
        return replace(now, missing=False, ready=True)

    def _steps(self, now: Ledger) -> tuple[Step, ...]:
        if self.planned_once and self._first:
            return self._first[len(self.done) :]
        return self.plan(now)

    @asynccontextmanager
    async def _locked(self, schema: str) -> AsyncIterator[Held]:
        if self.session.target.kind == "transaction-pooler":
            # no session to hold a lock: the fence of every migration has to do
            yield Held(release="", released=True)
            return
        async with hold(self.session, schema, wait=self.config.wait, emit=self.emit) as held:
            yield held

    def _tell(self, steps: Sequence[Step], now: Ledger, *, alone: bool) -> None:
        if alone and now.observers:
            what = f"`{now.observers[0]}` stores the text of every message, so each statement is sent by itself"
            self.emit(Noticed(severity="NOTICE", message=what))
        for step in steps:
            for warning in step.migration.warnings if step.direction == "up" else ():
                self.emit(warning)

    async def _back_off(self, error: MigratorError, tries: int) -> None:
        longest = min(BACKOFF[1], BACKOFF[0] * 2**tries)
        pause = random.uniform(longest / 2, longest)  # noqa: S311 - jitter needs no secrecy
        what = f"{error.message}: {error.detail}; it was rolled back and is tried again in {pause:.1f} s"
        left = f"try {tries} of {self.config.lock_retries}"
        self.emit(Noticed(severity="NOTICE", message=f"{what} ({left})", migration=error.migration))
        await asyncio.sleep(pause)

    async def _wait_for_other(self, entries: Entries, deadline: float) -> None:
        """Another runner has what we were about to do: a `yoyo` command, or a `migrate` whose lock a pooler lost."""
        rows = await self.session.read(entries.holder())
        patience = max(0.0, deadline - monotonic())
        if patience <= 0:
            raise taken_by_other(
                f"process {rows[0]['pid']}, for {rows[0]['age']} s" if rows else "another session",
                outcome=f"nothing was changed in the {self.config.wait:g} s that this run waited",
            )
        self.emit(Waiting(what="lock", patience=patience))
        await asyncio.sleep(random.uniform(*POLL) * 2)  # noqa: S311 - jitter needs no secrecy
