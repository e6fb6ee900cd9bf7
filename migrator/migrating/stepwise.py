"""A file without a transaction, a statement at a time, with the journal counting what is committed.

yoyo's lock row is committed around it: an uncommitted one would make a `yoyo` command wait for us inside a transaction,
and CREATE INDEX CONCURRENTLY would wait for that transaction.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from migrator.database.session import RESET, Session
from migrator.errors import MigratorError, ServerError
from migrator.migrating import journal
from migrator.migrating.blame import Culprit, FenceLostError, is_fence, refusal
from migrator.migrating.message import OPENING, Frame, Mark, Step, books, milliseconds
from migrator.migrating.migration import Unit
from migrator.migrating.watch import Watch
from migrator.sql.names import literal, quote


class Stepwise:
    """One file without a transaction, in one direction."""

    def __init__(self, session: Session, steps: Sequence[Step], index: int, frame: Frame, watch: Watch) -> None:
        self._session = session
        self._steps = steps
        self._index = index
        self._frame = frame
        self._watch = watch
        self._step = steps[index]
        self._lead = 0

    async def run(self, *, done: Sequence[str], fresh: bool) -> None:
        """Run every statement and note each; `done`, `fresh` as for `blame.refusal`.

        Writes and commits a statement at a time. Raises a `MigratorError` that says which statements stay.
        """
        at = Culprit(step=self._index, statement=OPENING)
        reached = OPENING
        try:
            await self._session.run(self._opening())
            for number, unit in enumerate(self._step.script.statements, 1):
                at = Culprit(step=self._index, statement=number)
                self._watch.reach(Mark(step=self._index, statement=number))
                await self._one(number, unit)
                reached = number
            at = Culprit(step=self._index, statement=self._step.total + 1)
            await self._session.run(self._closing())
        except ServerError as error:
            self._watch.lookout.rest()
            await self._give_back()
            if is_fence(at, error.report):
                raise FenceLostError from error
            raise self._refusal(error, at, reached, done=done, fresh=fresh) from error
        except asyncio.CancelledError:
            with contextlib.suppress(MigratorError):
                async with self._session.within():
                    await self._give_back()
            raise
        await self._session.settle()
        self._watch.reach(Mark(step=self._index, statement=self._step.committed))

    def _refusal(
        self, error: ServerError, at: Culprit, reached: int, *, done: Sequence[str], fresh: bool
    ) -> MigratorError:
        report = error.report
        if report.position is not None and report.internal_query is None:
            at = Culprit(step=at.step, statement=at.statement, offset=report.position - 1 - self._lead)
        id_, total = self._step.migration.id, self._step.total
        stays = {0: f"nothing of `{id_}` is committed", 1: f"statement 1 of {total} stays"}.get(
            reached, f"statements 1-{reached} of {total} stay"
        )
        found = refusal(report, at, self._steps, done=done, parsed=True, fresh=fresh, stays=stays)
        if reached:
            found.hint = (
                f"finish or undo `{id_}` by hand, then `migrate mark {id_} --applied` or "
                f"`migrate mark {id_} --pending`; the index of a failed CREATE INDEX CONCURRENTLY stays INVALID until "
                "it is dropped"
            )
        return found

    def _opening(self) -> str:
        frame, step, entries = self._frame, self._step, self._frame.entries
        id_ = step.migration.id
        if step.migration.post_apply:
            notes = [journal.owed(frame.own, step.migration)]
        elif step.direction == "up":
            notes = [entries.absent(id_), journal.begun(frame.own, entries, step.migration)]
        else:
            notes = [entries.present(id_), journal.undoing(frame.own, entries, id_, step.total)]
        application = literal(f"migrate {step.migration.id}".encode("ascii", "replace").decode()[:63])
        parts = [
            "begin",
            f"set local lock_timeout = {milliseconds(frame.lock_timeout)}",
            entries.lock(frame.pid),
            *notes,
            f"set application_name = {application}",
            *(f"set {quote(name)} = {literal(value)}" for name, value in frame.settings),
            *([f"set role {quote(frame.role)}"] if frame.role is not None else []),
            "commit",
        ]
        return "; ".join(parts)

    async def _one(self, number: int, unit: Unit) -> None:
        """A statement and its note: in one transaction where it may run in one, else one after the other."""
        text = self._step.script.source.text[unit.start : unit.end]
        note = "set local session authorization default; set local role none; " + journal.advance(
            self._frame.own, self._step.migration.id, number
        )
        if unit.alone:
            wait = 0.0 if unit.patient else self._frame.lock_timeout
            await self._session.run(f"set lock_timeout = {milliseconds(wait)}")
            self._lead = 0
            await self._session.run(text)
            await self._session.run(f"begin; {note}; commit")
        else:
            head = f"begin {unit.modes}; set local lock_timeout = {milliseconds(self._frame.lock_timeout)};\n"
            self._lead = len(head)
            await self._session.run(f"{head}{text}\n;\n{note}; commit")

    def _closing(self) -> str:
        frame, step = self._frame, self._step
        parts = [RESET, frame.settings_again, "commit", "begin"]
        began = None
        if step.direction == "up" and not step.migration.post_apply:
            parts.append(frame.entries.record(step.migration))
            began = (
                f"coalesce((select started_at from {quote(frame.own, 'journal')} "
                f"where migration_id = {literal(step.migration.id)}), {frame.entries.began})"
            )
        farewell = [frame.farewell] if self._index == frame.last and frame.farewell else []
        return "; ".join([*parts, *books(frame, self._index, step, began=began), "commit", *farewell])

    async def _give_back(self) -> None:
        """After a failure: no open transaction, no session state, no lock row of ours."""
        await self._session.rollback()
        for sql in self._frame.entries.unlock(self._frame.pid):
            await self._session.run(sql)
