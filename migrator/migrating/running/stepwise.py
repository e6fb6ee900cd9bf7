"""A file without a transaction, a statement at a time, with the journal counting what is committed.

yoyo's lock row is committed around it: an uncommitted one would make a `yoyo` command wait for us inside a transaction,
and CREATE INDEX CONCURRENTLY would wait for that transaction.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError, MigratorError, ServerError, UnavailableError
from migrator.events import Noticed
from migrator.migrating.books import journal
from migrator.migrating.planning.replay import again
from migrator.migrating.planning.resume import doubtful, hashes, stays
from migrator.migrating.planning.step import Step
from migrator.migrating.running.blame import Culprit, is_fence, refusal
from migrator.migrating.running.message import OPENING, Frame, Mark, books
from migrator.migrating.running.single import Single
from migrator.migrating.running.turns import FenceLostError
from migrator.migrating.running.watch import Watch
from migrator.sql.names import literal, quote


class Stepwise:
    """One file without a transaction, in one direction, from its first statement that is not done."""

    def __init__(self, session: Session, steps: Sequence[Step], index: int, frame: Frame, watch: Watch) -> None:
        self._session = session
        self._steps = steps
        self._index = index
        self._frame = frame
        self._watch = watch
        self._step = steps[index]
        self._single = Single(session, self._step, frame, tell=self._tell)

    async def run(self, *, done: Sequence[str], fresh: bool) -> None:
        """Run every statement and note each; `done`, `fresh` as for `blame.refusal`.

        Writes and commits a statement at a time. Raises a `MigratorError` that says which statements stay.
        """
        step = self._step
        at = Culprit(step=self._index, statement=OPENING)
        reached = step.done
        try:
            await self._session.run(self._opening())
            for each in again(step.script, step.done):
                at = Culprit(step=self._index, statement=each.number)
                await self._single.repeat(each)
            if step.done:
                self._tell(f"`{step.migration.id}` goes on behind statement {step.done} of {step.total}")
            for number, unit in enumerate(step.script.statements[step.done :], step.done + 1):
                at = Culprit(step=self._index, statement=number)
                self._watch.reach(Mark(step=self._index, statement=number))
                await self._single.run(number, unit)
                reached = number
            at = Culprit(step=self._index, statement=step.total + 1)
            await self._session.run(self._closing())
        except ServerError as error:
            self._watch.lookout.rest()
            await self._try_to_give_back()
            if is_fence(at, error.report):
                raise FenceLostError from error
            raise self._refusal(error, at, reached, done=done, fresh=fresh) from error
        except ConnectionLostError:
            raise  # whoever asks the ledger on a new connection tells what stays
        except MigratorError as error:
            await self._try_to_give_back()
            raise self._stopped(error, reached) from error
        except asyncio.CancelledError:
            with contextlib.suppress(MigratorError):
                async with self._session.within():
                    await self._give_back()
            raise
        await self._session.settle()
        self._watch.reach(Mark(step=self._index, statement=step.committed))

    def _tell(self, what: str) -> None:
        self._watch.emit(Noticed(severity="NOTICE", message=what, migration=self._step.migration.id))

    def _refusal(
        self, error: ServerError, at: Culprit, reached: int, *, done: Sequence[str], fresh: bool
    ) -> MigratorError:
        report, step, lead = error.report, self._step, self._single.lead
        if (
            report.position is not None
            and report.internal_query is None
            and lead is not None
            and at.statement > reached
        ):
            at = Culprit(step=at.step, statement=at.statement, offset=report.position - 1 - lead)
        # what begins or ends a file, or brings its session back, fails for reasons that no edit of the rest removes
        resumes = reached + 1 if reached < at.statement <= step.total else 0
        unit = step.script.statements[at.statement - 1] if OPENING < at.statement <= step.total else None
        found = refusal(
            report,
            at,
            self._steps,
            done=done,
            parsed=True,
            fresh=fresh,
            stays=stays(step.migration.id, reached, step.total, step.direction),
            kept=reached > 0,
            resumes=None if step.migration.post_apply else resumes,
            retry=unit is not None and at.statement > reached and not doubtful(unit),
        )
        if self._single.left is not None:
            found.outcome = f"{found.outcome}; {self._single.left}"
        if unit is not None and at.statement <= reached:
            found.message = (
                f"`{step.migration.id}` cannot go on: statement {at.statement} of {step.total}, run again for what it "
                "leaves in the session, failed"
            )
        return found

    def _stopped(self, error: MigratorError, reached: int) -> MigratorError:
        error.migration = self._step.migration.id
        error.outcome = stays(self._step.migration.id, reached, self._step.total, self._step.direction)
        return error.after_work() if reached and isinstance(error, UnavailableError) else error

    def _opening(self) -> str:
        frame, step, entries = self._frame, self._step, self._frame.entries
        id_, up = step.migration.id, step.direction == "up"
        known = hashes(step.script)
        notes = [entries.absent(id_) if up else entries.present(id_)]
        if step.migration.post_apply:
            notes = [journal.owed(frame.own, step.migration), journal.running(frame.own, entries, id_)]
        elif step.done or step.unsure:
            notes.append(journal.resumed(frame.own, entries, step.migration, known, done=step.done, up=up))
        elif up:
            notes.append(journal.begun(frame.own, entries, step.migration, known))
        else:
            notes.append(journal.undoing(frame.own, entries, id_, known))
        parts = ["begin", self._single.budget, entries.lock(frame.pid), *notes, *self._single.settings, "commit"]
        return "; ".join(parts)

    def _closing(self) -> str:
        frame, step = self._frame, self._step
        parts = [frame.session.reset, "commit", "begin", *frame.session.passing]
        began = None
        if step.direction == "up" and not step.migration.post_apply:
            parts.append(frame.entries.record(step.migration))
            began = (
                f"coalesce((select started_at from {quote(frame.own, 'journal')} "
                f"where migration_id = {literal(step.migration.id)}), {frame.entries.began})"
            )
        farewell = [frame.farewell] if self._index == frame.last and frame.farewell else []
        return "; ".join([*parts, *books(frame, self._index, step, began=began), "commit", *farewell])

    async def _try_to_give_back(self) -> None:
        # the error that led here is the one to tell; a row that is left behind is removed by the next run
        with contextlib.suppress(ServerError):
            await self._give_back()

    async def _give_back(self) -> None:
        """After a failure: no open transaction, no session state, no lock row of ours, no doubt where there is none."""
        await self._session.rollback()
        # the row that the journal knows, not the one of our process's number: in a container that may be anybody's
        for sql in [*self._single.certainly, *self._frame.entries.remove_dead_lock(self._frame.own)]:
            await self._session.run(sql)
