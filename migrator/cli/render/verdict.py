"""The `no` in an answer, exit code 1: `status --check` with work pending, `server url` without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator import events
from migrator.cli.render.tables import STATES
from migrator.errors import MigratorError, StateError, UnavailableError
from migrator.events.migrating import RunResult

if TYPE_CHECKING:
    from migrator.cli.render.result import Result


def refusal(result: Result) -> MigratorError | None:  # noqa: PLR0911 - one answer per kind of result
    """Why the answer is no; None where it is yes or nobody asked. Seed files do not count."""
    match result:
        case RunResult():  # first, so that a deploy does not load what only `status` answers
            return None
        case events.ServerResult(action="url", url=None):
            return StateError("the server does not run", code="server-down", hint="`migrate server start` starts it")
        case events.DoctorResult():
            return result.error
        case events.StatusResult(check=True, clean=False):
            return _behind(result)
        case events.SeedCheckResult() if result.different:
            return _seeds_differ(result)
        case events.VerifyResult():
            return _found(result)
        case _:
            return None


def _behind(result: events.StatusResult) -> MigratorError:
    wrong = tuple(state for state in STATES if state not in {"applied", "ahead"} and result.count(state))
    said = ", ".join(f"{result.count(state)} {state}" for state in wrong)
    causes = tuple(migration.problem for migration in result.migrations if migration.problem is not None)
    hint = (
        "run `migrate up`"
        if set(wrong) <= {"pending", "late"} and not causes
        else "`migrate status` says what each of them needs"
    )
    return StateError(
        f"the database is not what the migrations say: {said}", code="not-up-to-date", hint=hint, causes=causes
    )


def _seeds_differ(result: events.SeedCheckResult) -> MigratorError:
    from migrator.cli.render import seeds

    causes = tuple(
        StateError(seeds.difference(each), code="seed-differs", where=each.where) for each in result.differences
    )
    paths = {each.path for each in result.differences}
    return StateError(
        f"the database does not have the rows of {len(paths)} seed file{'s' if len(paths) != 1 else ''}",
        code="seeds-differ",
        hint="`migrate seed --force` puts them back; `migrate seed` loads what is new or changed",
        causes=causes,
    )


def _found(result: events.VerifyResult) -> MigratorError | None:
    """Findings first; a question without an answer is no yes either."""
    if result.failing:
        from migrator.cli.render import findings

        return StateError(
            f"`migrate {result.command}` found {findings.counted(result.failing)}",
            code="findings",
            hint="the answer says what each of them needs; "
            "an entry of `[[tool.migrator.ignore]]` covers what shall stay as it is",
        )
    for error in result.untold:
        if isinstance(error, UnavailableError):
            return error
    if not result.untold:
        return None
    first = result.untold[0]
    return UnavailableError(
        first.message,
        code=first.code,
        where=first.where,
        detail=first.detail,
        outcome=first.outcome,
        hint=first.hint,
        sqlstate=first.sqlstate,
        causes=result.untold[1:],
    )
