"""Whatever ends a command early, as one of our errors and an exit code."""

import re
import signal

import click

from migrator.cli.stopping import Course, Stop, TerminatedError, interrupted
from migrator.cli.usage import as_error
from migrator.errors import MigratorError

BUG = 70
"""EX_SOFTWARE of https://man.freebsd.org/cgi/man.cgi?sysexits: our own mistake."""

_PASSWORD_IN_URL = re.compile(r"(://[^\s/:@]*:).*@")
_PASSWORD_AS_KEYWORD = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)", re.IGNORECASE)


def ending(error: BaseException, stop: Stop) -> tuple[MigratorError, int]:
    """What to tell and which code to end with; a run that a signal stopped ends with the signal's code."""
    if isinstance(error, KeyboardInterrupt | click.Abort | TerminatedError):
        stop.by = stop.by or (signal.SIGTERM if isinstance(error, TerminatedError) else signal.SIGINT)
        error = interrupted(stop, Course())
    if isinstance(error, click.ClickException):
        error = as_error(error)
    if isinstance(error, MigratorError):
        return error, error.exit_code if stop.by is None else stop.exit_code
    return _bug(error), BUG


def _bug(error: BaseException) -> MigratorError:
    return MigratorError(
        f"unexpected {type(error).__name__}: this is a mistake in migrate itself",
        code="bug",
        outcome="`migrate status` tells what is committed",
        hint="please report it together with the traceback",
    )


def traceback_of(error: BaseException) -> str:
    """The traceback, without anything that looks like a password."""
    import traceback

    text = "".join(traceback.format_exception(error))
    return _PASSWORD_AS_KEYWORD.sub(r"\1***", _PASSWORD_IN_URL.sub(r"\1***@", text))
