"""What a run is told as in which files failed: one error, whatever happened to how many of them."""

from collections.abc import Mapping

from migrator.errors import MigratorError, ProtectedError, UnavailableError, WorkError
from migrator.events.seeding import SeedOutcome

_TOLD_EACH = frozenset({"connection-lost", "pooler-full", "protected", "statement-pooler"})
"""Codes of what is true of the database or the way to it, so that each file of a run is told the same."""


def failed(errors: Mapping[str, MigratorError], outcomes: Mapping[str, SeedOutcome]) -> MigratorError:
    """One error for a run in which files failed: what is committed, what failed where, what was skipped.

    Args:
        errors: what went wrong, by the shown path.
        outcomes: what became of every file, by the shown path.
    """
    done = tuple(path for path, outcome in outcomes.items() if outcome.state == "loaded")
    skipped = [path for path, outcome in outcomes.items() if outcome.state == "skipped"]
    distinct = list(dict.fromkeys(errors.values()))
    rolled = ", ".join(f"`{path}`" for path in errors)
    parts = [f"{rolled} {'was' if len(errors) == 1 else 'were'} rolled back"]
    if done:
        parts.append(f"{len(done)} other file{'s are' if len(done) != 1 else ' is'} loaded")
    if skipped:
        names = ", ".join(f"`{path}`" for path in skipped)
        parts.append(f"skipped because of it: {names}")
    outcome = "; ".join(parts)
    if len(distinct) == 1 or (distinct[0].code in _TOLD_EACH and len({error.code for error in distinct}) == 1):
        error = distinct[0]
        if isinstance(error, UnavailableError | ProtectedError) and done:
            error = error.after_work()
        error.done, error.outcome = done, outcome
        return error
    message = f"{len(errors)} seed files could not be loaded"
    passes = all(isinstance(error, UnavailableError) for error in distinct)
    again = "run `migrate seed` again: what is loaded is not loaded twice"
    if passes and not done:
        return UnavailableError(message, code="seeds-failed", outcome=outcome, hint=again, causes=tuple(distinct))
    return WorkError(
        message,
        code="seeds-failed",
        outcome=outcome,
        hint=again if passes else f"correct them and {again}",
        done=done,
        causes=tuple(distinct),
    )
