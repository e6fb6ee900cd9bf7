"""GitHub workflows: the plain text of `text.py` in the log, an annotation per error, a table in the job's summary.

Workflow commands: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from pathlib import Path

from migrator.cli.render import Surroundings, words
from migrator.cli.render.excerpt import blockers
from migrator.cli.render.pen import Pen
from migrator.cli.render.result import Result
from migrator.cli.render.safe import line, short
from migrator.cli.render.summary import Summary
from migrator.cli.render.text import TextRenderer
from migrator.cli.render.verdict import refusal
from migrator.errors import MigratorError
from migrator.events import DoctorResult, Event, Noticed

_COMMAND = "::"
_OLD_COMMAND = "##["


def escape_data(text: str) -> str:
    """The message of a workflow command; line ends survive as `%0A`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """The value of a property of a workflow command, such as a path."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def defuse(text: str) -> str:
    """A line of log that the runner does not take for a command: a NOTICE must not be able to set variables."""
    if text.lstrip().startswith(_COMMAND):
        text = text.replace(_COMMAND, r"\x3a:", 1)
    return text.replace(_OLD_COMMAND, r"#\x23[")


def annotation(error: MigratorError, *, level: str = "error", title: str | None = None) -> str:
    """One workflow command; `file=`, `line=` and `col=` only where the error has a place."""
    place = "" if error.where is None else _place(error.where.path, error.where.line, error.where.column)
    parts = [error.message, error.detail, *blockers(error), error.outcome, error.hint and f"hint: {error.hint}"]
    message = "\n".join(part for part in parts if part)
    return f"::{level} {place}title={escape_property(title or error.code)}::{escape_data(short(message))}"


def _place(path: str, row: int, column: int) -> str:
    return f"file={escape_property(path)},line={row},col={column},"


class GithubRenderer:
    """The format `github`; see `migrator.cli.render.Renderer`."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._text = TextRenderer(surroundings, defuse=defuse)
        self._commands = Pen(surroundings.stdout)
        self._summary = Summary(surroundings.command)
        self._path = surroundings.environ.get("GITHUB_STEP_SUMMARY")

    def event(self, event: Event) -> None:
        """The text's line, and an annotation for a warning about a file."""
        self._text.event(event)
        self._summary.event(event)
        if isinstance(event, Noticed) and event.where is not None:
            place = _place(event.where.path, event.where.line, event.where.column)
            level = "notice" if event.severity == "NOTICE" else "warning"
            said = event.message if event.hint is None else f"{event.message}\nhint: {event.hint}"
            self._commands.line(f"::{level} {place}title={escape_property(event.severity)}::{escape_data(short(said))}")

    def preview(self, result: Result) -> None:
        """As text."""
        self._text.preview(result)

    def done(self, result: Result) -> None:
        """As text; the summary's table; an annotation where the answer is no."""
        self._text.done(result)
        if isinstance(result, DoctorResult):
            self._warn(result)
        refused = refusal(result)
        if refused is not None:
            for single in refused.causes or (refused,):
                self._commands.line(annotation(single))
        self._publish(self._summary.done(result))

    def _warn(self, result: DoctorResult) -> None:
        for step in result.steps:
            if step.state == "warning":
                said = step.message if step.hint is None else f"{step.message}\nhint: {step.hint}"
                self._commands.line(f"::warning title={escape_property(step.name)}::{escape_data(short(said))}")

    def failed(self, error: MigratorError, *, exit_code: int) -> None:
        """As text; an annotation for each single failure, or for the one that there is."""
        self._text.failed(error, exit_code=exit_code)
        for single in error.causes or (error,):
            self._commands.line(annotation(single))
        self._publish(self._summary.failed(error))

    def close(self) -> None:
        """Nothing moves in a log."""
        self._text.close()

    def _publish(self, text: str) -> None:
        if not self._path or not text:
            return
        try:
            with Path(self._path).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError as error:  # a summary is no reason to fail a deploy
            reason = f"{type(error).__name__}: {error.strerror or words.listing([self._path])}"
            self._commands.line(f"::warning title=GITHUB_STEP_SUMMARY::{escape_data(line(reason))}")
