"""A terminal's moving lines: the migration that runs and for how long, a bar per seed file. The only import of rich."""

from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from migrator.cli.render.safe import line
from migrator.events import Applied, Applying, FileLoading, Planned


class Live:
    """Moving lines at the bottom, the lines that stay above them."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._console = Console(file=stream, no_color=not colour, highlight=False, markup=False, soft_wrap=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[said]}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._total = 0
        self._applied = 0

    def keep(self, text: str) -> None:
        """A line that stays, above the moving ones."""
        self._console.print(Text.from_ansi(text), soft_wrap=True)

    def planned(self, event: Planned) -> None:
        """How many migrations there are."""
        self._total, self._applied = len(event.ids), 0

    def statement(self, event: Applying) -> None:
        """The running migration's line: which statement of how many, which migration of how many."""
        said = f"statement {event.statement} of {event.total}"
        if self._total > 1:
            said += f", migration {min(self._applied + 1, self._total)} of {self._total}"
        self._show(event.id, done=event.statement - 1, total=event.total, said=said)

    def applied(self, event: Applied) -> None:
        """Its line goes; the line that stays says the rest."""
        self._applied += 1
        self._hide(event.id)

    def rows(self, event: FileLoading) -> None:
        """A seed file's line: rows sent of rows there are."""
        self._show(event.path, done=event.rows, total=event.total, said=f"{event.rows:,} of {event.total:,} rows")

    def file_ended(self, path: str) -> None:
        """Its line goes."""
        self._hide(path)

    def close(self) -> None:
        """Take all moving lines away and give the cursor back."""
        self._progress.stop()
        self._tasks.clear()

    def _show(self, name: str, *, done: int, total: int, said: str) -> None:
        task = self._tasks.get(name)
        if task is None:
            self._progress.start()
            self._tasks[name] = self._progress.add_task(line(name), completed=done, total=total, said=said)
        else:
            self._progress.update(task, completed=done, total=total, said=said)

    def _hide(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            self._progress.remove_task(task)
