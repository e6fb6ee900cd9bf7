"""Statements that bring a changed object back, attribute by attribute; all of them, or none. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from migrator.schema.compare import Difference
from migrator.schema.restoring.making import fires, owner, set_options, within
from migrator.schema.restoring.rights import UnclearError
from migrator.sql.names import literal

TABLES = frozenset({"table", "foreign table"})
RELATIONS = TABLES | {"view", "materialized view"}

Sides = tuple[Any, Any]
"""What an attribute is expected to be, and what it is; None where it is not told."""

_IDENTITIES = {"full": "full", "nothing": "nothing", None: "default"}


def alterations(difference: Difference, names: set[str]) -> Iterator[str]:
    """Statements that change these attributes of an object back. Raises `UnclearError` where one of them cannot be."""
    expected, found = difference.expected or {}, difference.found or {}
    for name in sorted(names):
        changed = _ALTERATIONS.get(name)
        if changed is None:
            raise UnclearError(name)
        yield from changed(difference, (expected.get(name), found.get(name)))


def _owner(difference: Difference, sides: Sides) -> Iterator[str]:
    yield owner(difference.kind, difference.identity, sides[0])


def _table(word: str, off: str) -> Callable[[Difference, Sides], Iterator[str]]:
    def change(difference: Difference, sides: Sides) -> Iterator[str]:
        _refuse_but(difference, TABLES)
        yield f"alter table {difference.identity} {word if sides[0] else off} row level security"

    return change


def _replica_identity(difference: Difference, sides: Sides) -> Iterator[str]:
    _refuse_but(difference, TABLES)
    if sides[0] not in _IDENTITIES:
        raise UnclearError(difference.identity)
    yield f"alter table {difference.identity} replica identity {_IDENTITIES[sides[0]]}"


def _options(prefix: str) -> Callable[[Difference, Sides], Iterator[str]]:
    def change(difference: Difference, sides: Sides) -> Iterator[str]:
        _refuse_but(difference, RELATIONS - {"foreign table"} | {"column"})
        should, has = ([*(side or ())] for side in sides)
        head = _altered(difference)
        names = {each.partition("=")[0] for each in should}
        gone = [name for each in has if (name := each.partition("=")[0]) not in names]
        if gone:
            yield f"{head} reset ({', '.join(prefix + name for name in gone)})"
        if changed := [each for each in should if each not in has]:
            yield f"{head} set ({set_options(changed, prefix)})"

    return change


def _altered(difference: Difference) -> str:
    """How a statement begins that alters it."""
    if difference.kind == "column":
        name, table = within(difference.identity)
        return f"alter table {table} alter column {name}"
    return f"alter {difference.kind} {difference.identity}"


def _default(difference: Difference, sides: Sides) -> Iterator[str]:
    attributes: Mapping[str, Any] = {**(difference.expected or {}), **(difference.found or {})}
    if "generated" in attributes:
        raise UnclearError(difference.identity)
    yield f"{_of_domain_or_column(difference)} {'drop default' if sides[0] is None else f'set default {sides[0]}'}"


def _not_null(difference: Difference, sides: Sides) -> Iterator[str]:
    yield f"{_of_domain_or_column(difference)} {'set' if sides[0] else 'drop'} not null"


def _of_domain_or_column(difference: Difference) -> str:
    if difference.kind == "type" and (difference.found or {}).get("form") == "domain":
        return f"alter domain {difference.identity}"
    _refuse_but(difference, {"column"})
    return _altered(difference)


def _statistics_target(difference: Difference, sides: Sides) -> Iterator[str]:
    _refuse_but(difference, {"column"})
    yield f"{_altered(difference)} set statistics {-1 if sides[0] is None else sides[0]}"


def _fires(difference: Difference, sides: Sides) -> Iterator[str]:
    _refuse_but(difference, {"trigger", "rule"})
    yield fires(difference.kind, difference.identity, sides[0])


def _labels(difference: Difference, sides: Sides) -> Iterator[str]:
    """A label can be added where it should be, and never taken away."""
    should, has = sides
    if [each for each in should if each in has] != has:
        raise UnclearError(difference.identity)
    before: str | None = None
    for label in should:
        if label not in has:
            following = next(iter(has), None)
            place = f" after {literal(before)}" if before is not None else f" before {literal(following)}"
            place = "" if before is None and following is None else place
            yield f"alter type {difference.identity} add value {literal(label)}{place}"
        before = label


def _owned_by(difference: Difference, sides: Sides) -> Iterator[str]:
    yield f"alter sequence {difference.identity} owned by {sides[0] or 'none'}"


def _published(difference: Difference, sides: Sides) -> Iterator[str]:
    """The tables of a publication, where it has them whole."""
    attributes: Mapping[str, Any] = {**(difference.expected or {}), **(difference.found or {})}
    if not {"row filters", "columns"}.isdisjoint(attributes):
        raise UnclearError(difference.identity)
    should, has = ([*(side or ())] for side in sides)
    head = f"alter publication {difference.identity}"
    yield from (f"{head} drop table {table}" for table in has if table not in should)
    yield from (f"{head} add table {table}" for table in should if table not in has)


def _refuse_but(difference: Difference, kinds: frozenset[str] | set[str]) -> None:
    if difference.kind not in kinds:
        raise UnclearError(difference.kind)


_ALTERATIONS: Mapping[str, Callable[[Difference, Sides], Iterator[str]]] = {
    "owner": _owner,
    "row level security": _table("enable", "disable"),
    "row level security of the owner": _table("force", "no force"),
    "replica identity": _replica_identity,
    "options": _options(""),
    "toast options": _options("toast."),
    "default": _default,
    "not null": _not_null,
    "statistics target": _statistics_target,
    "fires": _fires,
    "labels": _labels,
    "owned by": _owned_by,
    "tables": _published,
}
