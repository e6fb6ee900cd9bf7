"""The `no` in an answer: `status --check` with something pending or wrong ends with exit code 1."""

from migrator.cli.render.result import Result
from migrator.cli.render.tables import STATES
from migrator.errors import MigratorError, StateError
from migrator.events.migrating import StatusResult


def refusal(result: Result) -> MigratorError | None:
    """Why the answer is no; None where it is yes or nobody asked. Seed files do not count."""
    if not isinstance(result, StatusResult) or not result.check or result.clean:
        return None
    wrong = tuple(state for state in STATES if state not in {"applied", "ahead"} and result.count(state))
    said = ", ".join(f"{result.count(state)} {state}" for state in wrong)
    hint = "run `migrate up`" if wrong == ("pending",) else "`migrate status` says what each of them needs"
    return StateError(f"the database is not what the migrations say: {said}", code="not-up-to-date", hint=hint)
