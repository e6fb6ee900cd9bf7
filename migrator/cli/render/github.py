"""GitHub workflows: the plain text of `text.py` in the log, an annotation per error, a table in the job's summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from migrator import events
from migrator.cli.render import words
from migrator.cli.render.excerpt import blockers
from migrator.cli.render.pen import Pen
from migrator.cli.render.safe import line
from migrator.cli.render.summary import Summary
from migrator.cli.render.text import TextRenderer
from migrator.cli.render.verdict import refusal
from migrator.cli.render.workflow import ROOM, defuse, told
from migrator.events.database import Told
from migrator.events.migrating import RunResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrator.cli.render import Surroundings
    from migrator.cli.render.result import Result
    from migrator.errors import MigratorError
    from migrator.events import DoctorResult, Event, VerifyResult
    from migrator.source import Span


def annotation(error: MigratorError, environ: Mapping[str, str]) -> str:
    """An error as a workflow command."""
    parts = [error.message, error.detail, *blockers(error), error.outcome, error.hint and f"hint: {error.hint}"]
    message = "\n".join(part for part in parts if part)
    return told("error", message, title=error.code, where=error.where, environ=environ)


class GithubRenderer:
    """The format `github`; see `migrator.cli.render.Renderer`."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._text = TextRenderer(surroundings, defuse=defuse)
        self._commands = Pen(surroundings.stdout)
        self._summary = Summary(surroundings.command)
        self._environ = surroundings.environ
        self._path = surroundings.environ.get("GITHUB_STEP_SUMMARY")

    def event(self, event: Event) -> None:
        """The text's line, and an annotation for a warning about a file."""
        self._text.event(event)
        self._summary.event(event)
        if isinstance(event, Told):  # the one event of a deploy that changes nothing
            return
        if isinstance(event, events.Noticed) and event.where is not None:
            level = "notice" if event.severity == "NOTICE" else "warning"
            said = event.message if event.hint is None else f"{event.message}\nhint: {event.hint}"
            self._tell(level, said, event.severity, event.where)

    def preview(self, result: Result) -> None:
        """As text."""
        self._text.preview(result)

    def done(self, result: Result) -> None:
        """As text; the summary's table; an annotation where the answer is no."""
        self._text.done(result)
        match result:
            case RunResult():  # first, so that a deploy does not load what others answer
                self._refused(result)
            case events.DoctorResult():
                self._warn(result)
                self._refused(result)
            case events.VerifyResult():
                self._found(result)
            case _:
                self._refused(result)
        self._publish(self._summary.done(result, self._room()))

    def _refused(self, result: Result) -> None:
        refused = refusal(result)
        if refused is not None:
            for single in refused.causes or (refused,):
                self._commands.line(annotation(single, self._environ))

    def _warn(self, result: DoctorResult) -> None:
        for step in result.steps:
            if step.state == "warning":
                said = step.message if step.hint is None else f"{step.message}\nhint: {step.hint}"
                self._tell("warning", said, step.name)

    def failed(self, error: MigratorError, *, exit_code: int) -> None:
        """As text; an annotation for each single failure, or for the one that there is."""
        self._text.failed(error, exit_code=exit_code)
        for single in error.causes or (error,):
            self._commands.line(annotation(single, self._environ))
        self._publish(self._summary.failed(error))

    def close(self) -> None:
        """Nothing moves in a log."""
        self._text.close()

    def _found(self, result: VerifyResult) -> None:
        from migrator.cli.render import findings

        levels = {"error": "error", "warning": "warning", "info": "notice"}
        for finding in findings.ordered(result.findings):
            said = [finding.message, finding.detail, finding.hint and f"hint: {finding.hint}"]
            title = f"{finding.code} {finding.name}"
            self._tell(levels[finding.severity], "\n".join(part for part in said if part), title, finding.where)
        for error in result.untold:
            self._commands.line(annotation(error, self._environ))

    def _room(self) -> int:
        """Bytes that the summary still takes: other commands of the step may have written before."""
        try:
            return ROOM - Path(self._path or "").stat().st_size
        except OSError:
            return ROOM

    def _tell(self, level: str, said: str, title: str, where: Span | None = None) -> None:
        self._commands.line(told(level, said, title=title, where=where, environ=self._environ))

    def _publish(self, text: str) -> None:
        if not self._path or not text:
            return
        try:
            with Path(self._path).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError as error:  # a summary is no reason to fail a deploy
            reason = f"{type(error).__name__}: {error.strerror or words.listing([self._path])}"
            self._tell("warning", line(reason), "GITHUB_STEP_SUMMARY")
