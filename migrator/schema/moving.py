"""Objects that are in another schema than they should be: one change, and neither a loss nor something new. Pure."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migrator.schema.compare import Difference
from migrator.schema.objects import Key
from migrator.schema.placing import identifiers

MOVED = frozenset(
    {
        *("table", "view", "materialized view", "foreign table", "type", "composite type"),
        *("function", "procedure", "aggregate", "sequence"),
    }
)
"""Classes of which another schema is told as such."""

_ALONG = frozenset({"index", "sequence"})
"""Classes whose objects have a schema of their own, which is that of their table."""

_ELSEWHERE = "\0"
"""What stands for the schema where two objects are compared but for it."""


def moved(roots: Sequence[Difference], members: Mapping[Key, Sequence[Difference]]) -> dict[Key, Difference]:
    """What is missing and there in another schema; only where there is one such pair and no other."""
    sides: dict[tuple[str, str, str], dict[str, list[Difference]]] = defaultdict(lambda: defaultdict(list))
    for each in roots:
        names, _ = identifiers(each.identity)
        if each.change != "changed" and each.kind in MOVED and len(names) == 2:  # noqa: PLR2004 - schema, name
            signature = _signature(each, members.get((each.kind, each.identity), ()))
            sides[each.kind, names[1], signature][each.change].append(each)
    pairs = {}
    for found in sides.values():
        missing, extra = found["missing"], found["extra"]
        if len(missing) == len(extra) == 1:
            pairs[missing[0].kind, missing[0].identity] = extra[0]
    return pairs


def is_moved(missing: Difference, extra: Difference) -> bool:
    """One of a pair has the name of the other."""
    old, new = (identifiers(each.identity)[0] for each in (missing, extra))
    return missing.kind in MOVED and len(old) == len(new) and old[0] != new[0] and old[-1] == new[-1]


def but_for_schema(difference: Difference, old: str, extra: Difference, along: Iterable[Difference]) -> bool:
    """It differs by nothing but the schema of an object that has moved, or of what went along."""
    before, after = identifiers(old)[0], identifiers(extra.identity)[0]
    if len(before) != 2 or len(after) != 2 or before[1] != after[1]:  # noqa: PLR2004 - schema, name
        return False
    return bool(_with_schema(difference.found, extra, along, before[0]) == difference.expected)


def _signature(difference: Difference, members: Sequence[Difference]) -> str:
    """All that is told of an object and of what goes with it, but for its schema."""
    told = [
        (each.kind, *(_with_schema(part, difference, members, _ELSEWHERE) for part in _parts(each)))
        for each in (difference, *members)
    ]
    return json.dumps(sorted(told, key=lambda each: each[:2]), sort_keys=True)


def _parts(difference: Difference) -> tuple[str, Any]:
    return difference.identity, difference.expected or difference.found


def _with_schema(value: Any, difference: Difference, along: Iterable[Difference], schema: str) -> Any:
    """A value of attributes with another schema before the object's name, and those of what goes along."""
    moving = [difference, *(each for each in along if each.kind in _ALONG)]
    names = "|".join(re.escape(identifiers(each.identity)[0][1]) for each in moving)
    before = re.escape(identifiers(difference.identity)[0][0])
    pattern = re.compile(rf'(?<![\w".]){before}\.({names})(?![\w"])')
    return _replaced(value, pattern, lambda found: f"{schema}.{found[1]}")


def _replaced(value: Any, pattern: re.Pattern[str], by: Any) -> Any:
    match value:
        case str():
            return pattern.sub(by, value)
        case Mapping():
            return {_replaced(name, pattern, by): _replaced(each, pattern, by) for name, each in value.items()}
        case list():
            return [_replaced(each, pattern, by) for each in value]
        case _:
            return value
