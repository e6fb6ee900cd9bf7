"""What failed in a scratch database, as findings at the places that are to blame."""

import re
from collections.abc import Iterator
from dataclasses import replace

from migrator.errors import MigratorError, UnavailableError
from migrator.events.verifying import Finding, NotCompared
from migrator.verifying.checks import all_checks

AGAIN = re.compile("run `migrate (up|down|seed)` again")

PASSES = (UnavailableError,)
"""What says nothing about the files: the server went away, or somebody else had a lock."""


def finding(code: str, message: str, *, subject: str | None = None) -> Finding:
    """A finding of this check; `dataclasses.replace` gives it the rest."""
    (check,) = [each for each in all_checks() if each.code == code]
    return check.finding(message, subject=subject)


def findings_of(code: str, error: MigratorError, *, hint: str | None = None) -> Iterator[Finding]:
    """A failure as a finding of this check, or as one for each of its causes.

    Raises the failure itself where the files are not to blame for it.
    """
    if isinstance(error, PASSES):
        raise error
    for cause in error.causes or (error,):
        found = finding(code, cause.message, subject=cause.migration)
        way_out = AGAIN.sub("run `migrate check` again", hint or cause.hint or error.hint or "")
        yield replace(found, where=cause.where, detail=cause.detail, hint=way_out or None)


def not_reached(*what: str, why: str) -> tuple[NotCompared, ...]:
    """Parts of the answer that something else has cut short."""
    return tuple(NotCompared(what=each, why=why) for each in what)
