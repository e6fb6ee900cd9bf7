"""Two schemas side by side: what is missing, extra or changed. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from migrator.schema.objects import Schema

Change = Literal["missing", "extra", "changed"]

DEPARSED = frozenset(
    {
        "definition",
        "query",
        "row filters",
        "default",
        "using",
        "with check",
        "partition",
        "partitioned by",
        "arguments",
    }
)
"""Attributes that the server prints from its own parse tree: their text may change with its version alone."""

NEWER = frozenset({"not null name"})
"""Attributes that older versions have not: before 18 a not-null has no name (before 17 that of a domain)."""

ORDER = "column order"
"""The class of the rows that tell in which order the columns of a table are: only that of columns that both sides have
is compared, since a column that one of them lacks is a difference of its own."""

_ALWAYS_THERE = frozenset({"database", "default privileges"})
_OF_THE_SERVER = frozenset({"language", "operator family"})
"""Classes of which the server has objects of its own; those have no owner here."""

VERSION_PART = 10000
"""What a major version counts in `server_version_num`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An object that is not the same on both sides.

    Attributes:
        kind: its class, such as `table`.
        identity: which one, such as `public.orders`.
        change: `missing` where it is expected and not found.
        expected: its attributes as they should be; None where it should not be.
        found: its attributes as they are; None where it is not.
    """

    kind: str
    identity: str
    change: Change
    expected: Mapping[str, Any] | None
    found: Mapping[str, Any] | None

    @property
    def is_of_defaults(self) -> bool:
        """Whether the object is there on both sides: its row, where there is one, tells what was changed of it."""
        if self.kind in _ALWAYS_THERE:
            return True
        told = self.expected or self.found or {}
        return self.kind in _OF_THE_SERVER and "owner" not in told


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of it.

    Attributes:
        differences: in the order of class and identity.
        platform: objects whose deparsed text alone differs between two versions of the server.
    """

    differences: tuple[Difference, ...]
    platform: int = 0


def compare(expected: Schema, found: Schema) -> Comparison:
    """What of `found` is not as `expected`."""
    differences: list[Difference] = []
    platform = 0
    across = expected.server_version_num != found.server_version_num
    for key in sorted(expected.objects.keys() | found.objects.keys()):
        before, after = expected.objects.get(key), found.objects.get(key)
        if before == after:
            continue
        one = None if before is None else json.loads(before)
        other = None if after is None else json.loads(after)
        if key[0] == ORDER and (one is None or other is None or _same_order(one["columns"], other["columns"])):
            continue
        if across and one is not None and other is not None and _but_for_deparsed(one) == _but_for_deparsed(other):
            platform += 1
            continue
        change: Change = "extra" if one is None else "missing" if other is None else "changed"
        differences.append(Difference(kind=key[0], identity=key[1], change=change, expected=one, found=other))
    return Comparison(differences=tuple(differences), platform=platform)


def _same_order(one: list[str], other: list[str]) -> bool:
    return [name for name in one if name in other] == [name for name in other if name in one]


def _but_for_deparsed(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: name if name in DEPARSED else value for name, value in attributes.items() if name not in NEWER}
