"""That a run was asked to stop, by which signal, and what to say about it.

SIGINT and SIGTERM end a command cleanly: its job is cancelled, cancels its statement and rolls back. A second signal
ends the process at once; the server notices within a second that its client is gone and rolls back by itself.
"""

import contextlib
import signal
from dataclasses import dataclass
from types import FrameType

from migrator.errors import InterruptedWorkError

STOPPING = (signal.SIGINT, signal.SIGTERM)


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


def interrupted(stop: Stop, *, done: tuple[str, ...] = (), running: str | None = None) -> InterruptedWorkError:
    """The error of a run that was asked to stop."""
    at = f" while {running}" if running else ""
    return InterruptedWorkError(
        f"{stop.word}{at}",
        code=stop.word,
        outcome="what was committed stays, everything else is rolled back" if done else "nothing was changed",
        hint="run the command again to go on",
        done=done,
    )


def hear_termination() -> None:
    """Let SIGTERM raise `TerminatedError` while no job runs, so that even then one document is written."""

    def raise_it(_number: int, _frame: FrameType | None) -> None:
        raise TerminatedError

    with contextlib.suppress(ValueError):  # only the main thread may
        signal.signal(signal.SIGTERM, raise_it)
