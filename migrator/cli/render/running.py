"""What runs just now: lines that move on a terminal, nothing but a sign of life in a pipe."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from migrator.cli.render import words
from migrator.cli.render.pen import Pen
from migrator.cli.render.safe import line

if TYPE_CHECKING:
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

    def examining(self, name: str) -> None:
        """A step of an examination has begun."""

    def examined(self, name: str) -> None:
        """It is done."""

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
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None
        self._current: Applying | None = None
        self._since = 0.0
        self._next = 0.0

    def keep(self, text: str) -> None:
        """A line that stays."""
        with self._lock:
            self._pen.line(text)

    def planned(self, event: Planned) -> None:
        """Told by the line that stays."""

    def statement(self, event: Applying) -> None:
        """Start the clock of a migration."""
        if self._quiet:
            return
        with self._lock:
            if self._current is None or self._current.id != event.id:
                self._since = time.monotonic()
                self._next = self._first_sign
            self._current = event
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()

    def applied(self, event: Applied) -> None:  # noqa: ARG002 - one migration runs at a time
        """Stop the clock."""
        with self._lock:
            self._current = None

    def rows(self, event: FileLoading) -> None:
        """Told by the line that stays."""

    def file_ended(self, path: str) -> None:
        """Told by the line that stays."""

    def examining(self, name: str) -> None:
        """Told by the line that stays."""

    def examined(self, name: str) -> None:
        """Told by the line that stays."""

    def close(self) -> None:
        """Nothing runs any more."""
        self._closed.set()
        with self._lock:
            self._current = None

    def _watch(self) -> None:
        while not self._closed.wait(self._first_sign / 10):
            with self._lock:
                now, passed = self._current, time.monotonic() - self._since
                if now is not None and passed >= self._next:
                    self._next = passed * 2
                    said = f"statement {now.statement} of {now.total}, for {words.duration(passed)}"
                    self._pen.line(f"running {line(now.id)}, {said}")
