"""The option `--sarif FILE`: the answer as a file for what shows the findings of many tools, written whole or not."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from migrator.cli.options import variable
from migrator.errors import InputError, MigratorError, UnavailableError, WorkError

if TYPE_CHECKING:
    from migrator.cli.order import Job
    from migrator.cli.render.result import Result
    from migrator.config import Config
    from migrator.events import Emit
    from migrator.events.verifying import VerifyResult

Function = TypeVar("Function", bound=Callable[..., Any])


def option(function: Function) -> Function:
    """Declare it for a command that answers with findings."""
    declare: Callable[[Function], Function] = click.option(
        "--sarif",
        metavar="FILE",
        type=click.Path(path_type=Path),
        envvar=variable("sarif"),
        help="Write the findings into this file, too, as SARIF 2.1.0 for code scanning.",
    )
    return declare(function)


def reported(job: Job, path: Path | None, *, command: Literal["verify", "check"]) -> Job:
    """The job, which writes its answer into the file as well; also that it has none, where it fails.

    The file says at once that the command has not ended, so that nobody takes what an earlier run left for the answer.

    Raises:
        InputError: the file cannot be written; nothing was done.
    """
    if path is None:
        return job
    file = _File(path)
    try:
        file.begin(_unanswered(command, UnavailableError(f"`migrate {command}` has not ended", code="interrupted")))
    except OSError as error:
        raise InputError(
            f"`{path}` cannot be written: {error.strerror or error}",
            code="unwritable-file",
            outcome="nothing was looked at",
            hint="name a file in a folder that exists and may be written",
        ) from None

    async def both(config: Config, emit: Emit) -> Result:
        from migrator.cli.render.verdict import refusal
        from migrator.events.verifying import VerifyResult
        from migrator.source import shown

        file.home = shown(config.migrations[0]) if config.migrations else "."
        try:
            result = await job(config, emit)
        except MigratorError as error:
            file.finish(_unanswered(command, error), error.exit_code)
            raise
        if isinstance(result, VerifyResult):
            refused = refusal(result)
            file.finish(result, 0 if refused is None else refused.exit_code)
        return result

    return both


def _unanswered(command: Literal["verify", "check"], error: MigratorError) -> VerifyResult:
    from migrator.events.verifying import VerifyResult

    return VerifyResult(command=command, database=None, untold=(error,))


class _File:
    """The file of one run; `home` is the path that findings without a place are shown at."""

    def __init__(self, path: Path) -> None:
        self.home = "."
        self._path = path
        self._target = path.resolve()

    def begin(self, result: VerifyResult) -> None:
        """Write that there is no answer yet. Raises OSError."""
        if self._target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not self._streams():
            self._write(result, None)

    def finish(self, result: VerifyResult, exit_code: int) -> None:
        """Write the answer. Raises `WorkError`."""
        try:
            self._write(result, exit_code)
        except OSError as error:
            raise WorkError(
                f"`{self._path}` cannot be written: {error.strerror or error}",
                code="output-failed",
                outcome="nothing was changed in the database",
            ) from error

    def _streams(self) -> bool:
        """A pipe or a terminal is written once, and cannot be replaced."""
        return self._target.exists() and not self._target.is_file()

    def _write(self, result: VerifyResult, exit_code: int | None) -> None:
        from migrator.cli.render import sarif
        from migrator.cli.render.document import dumps
        from migrator.cli.render.workflow import in_repository
        from migrator.verifying.checks import all_checks

        found = sarif.document(
            result,
            [check.info for check in all_checks()],
            home=self.home,
            exit_code=exit_code,
            placed=lambda path: in_repository(path, os.environ),
        )
        text = dumps(found) + "\n"
        if self._streams():
            self._target.write_text(text, encoding="utf-8")
            return
        beside = self._target.with_name(f".{self._target.name}.{os.getpid()}.migrate")
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(self._target)
        finally:
            beside.unlink(missing_ok=True)
