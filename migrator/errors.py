"""Everything that can go wrong, as one small tree of exceptions.

The class says what kind of failure it is and so which exit code the command ends with; the attributes say the rest, so
that a renderer needs no knowledge of the job that failed. No attribute ever holds a password.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from migrator.source import Span

if TYPE_CHECKING:
    from migrator.events.blocking import Blocker


class MigratorError(Exception):
    """A failure with a place, the state that it leaves behind, and a way out.

    Args:
        message: what happened; lower case, no full stop, backticks round literals.
        code: the stable name of this failure in JSON and in docs/errors.md, such as `statement-failed`.
        where: the place in a user's file.
        detail: what the server or the parser said about that place; printed at the caret.
        outcome: what is now true of the database.
        hint: the way out.
        sqlstate: PostgreSQL's five-character code, where the server refused something.
        migration: the id of the migration that failed.
        statement: the number of the statement that failed, counted from 1.
        done: what this run committed before it failed: ids of migrations or paths of seed files.
        blockers: who had the lock that the migration waited for, as far as that is known.
        causes: the single failures, where one report tells several at once.
        result: what the job would have returned, where a part of it succeeded; a renderer shows it beside the error.
    """

    exit_code: ClassVar[int] = 70

    def __init__(
        self,
        message: str,
        *,
        code: str,
        where: Span | None = None,
        detail: str | None = None,
        outcome: str | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
        migration: str | None = None,
        statement: int | None = None,
        done: tuple[str, ...] = (),
        blockers: tuple[Blocker, ...] = (),
        causes: tuple[MigratorError, ...] = (),
        result: object | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.where = where
        self.detail = detail
        self.outcome = outcome
        self.hint = hint
        self.sqlstate = sqlstate
        self.migration = migration
        self.statement = statement
        self.done = done
        self.blockers = blockers
        self.causes = causes
        self.result = result

    def after_work(self) -> WorkError:
        """The same failure in a run that has committed something before: exit code 4."""
        return WorkError(
            self.message,
            code=self.code,
            where=self.where,
            detail=self.detail,
            outcome=self.outcome,
            hint=self.hint,
            sqlstate=self.sqlstate,
            migration=self.migration,
            statement=self.statement,
            done=self.done,
            blockers=self.blockers,
            causes=self.causes,
            result=self.result,
        )


class InputError(MigratorError):
    """The user's files, flags or configuration are wrong; the database was not touched."""

    exit_code = 2


class StateError(MigratorError):
    """The database and the files disagree, and the answer is no; nothing was changed."""

    exit_code = 1


class ProtectedError(StateError):
    """`migrate protect` has marked the database, and nobody has named it; nothing was changed.

    Args:
        command: the command that was refused.
        database: the database's name, which confirms the command.
        address: where it is, redacted.
        confirmed: what was given for its name.
    """

    def __init__(self, command: str, *, database: str, address: str, confirmed: str | None = None) -> None:
        said = "" if confirmed is None else f", and `{confirmed}` is not its name"
        super().__init__(
            f"`{address}` is protected against `migrate {command}`{said}",
            code="protected",
            outcome="nothing was changed",
            hint="type the database's name when a terminal asks for it (`--yes` is not enough), "
            "or lift the protection with `migrate protect --off`",
        )
        self.command = command
        self.database = database
        self.address = address


class UnavailableError(MigratorError):
    """No connection, a lock held elsewhere, a right that is missing; nothing was changed, trying again is safe."""

    exit_code = 3


class WorkError(MigratorError):
    """Something ran and failed; `done` tells what is committed."""

    exit_code = 4


class InterruptedWorkError(WorkError):
    """The user or the system asked the run to stop (SIGINT: exit 130, SIGTERM: exit 143); nothing is half done."""

    exit_code = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerReport:
    """What PostgreSQL says in an ErrorResponse, as plain values.

    Fields and their meaning: https://www.postgresql.org/docs/current/protocol-error-fields.html. `position` and
    `internal_position` count characters from 1 in the message that was sent and in `internal_query`. `way_out` is ours:
    what to do, where that is known from this alone.
    """

    sqlstate: str
    message: str
    detail: str | None = None
    hint: str | None = None
    position: int | None = None
    internal_position: int | None = None
    internal_query: str | None = None
    context: str | None = None
    schema: str | None = None
    table: str | None = None
    column: str | None = None
    datatype: str | None = None
    constraint: str | None = None
    way_out: str | None = None

    def __str__(self) -> str:
        return f"{self.message} ({self.sqlstate})"


class ServerError(WorkError):
    """PostgreSQL refused a command; jobs turn it into an error that names the user's file where one is to blame."""

    def __init__(self, report: ServerReport) -> None:
        super().__init__(
            str(report),
            code="server-error",
            sqlstate=report.sqlstate,
            detail=report.detail,
            hint=report.way_out or report.hint,
        )
        self.report = report


class ConnectionLostError(UnavailableError):
    """The connection ended in the middle of something; what was not committed is rolled back by the server."""
