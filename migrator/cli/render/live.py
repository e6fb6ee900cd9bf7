"""A terminal's moving lines: the migration that runs and for how long, a bar per seed file. The only import of rich.

They appear only when something takes long enough for a person to wonder; a thousand quick migrations neither flicker
nor pay for it, and rich is not even imported.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from migrator.cli.render import words
from migrator.cli.render.pen import Pen
from migrator.cli.render.safe import line
from migrator.events import Applied, Applying, Planned

if TYPE_CHECKING:
    import rich.console
    import rich.live
    import rich.table

    from migrator.events import FileLoading

TICK = 0.1
"""Seconds between two looks at what runs."""

PATIENCE = 0.3
"""Seconds that something runs before it is shown."""


@dataclass(slots=True, kw_only=True)
class _Item:
    """One moving line: a migration's statements have no bar, they differ too much in length."""

    said: str
    since: float
    done: int = 0
    total: int | None = None


def pace(item: _Item, now: float) -> str:
    """How fast rows travel, and for how long they will: nothing before it can be told, or when all are sent."""
    passed = now - item.since
    if item.total is None or not 0 < item.done < item.total or passed < PATIENCE:
        return ""
    left = passed * (item.total - item.done) / item.done
    return f", {round(item.done / passed):,} rows/s, {words.duration(left)} left"


class Live:
    """Moving lines at the bottom, the lines that stay above them."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._pen = Pen(stream)
        self._colour = colour
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._ticker: threading.Thread | None = None
        self._items: dict[str, _Item] = {}
        self._shown: rich.live.Live | None = None
        self._total = 0
        self._applied = 0

    def keep(self, text: str) -> None:
        """A line that stays, above the moving ones."""
        with self._lock:
            if self._shown is None:
                self._pen.line(text)
                return
            from rich.text import Text

            self._shown.console.print(Text.from_ansi(text), soft_wrap=True)

    def planned(self, event: Planned) -> None:
        """How many migrations there are."""
        self._total, self._applied = len(event.ids), 0

    def statement(self, event: Applying) -> None:
        """The running migration's line: which statement of how many, which migration of how many."""
        said = f"statement {event.statement} of {event.total}"
        if self._total > 1:
            said += f", migration {min(self._applied + 1, self._total)} of {self._total}"
        with self._lock:
            item = self._items.get(event.id)
            self._items[event.id] = _Item(said=said, since=item.since if item else time.monotonic())
        self._watch()

    def applied(self, event: Applied) -> None:
        """Its line goes; the line that stays says the rest."""
        self._applied += 1
        self._hide(event.id)

    def rows(self, event: FileLoading) -> None:
        """A seed file's line: rows sent of rows there are, then that the server merges them."""
        said = f"{event.rows:,} of {event.total:,} rows"
        if event.rows >= event.total:
            said = f"{event.total:,} rows sent, the server merges them"
        with self._lock:
            item = self._items.get(event.path)
            self._items[event.path] = _Item(
                said=said,
                since=item.since if item else time.monotonic(),
                done=event.rows,
                total=event.total,
            )
        self._watch()

    def file_ended(self, path: str) -> None:
        """Its line goes."""
        self._hide(path)

    def examining(self, name: str) -> None:
        """A step's line, for one that is not done at once."""
        with self._lock:
            self._items[name] = _Item(said="", since=time.monotonic())
        self._watch()

    def examined(self, name: str) -> None:
        """Its line goes."""
        self._hide(name)

    def close(self) -> None:
        """Take all moving lines away and give the cursor back."""
        self._closed.set()
        with self._lock:
            self._items.clear()
            self._stop()

    def _hide(self, name: str) -> None:
        with self._lock:
            self._items.pop(name, None)
            if not self._items:
                self._stop()

    def _stop(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            self._shown = None

    def _watch(self) -> None:
        if self._ticker is None:
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()

    def _tick(self) -> None:
        while not self._closed.wait(TICK):
            with self._lock:
                if self._closed.is_set():
                    return
                oldest = min((item.since for item in self._items.values()), default=time.monotonic())
                if self._shown is None and time.monotonic() - oldest > PATIENCE:
                    self._shown = self._start()
                if self._shown is not None:
                    self._shown.refresh()

    def _start(self) -> rich.live.Live:
        from rich.console import Console
        from rich.live import Live as Shown

        console = Console(file=self._stream, no_color=not self._colour, highlight=False, markup=False)
        shown = Shown(console=console, get_renderable=self._lines, auto_refresh=False, transient=True)
        shown.start()
        return shown

    def _lines(self) -> rich.table.Table:
        from rich.progress_bar import ProgressBar
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        spinner = Spinner("dots")
        now = time.monotonic()
        for name, item in self._items.items():
            spinner.start_time = 0.0
            bar = ProgressBar(total=item.total, completed=item.done, width=16) if item.total is not None else Text()
            said = Text(item.said + pace(item, now), no_wrap=True, overflow="ellipsis")
            passed = Text(words.duration(now - item.since), style="dim")
            table.add_row(spinner.render(now), Text(line(name)), bar, said, passed)
        return table
