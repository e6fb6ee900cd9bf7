"""Events, results and errors -> what a person or a machine reads. Touches no database and knows no job.

A renderer hears every event of a command, then either its result or its error. A new format is one file here, a line in
`pick()`, and its golden outputs in tests/cases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrator.cli.render.result import Result
    from migrator.errors import MigratorError
    from migrator.events import Event

Format = Literal["text", "json", "github"]

FORMATS: tuple[Format, ...] = ("text", "json", "github")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where a renderer writes and what it was asked for.

    Attributes:
        command: the command's name, such as `up` or `server start`; empty before one is known.
        stdout: for answers.
        stderr: for progress and errors.
        environ: for `NO_COLOR`, `TERM` and GitHub's variables.
        quiet: no progress.
        verbose: every statement, every origin.
    """

    command: str
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str] = field(repr=False)
    quiet: bool = False
    verbose: bool = False


class Renderer(Protocol):
    """What every format does. The calls come on one thread; none of them raises because a reader has gone."""

    def event(self, event: Event) -> None:
        """Something happened."""

    def preview(self, result: Result) -> None:
        """What a command is about to do, before its user is asked."""

    def done(self, result: Result) -> None:
        """The command's answer."""

    def failed(self, error: MigratorError, *, exit_code: int) -> None:
        """The command failed and will end with this code."""

    def close(self) -> None:
        """Leave the terminal as it was found; may be called at any time and more than once."""


def choose(wanted: str | None, environ: Mapping[str, str]) -> Format:
    """The format that was asked for, or the one that suits: `github` inside a GitHub workflow, otherwise `text`."""
    for name in FORMATS:
        if wanted == name:
            return name
    return "github" if environ.get("GITHUB_ACTIONS") == "true" else "text"


def pick(name: Format, surroundings: Surroundings) -> Renderer:
    """The renderer of a format; its module is loaded only now."""
    if name == "json":
        from migrator.cli.render.json import JsonRenderer

        return JsonRenderer(surroundings)
    if name == "github":
        from migrator.cli.render.github import GithubRenderer

        return GithubRenderer(surroundings)
    from migrator.cli.render.text import TextRenderer

    return TextRenderer(surroundings)
