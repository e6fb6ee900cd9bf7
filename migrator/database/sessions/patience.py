"""One patience for everything in a run that passes by itself: what one wait has spent, the next one has no more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic


class Patience:
    """Seconds that a run may spend on waiting, in all; the work between two waits does not count.

    Attributes:
        given: the seconds it began with, as `--wait` says.
    """

    def __init__(self, seconds: float) -> None:
        self.given = seconds
        self._spent = 0.0
        self._since: float | None = None

    @property
    def spent(self) -> float:
        """Seconds that were waited so far, a wait that goes on included."""
        return self._spent + (0.0 if self._since is None else monotonic() - self._since)

    @property
    def left(self) -> float:
        """Seconds that may still be waited; 0 when the patience is at its end."""
        return max(0.0, self.given - self.spent)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time of the block; a wait inside another one counts once."""
        if self._since is not None:
            yield
            return
        self._since = monotonic()
        try:
            yield
        finally:
            self._spent, self._since = self.spent, None

    @contextmanager
    def unless(self, worked: Callable[[], bool]) -> Iterator[None]:
        """Count the time of a block that turns out to have got nowhere: `worked` is asked at its end."""
        began, before = monotonic(), self.spent
        try:
            yield
        finally:
            if not worked():
                self._spent += max(0.0, monotonic() - began - (self.spent - before))
