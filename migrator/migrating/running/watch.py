"""Where the server is: marks and notices of a running migration, turned into events."""

from collections.abc import Sequence
from time import monotonic

from migrator.database.sessions.notice import Notice
from migrator.events import Applied, Applying, Emit, Noticed
from migrator.events.migrating import Done
from migrator.migrating.planning.step import Step
from migrator.migrating.running.lookout import Lookout
from migrator.migrating.running.message import OPENING, Frame, Mark, read_mark


class Watch:
    """Listens to one run; `last` is the mark that arrived last, `done` what was seen committed."""

    def __init__(self, steps: Sequence[Step], frame: Frame, emit: Emit, lookout: Lookout) -> None:
        self.steps = steps
        self.frame = frame
        self.emit = emit
        self.lookout = lookout
        self.last: Mark | None = None
        self.done: list[Done] = []
        self._began = 0.0

    def hear(self, notice: Notice) -> None:
        """One message of the server: a mark of ours, or something for the user."""
        mark = read_mark(self.frame, notice.message) if notice.severity == "INFO" else None
        if mark is not None:
            self.reach(mark)
            return
        running = self.steps[self.last.step].migration.id if self.last else None
        self.emit(Noticed(severity=notice.severity, message=notice.message, migration=running, hint=notice.hint))

    def reach(self, mark: Mark) -> None:
        """The server, or whoever sends a statement at a time, has come this far."""
        if self.last is None or self.last.step != mark.step:
            self._began = monotonic()
        self.last = mark
        step = self.steps[mark.step]
        self.lookout.reach(step, mark.statement)
        if mark.statement <= step.total:
            self.emit(
                Applying(id=step.migration.id, direction=step.direction, statement=mark.statement, total=step.total)
            )
        elif mark.statement == step.committed:
            self._conclude(step)
            if mark.step + 1 < len(self.steps):
                self.lookout.reach(self.steps[mark.step + 1], OPENING)

    def _conclude(self, step: Step) -> None:
        id_, duration = step.migration.id, monotonic() - self._began
        self.done.append(Done(id=id_, direction=step.direction, duration=duration, statements=step.total))
        self.emit(Applied(id=id_, direction=step.direction, duration=duration, statements=step.total))
