"""What a snapshot of the database says against files and record: findings, counts, and what nobody can tell. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from migrator.config import Config
from migrator.errors import MigratorError
from migrator.events.verifying import Finding, NotCompared
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.files.migration import Migration
from migrator.migrating.planning.standing import statuses
from migrator.schema.compare import Difference, compare
from migrator.schema.objects import Schema
from migrator.schema.record import TABLE, Record
from migrator.verifying.asking.surroundings import Surroundings
from migrator.verifying.checks import Check, all_checks
from migrator.verifying.expecting import recorded
from migrator.verifying.expecting.expected import Expected
from migrator.verifying.naming.named import Named, placed
from migrator.verifying.telling import drift, ledger

GRANTS = ("granted", "revoked", "usage granted", "usage revoked")
"""Attributes whose keys are roles."""

UNREADABLE = {
    "user mapping": ("options of user mappings", "they may hold passwords, which only their owners may read"),
    "subscription": ("connections of subscriptions", "they may hold passwords, which only superusers may read"),
}
"""Classes of which a part is left out for every role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one snapshot of the database shows.

    Attributes:
        around: whose database it is, and what this role may see.
        live: the schema.
        record: what our runs left; None where there is none, or none that this role may read.
        found: what the checks found.
        left_out: the checks that were not asked.
        refused: why a check has no answer, by its code.
    """

    around: Surroundings
    live: Schema
    record: Record | None
    found: tuple[Finding, ...]
    left_out: tuple[Check, ...] = ()
    refused: Mapping[str, MigratorError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A part of a `VerifyResult`, see there; and the codes of the checks that were carried out."""

    asked: frozenset[str] = frozenset()
    against: str | None = None
    findings: tuple[Finding, ...] = ()
    compared: Mapping[str, int] = field(default_factory=dict)
    platform: int = 0
    not_compared: tuple[NotCompared, ...] = ()
    untold: tuple[MigratorError, ...] = ()


def judged(
    config: Config,
    migrations: Sequence[Migration],
    known: Ledger,
    view: View | None,
    expected: Expected | MigratorError | None = None,
) -> Judgement:
    """All that files, ledger and snapshot tell together; without a snapshot what the ledger tells.

    `expected` is what the schema should be, or why nobody can tell; None for what the record says.
    """
    now = statuses(migrations, known, out_of_order=config.out_of_order)
    found = ledger.findings(now, migrations)
    unhashed = tuple(_unhashed(migrations, known))
    if view is None:
        return Judgement(findings=found, not_compared=unhashed)
    named = Named([each for each in migrations if each.post_apply or known.entry(each.id) is not None])
    of_checks = tuple(placed(view.found, named, view.live))
    books = view.around.books
    untold: list[MigratorError] = [error for name, error in books.items() if error is not None and name != TABLE]
    untold += view.refused.values()
    if expected is None:
        half_done = next((status.id for status in now if status.state == "partial"), None)
        expected = books.get(TABLE) or recorded.expected(view.record, view.live, half_done=half_done)
    answer = Judgement(
        findings=(*found, *of_checks), not_compared=(*unhashed, *_not_compared(view)), untold=tuple(untold)
    )
    if not isinstance(expected, Expected):
        untold.append(expected)
        return replace(answer, asked=frozenset(_asked(view, untold)), untold=tuple(untold))
    comparison = compare(expected.schema, view.live)
    return replace(
        answer,
        asked=frozenset(_asked(view, untold)),
        against=expected.said,
        findings=(*found, *drift.findings(comparison, expected, view.live, named), *of_checks),
        not_compared=(*answer.not_compared, *_roles(comparison.differences, view.around.roles)),
        compared=_counts(expected.schema, view.live),
        platform=comparison.platform,
    )


def _asked(view: View, untold: Sequence[MigratorError]) -> Iterator[str]:
    """The codes of the checks that have an answer."""
    for check in all_checks():
        of_objects = check.query is not None and check not in view.left_out and check.code not in view.refused
        if of_objects or (check.code.startswith(("V1", "V2")) and not untold):
            yield check.code


def _counts(expected: Schema, found: Schema) -> dict[str, int]:
    return dict(sorted(Counter(kind for kind, _ in expected.objects.keys() | found.objects.keys()).items()))


def _unhashed(migrations: Sequence[Migration], known: Ledger) -> Iterator[NotCompared]:
    entries = [entry for each in migrations if (entry := known.entry(each.id)) is not None]
    count = sum(entry.journal is None and entry.statements is None for entry in entries)
    if count:
        yield NotCompared(
            what="contents of migrations",
            why="another tool applied them, which did not keep what they held",
            count=count,
        )


def _not_compared(view: View) -> Iterator[NotCompared]:
    around, live = view.around, view.live
    for kind, count in live.unmodelled.items():
        yield NotCompared(what=kind, why="objects of this kind are not compared", count=count)
    if around.partitions:
        yield NotCompared(
            what="partitions", why="of a partitioned table the parent alone is compared", count=around.partitions
        )
    counts = live.counts()
    for kind, (what, why) in UNREADABLE.items():
        if kind in counts:
            yield NotCompared(what=what, why=why, count=counts[kind])
    if not around.has_api:
        yield NotCompared(
            what="checks of Supabase's API",
            why="the roles `anon` and `authenticated` do not exist: this is not a Supabase database",
        )
        return
    for check in view.left_out:
        yield NotCompared(what=f"check {check.code} {check.name}", why=around.unread[check.reads])


def _roles(differences: Sequence[Difference], there: frozenset[str]) -> Iterator[NotCompared]:
    """Roles that the expected schema names and this server does not have: nothing here can be theirs."""
    naming = Counter(role for each in differences for role in _named(each.expected or {}) - there)
    for role, count in sorted(naming.items()):
        yield NotCompared(
            what=f"what the role `{role}` owns and may do",
            why="it does not exist on this server, and the schema should name it",
            count=count,
        )


def _named(attributes: Mapping[str, Any]) -> set[str]:
    grants = (role for name in GRANTS for role in attributes.get(name) or ())
    owner = attributes.get("owner")
    return {*grants, *(attributes.get("roles") or ()), *([owner] if owner else [])} - {"PUBLIC"}
