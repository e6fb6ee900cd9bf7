"""Sending a plan: messages for what runs in transactions, a statement at a time for what cannot.

Whatever happens, the ledger is asked afterwards: what it says is what happened.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, ServerError
from migrator.events import Emit
from migrator.events.migrating import Done
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.planning.step import Step
from migrator.migrating.running.lookout import Lookout
from migrator.migrating.running.message import DURABLE, LIMIT, OPENING, Frame, Mark, Message, pack, pieces
from migrator.migrating.running.turns import FenceLostError, Trail, UnpreparedError
from migrator.migrating.running.watch import Watch


class Execution:
    """One run of a plan over one session that holds the lock."""

    def __init__(
        self,
        session: Session,
        steps: Sequence[Step],
        frame: Frame,
        emit: Emit,
        lookout: Lookout,
        *,
        alone_from: int,
        fresh: bool,
        before: str = "",
        makes_tables: bool = False,
        earlier: tuple[str, ...] = (),
    ) -> None:
        self._session = session
        self._steps = steps
        self._frame = frame
        self._alone_from = alone_from
        self._fresh = fresh
        self._before = before
        self._makes_tables = makes_tables
        self._earlier = earlier
        self._watch = Watch(steps, frame, emit, lookout)

    @property
    def done(self) -> list[Done]:
        """What was seen committed."""
        return self._watch.done

    @property
    def changed(self) -> bool:
        """Something may be committed: a step, or a part of one that has no transaction."""
        return bool(self.done) or not all(step.script.transactional for step in self._steps)

    def trail(self, before: Ledger, backend: int | None) -> Trail:
        """What is known of this run, for whoever has to find out the rest."""
        return Trail(
            steps=self._steps,
            frame=self._frame,
            before=before,
            reached=self._watch.last,
            seen=tuple(self._watch.done),
            backend=backend,
        )

    async def run(self) -> None:
        """Apply or roll back every step, in order; from step `alone_from` on, a statement at a time.

        Writes. Raises a `MigratorError` with `.done` at the first that fails, after rolling it back, and
        `FenceLostError` when another runner has one of them.
        """
        with self._session.listening(self._watch.hear):
            if self._before and not self._steps[0].script.transactional:
                await self._run_before()
            for first, group in groups(self._steps, self._alone_from):
                self._watch.lookout.reach(group[0], OPENING)
                if group[0].script.transactional:
                    await self._send(first, group)
                else:
                    from migrator.migrating.running.stepwise import Stepwise

                    done = (*self._earlier, *(each.id for each in self._watch.done))
                    one = Stepwise(self._session, self._steps, first, self._frame, self._watch)
                    await one.run(done=done, fresh=self._fresh)

    async def _run_before(self) -> None:
        try:
            await self._session.run(self._before)
        except ServerError as error:
            from migrator.migrating.planning.resume import stays
            from migrator.migrating.running.blame import ENTRY_TAKEN, Culprit, refusal

            await self._session.rollback()
            if self._makes_tables:
                raise UnpreparedError from None
            if error.report.sqlstate in ENTRY_TAKEN:
                raise FenceLostError from error
            step = self._steps[0]
            raise refusal(
                error.report,
                Culprit(step=0, statement=OPENING),
                self._steps,
                done=self._earlier,
                parsed=True,
                fresh=self._fresh,
                stays=stays(step.migration.id, step.done, step.total, step.direction),
                kept=step.done > 0,
                resumes=0,
                retry=True,
            ) from error

    async def _send(self, first: int, group: Sequence[Step]) -> None:
        before = self._before if first == 0 else ""
        alone = first >= self._alone_from
        parts = pieces(group, self._frame, first=first, marks=not alone, before=before)
        messages = pack(parts, 0 if alone else LIMIT)
        following = [next(messages, None)]
        while (message := following.pop() if following else next(messages, None)) is not None:
            if alone:
                self._announce(message)
            # behind the sending: the next message is made while the server works on this one
            asyncio.get_running_loop().call_soon(lambda: following.append(next(messages, None)))
            try:
                await self._session.run(message.text)
            except MigratorError as error:
                self._watch.lookout.rest()
                await self._session.settle()
                if not isinstance(error, ServerError):
                    raise
                raise await self._explain(error, message) from error
            await self._session.settle()
            if alone:
                self._conclude(message)

    def _announce(self, message: Message) -> None:
        """Without marks: one piece travels alone, so what is sent is what runs."""
        (piece,) = message.pieces
        if 0 < piece.statement <= self._steps[piece.step].total:
            self._watch.reach(Mark(step=piece.step, statement=piece.statement))

    def _conclude(self, message: Message) -> None:
        (piece,) = message.pieces
        if piece.statement == self._steps[piece.step].committed:
            self._watch.reach(Mark(step=piece.step, statement=piece.statement))

    async def _explain(self, error: ServerError, message: Message) -> Exception:
        from migrator.migrating.running.blame import culprit, is_fence, is_noted, refusal

        began = self._watch.last is not None and self._watch.last.step >= message.pieces[0].step
        found = culprit(error.report, message, self._watch.last, self._steps)
        await self._session.rollback()
        if self._makes_tables and (found.step, found.statement) == (0, OPENING):
            return UnpreparedError()
        if found.step > 0:
            with contextlib.suppress(ServerError):
                await self._session.run(DURABLE)
        step = self._steps[found.step]
        if is_fence(found, error.report) or is_noted(found, error.report, step, self._frame.own):
            return FenceLostError()
        before = await committed(self._session, self._frame, self._steps[: found.step])
        done = (*self._earlier, *(step.migration.id for step in before))
        return refusal(error.report, found, self._steps, done=done, parsed=began, fresh=self._fresh)


def groups(steps: Sequence[Step], alone_from: int) -> list[tuple[int, list[Step]]]:
    """The steps as runs that travel together, with the index of the first: a file without a transaction is alone.

    `alone_from` is where statements begin to travel by themselves, and so another run.
    """
    found: list[tuple[int, list[Step]]] = []
    for index, step in enumerate(steps):
        if found and index != alone_from and step.script.transactional and found[-1][1][-1].script.transactional:
            found[-1][1].append(step)
        else:
            found.append((index, [step]))
    return found


async def committed(session: Session, frame: Frame, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Those of the steps that the ledger says are done, in order."""
    if not steps:
        return ()
    try:
        (present,) = await session.read(frame.entries.among([step.migration.id for step in steps]))
    except ServerError as error:
        if error.report.sqlstate != "42P01":
            raise
        return ()  # the tables would have been made by the message that was refused
    return tuple(
        step
        for step in steps
        if not step.migration.post_apply and (step.migration.id in present) == (step.direction == "up")
    )
