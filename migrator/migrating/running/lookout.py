"""Watching a run from a second session, but only where a statement takes so long that it may be waiting for a lock.

Once the wait is over, nobody knows any more who it was. A quick run never opens the second session. Whatever goes wrong
here (no connection left, a right that is missing) is kept from the run: then less is known, no more.
"""

import asyncio
from dataclasses import replace
from time import monotonic
from types import TracebackType
from typing import Self

from migrator.database.address.target import Target
from migrator.database.sessions.opening import open_session
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError
from migrator.events import Emit
from migrator.events.blocking import Blocked, Blocker
from migrator.migrating.planning.step import Step
from migrator.migrating.running.message import OPENING, application

FIRST = 1.0
"""Seconds that a statement runs before we look, or a quarter of its `lock_timeout`, where that is less."""

LONGEST = 5.0
"""Seconds between two looks at most, or half of the `lock_timeout`."""

SOONEST = 0.02

LAST_ANSWER = 1.0
"""Seconds for a question that is under way when the run ends."""


class Lookout:
    """Looks out for one run: entered before its first attempt, left behind its last.

    Attributes:
        pid: the run's backend; None where a pooler hides it.
    """

    def __init__(self, target: Target, lock_timeout: float, emit: Emit) -> None:
        self.pid: int | None = None
        self._target = replace(target, application_name="migrator: who blocks us")
        self._emit = emit
        self._first = max(SOONEST, min(FIRST, lock_timeout / 4)) if lock_timeout else FIRST
        self._longest = max(self._first, min(LONGEST, lock_timeout / 2)) if lock_timeout else LONGEST
        self._pause = self._first
        self._since = monotonic()
        self._step: Step | None = None
        self._statement = 0
        self._session: Session | None = None
        self._asking = False
        self._leaving = False
        self._known: tuple[str, tuple[Blocker, ...]] = ("", ())
        self._told: tuple[str, frozenset[object]] = ("", frozenset())
        self._task: asyncio.Task[None] | None = None

    def reach(self, step: Step, statement: int) -> None:
        """A statement is sent, or the server has come to it; 0 stands for what is before the first."""
        if statement == OPENING or self._known[0] != step.migration.id:
            self._known = ("", ())
        self._step, self._statement = step, statement
        self._since, self._pause = monotonic(), self._first

    def rest(self) -> None:
        """Nothing runs until something is reached again."""
        self._step = None

    @property
    def seen(self) -> tuple[Blocker, ...]:
        """Who blocked the migration that was reached last, when we looked last."""
        return self._known[1]

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._look_out())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        if self._task is not None:
            if self._asking:  # one round trip; to cancel a question takes a connection more
                await asyncio.wait([self._task], timeout=LAST_ANSWER)
            if self._session is not None:
                self._session.abandon()  # ends a question that a dead network keeps from being cancelled
            self._task.cancel()
            await asyncio.wait([self._task], timeout=LAST_ANSWER)
            if self._task.done() and not self._task.cancelled():
                self._task.exception()
        if self._session is not None:
            self._session.abandon()

    async def _look_out(self) -> None:
        looked = 0.0
        while not self._leaving:
            due = max(self._since, looked) + self._pause - monotonic()
            if due > 0 or self._step is None:
                await asyncio.sleep(max(due, self._first / 2))
                continue
            try:
                await self._look()
            except (MigratorError, TimeoutError):
                return
            looked = monotonic()
            self._pause = min(self._longest, self._pause * 1.5)

    async def _look(self) -> None:
        from migrator.migrating.running import blockers

        if self._session is None:
            self._session = await open_session(self._target)
        step, statement, since = self._step, self._statement, self._since
        if step is None:
            return
        self._asking = True
        try:
            found = await blockers.ask(self._session, pid=self.pid, application=application(step))
        finally:
            self._asking = False
        if since != self._since or self._step is not step:
            return  # the answer may be about the statement before
        id_ = step.migration.id
        self._known = (id_, found.blockers if found else ())
        if found is None:
            return
        oldest = max((each.open for each in found.blockers if each.open is not None), default=FIRST)
        who = (id_, frozenset(each.pid or each.prepared for each in found.blockers))
        # an index build waits for every transaction that began before it; the short ones are not worth a word
        if who == self._told or (found.snapshot and oldest < FIRST):
            return
        self._told = who
        self._emit(
            Blocked(
                id=id_,
                direction=step.direction,
                statement=statement,
                lock=found.lock,
                relation=found.relation,
                snapshot=found.snapshot,
                waited=monotonic() - since,
                blockers=found.blockers,
            )
        )
