"""V1: is every migration applied, and applied as its file has it? What `migrate status` tells, as findings."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from migrator.events.status import MigrationState, MigrationStatus
from migrator.events.verifying import Finding
from migrator.migrating.files.migration import Migration
from migrator.source import Span
from migrator.verifying.checks import Check, all_checks

FAMILY = "V1"
"""How the codes of these checks begin."""

_NAMES: Mapping[MigrationState, str] = MappingProxyType({"missing": "file_missing"})
"""Checks that are not called after their state: an object may be missing, too."""

_WELL: frozenset[MigrationState] = frozenset({"applied", "ahead"})
"""A database that a newer release has migrated is no fault of the schema's; `migrate up` tells it."""


def findings(statuses: Sequence[MigrationStatus], migrations: Sequence[Migration]) -> tuple[Finding, ...]:
    """What is not as `migrate status --check` wants it, in the order in which migrations apply. Pure."""
    checks = {check.name: check for check in all_checks() if check.code.startswith(FAMILY)}
    places = {each.id: each.up.source.span(0) for each in migrations}
    return tuple(_findings(statuses, checks, places))


def _findings(
    statuses: Sequence[MigrationStatus], checks: Mapping[str, Check], places: Mapping[str, Span]
) -> Iterator[Finding]:
    for status in statuses:
        if status.state in _WELL:
            continue
        check, problem = checks[_NAMES.get(status.state, status.state)], status.problem
        where = None if problem is None else problem.where
        yield check.finding(
            _message(status) if problem is None else problem.message,
            subject=status.id,
            where=where or places.get(status.renamed_to or status.id),
            detail=None if problem is None else problem.detail,
            hint=_hint(status),
        )


def _message(status: MigrationStatus) -> str:
    if status.state == "partial":
        of = f"{status.steps_done} of {status.steps_total} statements"
        return f"`{status.id}` stopped on its way: {of} are committed"
    note = f": {status.note}" if status.note else ""
    return f"`{status.id}` is not applied{note}"


def _hint(status: MigrationStatus) -> str:
    if status.hint is not None:
        return status.hint
    return "`yoyo apply` applies it" if status.code == "python-migration" else "`migrate up` applies it"
