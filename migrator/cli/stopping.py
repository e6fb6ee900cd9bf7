"""That a run was asked to stop, by which signal, and what to say about it.

SIGINT and SIGTERM end a command cleanly: its job is cancelled, cancels its statement and rolls back. A second signal
ends the process at once; the server notices within a second that its client is gone and rolls back by itself.
"""

from __future__ import annotations

import contextlib
import shlex
import signal
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING

from migrator.cli.render.words import listing
from migrator.errors import InterruptedWorkError

if TYPE_CHECKING:
    from migrator.events.running import Halted

STOPPING = (signal.SIGINT, signal.SIGTERM)

SCRATCH = {"check": "nothing was changed but in the scratch database", "verify": "nothing was changed"}
"""Commands whose migrations and seeds go to a scratch database alone, and what is true when they are stopped."""


class TerminatedError(BaseException):
    """SIGTERM arrived while no job was running; like KeyboardInterrupt, not for `except Exception`."""


@dataclass(slots=True)
class Stop:
    """Which signal asked the run to stop; `by` is None as long as none did."""

    by: signal.Signals | None = None

    @property
    def exit_code(self) -> int:
        """130 for SIGINT, 143 for SIGTERM, as shells have it."""
        return 128 + (self.by or signal.SIGINT)

    @property
    def word(self) -> str:
        """What happened to the run."""
        return "terminated" if self.by == signal.SIGTERM else "interrupted"


@dataclass(slots=True)
class Course:
    """How far a run has come, as its events tell: for what is said when it is stopped.

    Attributes:
        command: the command's name.
        done: ids of migrations and paths of seed files that are committed.
        running: the migration that runs, its statement and how many it has.
        direction: whether it is being applied or rolled back.
        halted: what is true of it, where the job has told.
    """

    command: str = ""
    done: list[str] = field(default_factory=list)
    running: tuple[str, int, int] | None = None
    direction: str = "up"
    halted: Halted | None = None

    def ended(self, name: str) -> None:
        """A migration or a seed file is committed; in a scratch database that is worth no word."""
        if self.command not in SCRATCH:
            self.done.append(name)


def interrupted(stop: Stop, course: Course) -> InterruptedWorkError:
    """The error of a run that was asked to stop."""
    at = ""
    if course.running is not None:
        migration, statement, total = course.running
        at = f" while `{migration}` ran, statement {statement} of {total}"
    return InterruptedWorkError(
        f"{stop.word}{at}",
        code=stop.word,
        outcome=_outcome(course),
        hint=_way_on(course),
        migration=course.running[0] if course.running else None,
        statement=course.running[1] if course.running else None,
        done=tuple(course.done),
    )


def _way_on(course: Course) -> str:
    if course.command in SCRATCH:
        return "run the command again"
    if course.command == "down" and course.done:
        return (
            "to go on, ask for the rest alone: `migrate down --steps N`, or `--to ID`; the same again goes further back"
        )
    if course.command == "redo" and course.done:
        return "`migrate up` applies it again; another `migrate redo` would begin with the migration before it"
    if course.halted is not None and course.halted.unsure:
        return f"look at what it has done, then `migrate mark {shlex.quote(course.halted.id)} --applied` or `--pending`"
    return "run the command again to go on"


def _outcome(course: Course) -> str:
    if course.command == "reset":
        return "the database may be half built"
    if course.command in SCRATCH:
        return SCRATCH[course.command]
    parts = []
    if course.done:
        what = "rolled back" if course.command in {"down", "redo"} else "committed"
        parts.append(f"{listing(course.done)} {'stays' if len(course.done) == 1 else 'stay'} {what}")
    if course.halted is not None:
        parts.append(_halted(course.halted))
    elif course.running is not None:
        state = "is not applied" if course.direction == "up" else "is still applied"
        parts.append(f"`{course.running[0]}` {state}")
    if not course.done:
        parts.append("nothing else was changed" if parts else "nothing was changed")
    return "; ".join(parts)


def _halted(halted: Halted) -> str:
    """What is true of the migration that was stopped."""
    id_ = halted.id
    if halted.stays is None:
        return f"whether `{id_}` is committed could not be asked: `migrate status` tells"
    if halted.unsure:
        return f"what statement {halted.stays + 1} of {halted.total} of `{id_}` has committed by itself stays"
    index = ", and the index that it was building stays INVALID" if halted.building else ""
    if halted.stays:
        some = "statement 1 stays" if halted.stays == 1 else f"statements 1-{halted.stays} stay"
        return f"of `{id_}` {some} committed ({halted.total} in all){index}"
    return f"`{id_}` {'is not applied' if halted.direction == 'up' else 'is still applied'}{index}"


def hear_termination() -> None:
    """Let SIGTERM raise `TerminatedError` while no job runs, so that even then one document is written."""

    def raise_it(_number: int, _frame: FrameType | None) -> None:
        raise TerminatedError

    with contextlib.suppress(ValueError):  # only the main thread may
        signal.signal(signal.SIGTERM, raise_it)
