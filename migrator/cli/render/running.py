"""What runs just now: lines that move on a terminal, nothing but a sign of life in a pipe."""

import threading
import time
from typing import Protocol

from migrator.cli.render import words
from migrator.cli.render.pen import Pen
from migrator.cli.render.safe import line
from migrator.events import Applied, Applying, FileLoading, Planned

FIRST_SIGN = 10.0
"""Seconds after which a pipe hears that something still runs; then again after twice as long, each time."""


class Running(Protocol):
    """The present, shown beside the lines that stay."""

    def keep(self, text: str) -> None:
        """A line that stays."""

    def planned(self, event: Planned) -> None:
        """How much there is to do."""

    def statement(self, event: Applying) -> None:
        """A statement has begun."""

    def applied(self, event: Applied) -> None:
        """A migration is committed."""

    def rows(self, event: FileLoading) -> None:
        """A seed file is on its way."""

    def file_ended(self, path: str) -> None:
        """A seed file is loaded or rolled back."""

    def close(self) -> None:
        """Nothing runs any more."""


class Plain:
    """For pipes and logs: only final lines, and a sign of life where one migration takes long.

    Some CI systems end a job that says nothing for ten minutes, and a person wants to know which statement it is.
    """

    def __init__(self, pen: Pen, *, quiet: bool = False, first_sign: float = FIRST_SIGN) -> None:
        self._pen = pen
        self._quiet = quiet
        self._first_sign = first_sign
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._current: Applying | None = None
        self._since = 0.0

    def keep(self, text: str) -> None:
        """A line that stays."""
        with self._lock:
            self._pen.line(text)

    def planned(self, event: Planned) -> None:
        """Told by the line that stays."""

    def statement(self, event: Applying) -> None:
        """Start the clock of a migration."""
        with self._lock:
            new = self._current is None or self._current.id != event.id
            self._current = event
            if new and not self._quiet:
                self._since = time.monotonic()
                self._arm(self._first_sign)

    def applied(self, event: Applied) -> None:  # noqa: ARG002 - one migration runs at a time
        """Stop the clock."""
        self.close()

    def rows(self, event: FileLoading) -> None:
        """Told by the line that stays."""

    def file_ended(self, path: str) -> None:
        """Told by the line that stays."""

    def close(self) -> None:
        """Stop the clock."""
        with self._lock:
            self._current = None
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _arm(self, patience: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(patience, self._sign, (patience,))
        self._timer.daemon = True
        self._timer.start()

    def _sign(self, patience: float) -> None:
        with self._lock:
            now = self._current
            if now is None:
                return
            passed = words.duration(time.monotonic() - self._since)
            self._pen.line(f"running {line(now.id)}, statement {now.statement} of {now.total}, for {passed}")
            self._arm(patience * 2)
