"""One statement of a file without a transaction, and its note in the journal.

A statement that may run in a transaction shares one with its note: both are there, or neither. For one that may not,
the journal says beforehand that it is in doubt. A crash leaves that doubt to the next run (see doubt.py); a failure
that the server reports leaves none.
"""

import contextlib
from collections.abc import Callable

from migrator.database.sessions.session import Session
from migrator.errors import MigratorError, ServerError
from migrator.migrating.books import journal
from migrator.migrating.files.migration import Unit
from migrator.migrating.planning.replay import Again
from migrator.migrating.planning.resume import repeatable
from migrator.migrating.planning.step import Step
from migrator.migrating.running.doubt import Doubt
from migrator.migrating.running.message import Frame, application, milliseconds
from migrator.sql.names import literal, quote
from migrator.sql.statement import Statement

OUR_ROLE = "set local session authorization default; set local role none"
"""The books are kept by the role that connected, whatever the file has become."""


class Single:
    """Runs the statements of one step.

    Attributes:
        lead: how many characters of the last message stood before the user's statement; None where none was sent.
        left: what a statement that failed has left all the same, in words.
    """

    def __init__(self, session: Session, step: Step, frame: Frame, tell: Callable[[str], None]) -> None:
        self._session = session
        self._step = step
        self._frame = frame
        self._doubt = Doubt(session, tell=tell)
        self._reported = False
        self.lead: int | None = None
        self.left: str | None = None
        # a file that has its own idea of how long to wait is left with it
        at = step.script.source.text.lower().find("lock_timeout")
        self._own_budget_from = at if at >= 0 else len(step.script.source.text)

    @property
    def budget(self) -> str:
        """SQL for how long a statement of a transaction may wait for a lock."""
        return f"set local lock_timeout = {milliseconds(self._frame.lock_timeout)}"

    @property
    def settings(self) -> list[str]:
        """SQL for what the file's session begins with."""
        frame = self._frame
        return [
            f"set application_name = {literal(application(self._step))}",
            f"set lock_timeout = {milliseconds(frame.lock_timeout)}",
            *([frame.session.calm(local=False)] if frame.session.pooled else []),
            *frame.session.chosen(local=False),
            *([f"set role {quote(frame.role)}"] if frame.role is not None else []),
        ]

    @property
    def certainly(self) -> list[str]:
        """SQL for the journal after a failure: the server has said no to the statement that was in doubt."""
        return [journal.become(self._frame.own, self._step.migration.id, self._state)] if self._reported else []

    @property
    def _state(self) -> str:
        if self._step.migration.post_apply:
            return "owed"
        return "partial" if self._step.direction == "up" else "undoing"

    async def repeat(self, again: Again) -> None:
        """Run what an earlier run left in its session once more, in one transaction."""
        head = f"begin {again.modes}; {self.budget};\n"
        self.lead = len(head)
        for text in again.texts:
            await self._session.run(f"{head}{text}")
            head = ""
            self.lead = 0
        await self._session.run("commit")

    async def run(self, number: int, unit: Unit) -> None:
        """Run unit `number` and note it as done: in one transaction where it may run in one."""
        source = self._step.script.source
        note = f"{OUR_ROLE}; {journal.advance(self._frame.own, self._step.migration.id, number, self._state)}"
        if unit.alone:
            await self._alone(number, unit, note)
            return
        budget = f" {self.budget};" if unit.start < self._own_budget_from else ""
        head = f"begin {unit.modes};{budget}\n"
        self.lead = len(head)
        await self._session.run(f"{head}{source.text[unit.start : unit.end]}\n;\n{note}; commit")

    async def _alone(self, number: int, unit: Unit, note: str) -> None:
        statement = Statement(source=self._step.script.source, start=unit.start, end=unit.end)
        before, after = self._lock_timeout(unit)
        doubt = ""
        if not (repeatable(unit) or self._step.migration.post_apply):
            note_of_doubt = journal.become(self._frame.own, self._step.migration.id, f"{self._state}-unsure")
            doubt = f"begin read write; {OUR_ROLE}; {note_of_doubt}; commit; "
        self.lead = None
        unsure = self._step.unsure and number == self._step.done + 1
        if doubt or before:
            await self._session.run(f"{doubt}{before}")
        text = await self._doubt.settle(statement, name=unit.name, unsure=unsure)
        if text is not None:
            if unit.name == "DISCARD ALL":  # it would also give our lock away
                text = "; ".join([self._frame.session.reset, *self.settings, "commit"])
            self.lead = 0
            try:
                await self._session.run(text)
            except ServerError:
                self._reported = True
                self.left = await self._left(unit, statement)
                raise
            self.lead = None
            await self._doubt.confirm(statement, name=unit.name)
        await self._session.run(f"{after}begin read write; {note}; commit")

    async def _left(self, unit: Unit, statement: Statement) -> str | None:
        """What a statement that failed has left all the same, in words."""
        if unit.name in {"CALL", "DO"}:
            return f"what `{unit.name}` had committed by itself stays, too"
        with contextlib.suppress(MigratorError):  # the failure itself is what has to be told
            if index := await self._doubt.invalid(statement, name=unit.name):
                return f"the index `{index}` is INVALID until the next run drops it"
        return None

    def _lock_timeout(self, unit: Unit) -> tuple[str, str]:
        """SQL before and after a statement that runs outside of transactions, for how long it may wait for a lock."""
        if unit.start < self._own_budget_from:
            wait = 0.0 if unit.patient else self._frame.lock_timeout
            return f"set lock_timeout = {milliseconds(wait)}", ""
        if not unit.patient:
            return "", ""
        kept = "select pg_catalog.set_config('migrator.lock_timeout', current_setting('lock_timeout'), false)"
        back = "select pg_catalog.set_config('lock_timeout', current_setting('migrator.lock_timeout'), false); "
        return f"{kept}; set lock_timeout = 0", back
