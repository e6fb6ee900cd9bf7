"""Differences as findings V201 missing, V202 extra, V203 changed: in words, with a diff and the way out. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from migrator.events.verifying import Finding, Severity
from migrator.schema.belonging import belongs_to, differing, table_of
from migrator.schema.compare import ORDER, VERSION_PART, Change, Comparison, Difference
from migrator.schema.gathering import Gathered, gathered
from migrator.schema.moving import is_moved
from migrator.schema.objects import Schema
from migrator.schema.placing import INDEX, identifiers, subjects
from migrator.schema.record import ACCEPT
from migrator.schema.restoring.statements import Restoring
from migrator.schema.unified import diff
from migrator.source import Span
from migrator.verifying.checks import Check, v201_missing, v202_extra, v203_changed
from migrator.verifying.expecting.expected import Expected
from migrator.verifying.naming.named import Named

CHECKS: Mapping[Change, Check] = {
    "missing": v201_missing.CHECK,
    "extra": v202_extra.CHECK,
    "changed": v203_changed.CHECK,
}

MILD: Mapping[str, Severity] = {ORDER: "warning", "extension version": "warning", "comment": "info"}
"""Classes whose differences are no error: nothing runs otherwise because of them."""

ON_TABLES = frozenset({INDEX, "policy", "trigger", "rule"})
"""Classes of what is on a table, and not of it."""

NAMED = 6
"""How many attributes a message names."""

_SPECIAL = {
    ORDER: "the order of the columns of",
    "extension version": "the version of the extension",
    "default privileges": "default privileges of",
    "setting": "the setting",
}
"""What the differences of some classes are differences of."""

_PLURALS = {"policy": "policies", "index": "indexes", "default privileges": "default privileges"}


def findings(comparison: Comparison, expected: Expected, live: Schema, named: Named) -> tuple[Finding, ...]:
    """What is to be told of a comparison with what is expected, in the order of classes and identities."""
    restoring = Restoring(expected.schema, live)
    told = gathered(comparison.differences, expected.schema, live)
    found = [replace(_finding(each, expected, restoring), where=_where(each, named)) for each in told]
    return (*found, *(_reworded(each, expected, named) for each in comparison.reworded))


def _reworded(difference: Difference, expected: Expected, named: Named) -> Finding:
    """What the version of the server may explain, and nobody can tell."""
    number = expected.schema.server_version_num
    version = f"{number // VERSION_PART}.{number % VERSION_PART}"
    return CHECKS["changed"].finding(
        f"{spoken(difference)} reads otherwise than on PostgreSQL {version}: that may be the version alone",
        severity="info",
        kind=difference.kind,
        subject=difference.identity,
        where=_where(Gathered(difference=difference), named),
        hint=f"look at it once. {ACCEPT}" if expected.remedy is None else "look at it once",
        diff=diff(difference),
    )


def _finding(each: Gathered, expected: Expected, restoring: Restoring) -> Finding:
    difference = each.difference
    check = CHECKS["changed" if difference.is_of_defaults else difference.change]
    severity = MILD.get(difference.kind, check.severity)
    excuse = expected.excuse(difference)
    if excuse is not None and severity == "error":
        severity = "warning"
    return check.finding(
        message(each, expected),
        severity=severity,
        kind=difference.kind,
        subject=difference.identity,
        detail=excuse,
        hint=_hint(expected) if excuse is None else None,
        diff=diff(difference, renamed=each.renamed),
        sql=restoring.sql(each) if excuse is None else (),
    )


def _where(each: Gathered, named: Named) -> Span | None:
    """Where the files last say something of it; of what no migration makes, nothing but that."""
    one = each.difference
    names = differing(one) if one.change == "changed" else ()
    return named.where(one.kind, one.identity, table=table_of(one), attributes=names, loosely=one.change != "extra")


def _hint(expected: Expected) -> str:
    if expected.remedy is not None:
        return expected.remedy
    return (
        "put it back, with the SQL of the finding where that is simple; or, where it is to stay as it is, write a "
        f"migration that makes it so, and {ACCEPT}"
    )


def message(each: Gathered, expected: Expected) -> str:
    """What is so, in a sentence."""
    said = _said(each, expected.outside, spoken(each.difference))
    if not each.implied:
        return said
    if each.renamed is None:
        return f"{said}, with {_counted(each.implied)}"
    naming = [other for other in each.implied if other.change == "changed"]
    return f"{said}, and {_counted(naming)} with it" if naming else said


def _said(each: Gathered, outside: str | None, name: str) -> str:
    """The same without what goes with it; `outside` is where a change must come from, None where nobody can tell."""
    difference = each.difference
    if each.renamed is not None and is_moved(difference, each.renamed):
        now = f"{name} is in the schema `{identifiers(each.renamed.identity)[0][0]}` now"
        return now + ("" if outside is None else f": it was moved {outside}")
    if each.renamed is not None:
        now = f"{name} is called `{_last(each.renamed.identity)}` now"
        how = "" if outside is None else f": it was renamed {outside}"
        return now + how + ("" if each.certain else ", or dropped, and another one added")
    match "changed" if difference.is_of_defaults else difference.change:
        case "missing":
            return f"{name} is missing: it {'should be there' if outside is None else f'was dropped {outside}'}"
        case "extra":
            return f"{name} should not be there{'' if outside is None else f': it was made {outside}'}"
    if difference.kind == ORDER:
        how = "" if outside is None else f": they were made in another order {outside}"
        return f"{name} is another one{how}"
    many = difference.kind == "default privileges"
    if outside is None:
        how = "are not as they should be" if many else "is not as it should be"
    else:
        how = f"{'were' if many else 'was'} changed {outside}"
    return f"{name} {how}: {_listed(difference)}"


def spoken(difference: Difference) -> str:
    """An object as people name it: ``policy `own` on `public.users` ``."""
    return _spoken(difference.kind, difference.identity, table_of(difference))


def _spoken(kind: str, identity: str, table: str | None) -> str:
    about = subjects([(kind, identity)]).get((kind, identity))
    if about is not None:
        return f"the {kind} on {_spoken(*about, table=belongs_to(*about))}"
    if kind == "database":
        return "the database"
    if kind in _SPECIAL:
        return f"{_SPECIAL[kind]} `{identity}`"
    if table is None:
        return f"{kind} `{identity}`"
    name = identity if kind == INDEX else _last(identity)
    return f"{kind} `{name}` {'on' if kind in ON_TABLES else 'of'} `{table}`"


def _last(identity: str) -> str:
    names, rest = identifiers(identity)
    return names[-1] + rest


def _listed(difference: Difference) -> str:
    names = [f"`{name}`" for name in sorted(differing(difference))]
    shown = names[:NAMED] + ([f"{len(names) - NAMED} more"] if len(names) > NAMED else [])
    return _joined(shown)


def _counted(implied: Iterable[Difference]) -> str:
    """How many of each class: `2 columns and 1 policy`."""
    found = Counter(each.kind for each in implied)
    return _joined(f"{number} {kind if number == 1 else _plural(kind)}" for kind, number in sorted(found.items()))


def _plural(kind: str) -> str:
    return _PLURALS.get(kind, f"{kind}s")


def _joined(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
