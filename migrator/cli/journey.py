"""One command's way from its options to its result: configuration, question, job, and words for an early end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from migrator import events
from migrator.cli.render.safe import line
from migrator.cli.signals import stoppable
from migrator.cli.stopping import Course, Stop, interrupted
from migrator.cli.terminal import answer, has_terminal
from migrator.config import Address, Config, load_config, without_file
from migrator.errors import InputError, InterruptedWorkError, ProtectedError, StateError
from migrator.events.database import Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from migrator.cli.options import Common
    from migrator.cli.order import Job, Order
    from migrator.cli.render import Renderer
    from migrator.cli.render.result import Result
    from migrator.events import Event


def _shown(value: object) -> str:
    """A setting's value; an address, which may hold a password, is not shown here."""
    if isinstance(value, Address):
        return "set"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


class Journey:
    """Carries one order; remembers what a message about an interruption needs."""

    def __init__(self, order: Order, common: Common, renderer: Renderer, stop: Stop) -> None:
        self.order = order
        self.common = common
        self.renderer = renderer
        self.stop = stop
        self._told: set[Told] = set()
        self._course = Course(order.command)

    def configure(self, environ: Mapping[str, str], cwd: Path) -> Config:
        """The configuration of this run. Raises `InputError`."""
        flags = {**self.order.flags, **self.common.flags}
        if self.order.founding:
            config = without_file(flags, environ=environ, cwd=cwd)
        else:
            config = load_config(flags, environ=environ, cwd=cwd, offline=self.order.offline)
        for told in config.told:
            if not (self.order.serving and told.code == "migrations-chosen"):
                self.emit(told)
        if self.common.verbose:
            for name, origin in config.origins.items():
                if origin != "default":
                    self.emit(
                        Told(code="setting", message=f"`{name}` is {_shown(getattr(config, name))}, from {origin}")
                    )
        return config

    def emit(self, event: Event) -> None:
        """Pass an event to the renderer; what was told once is not told again."""
        # `events.X` is loaded where its case is reached: those of every run stand first
        match event:
            case Told():
                if event in self._told or (event.verbose and not self.common.verbose):
                    return
                self._told.add(event)
            case events.Applying():
                self._course.running = (event.id, event.statement, event.total)
                self._course.direction = event.direction
            case events.Applied():
                self._course.running = None
                self._course.ended(event.id)
            case events.Planned() | events.Noticed():
                pass
            case events.Halted():
                self._course.halted = event
            case events.Retrying():
                self._course.running = None
            case events.FileLoaded():
                self._course.ended(event.path)
            case _:
                pass
        self.renderer.event(event)

    async def carry(self, job: Job, config: Config) -> Result:
        """Do a job until it ends or a signal stops it. Raises what the job raises, or `InterruptedWorkError`."""

        async def work() -> Result:
            return await job(config, self.emit)

        try:
            return await stoppable(work(), self.stop, first=self._stopping, second=self.renderer.close)
        except InterruptedWorkError as error:
            error.done = error.done or tuple(self._course.done)
            raise
        except asyncio.CancelledError:
            raise interrupted(self.stop, self._course) from None

    def _stopping(self) -> None:
        self.emit(Told(code="stopping", message="stopping: the running statement is cancelled"))

    def require_terminal(self) -> None:
        """Refuse where nobody can be asked. Raises `InputError`."""
        if not has_terminal():
            raise InputError(
                f"`migrate {self.order.command}` asks before it changes anything, and there is no terminal to ask on",
                code="confirmation-needed",
                hint="give `--yes` where nobody can be asked",
            )

    def ask(self, shown: Result) -> bool:
        """Show what would happen and ask; False where nothing would. Raises `StateError` when the answer is no."""
        question = self.order.question(shown)
        if question is None:
            return False
        self.renderer.preview(shown)
        if answer(f"{question} [y/N] ").lower() not in {"y", "yes"}:
            raise StateError("the answer was no", code="declined", outcome="nothing was changed")
        return True

    def confirm(self, error: ProtectedError) -> Job:
        """Ask for the name of a protected database; the job that may go on.

        Raises the error itself where nobody can be asked, and `StateError` when another name is typed.
        """
        if self.order.confirmed is None or not has_terminal():
            raise error
        where, name = line(error.address), line(error.database)
        typed = answer(f"{where} is protected: type the database's name, `{name}`, to go on: ")
        if typed != error.database:
            raise StateError(
                "that is not the database's name", code="declined", outcome="nothing was changed"
            ) from error
        return self.order.confirmed(typed)
