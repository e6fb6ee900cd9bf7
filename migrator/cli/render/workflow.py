"""Commands to the runner of a GitHub workflow, none of which a user's text can forge.

The notation: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

import os
from collections.abc import Mapping
from pathlib import Path

from migrator.cli.render.safe import clean, line, short
from migrator.source import Span

ROOM = 1024 * 1024
"""Bytes of a step's summary; a larger one is refused whole.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits
"""

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


def told(level: str, message: str, *, title: str, where: Span | None = None, environ: Mapping[str, str]) -> str:
    """An annotation of the level `error`, `warning` or `notice`, at its place where it has one.

    What the runner shows of it in the log is as harmless for a terminal as the rest.
    """
    place = ""
    if where is not None:
        place = f"file={escape_property(in_repository(where.path, environ))},line={where.line},col={where.column},"
    said = escape_data(clean(short(message), keep="\r\n\t"))
    return f"::{level} {place}title={escape_property(line(title))}::{said}"


def in_repository(path: str, environ: Mapping[str, str]) -> str:
    """The path as the repository has it, wherever in it the command runs: annotations are placed by that."""
    workspace = environ.get("GITHUB_WORKSPACE")
    if not workspace:
        return path
    try:
        full = Path.cwd() / path
    except FileNotFoundError:  # the current folder is gone
        return path
    below = Path(os.path.relpath(full, Path(workspace).resolve())).as_posix()
    return path if below.startswith("../") or below == ".." else below
