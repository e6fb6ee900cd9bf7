"""Two schemas side by side: what is missing, extra or changed. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from migrator.schema.objects import Schema
from migrator.schema.wording import same_but_for_text, same_words

Change = Literal["missing", "extra", "changed"]

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
        reworded: those of them whose texts do not say the same, as far as that can be told without the server.
    """

    differences: tuple[Difference, ...]
    platform: int = 0
    reworded: tuple[Difference, ...] = ()


def compare(expected: Schema, found: Schema) -> Comparison:
    """What of `found` is not as `expected`."""
    differences: list[Difference] = []
    reworded: list[Difference] = []
    platform = 0
    versions = expected.server_version_num, found.server_version_num
    across = versions[0] != versions[1]
    for key in sorted({key for key, _ in expected.objects.items() ^ found.objects.items()}):
        before, after = expected.objects.get(key), found.objects.get(key)
        one = None if before is None else json.loads(before)
        other = None if after is None else json.loads(after)
        if key[0] == ORDER and (one is None or other is None or _same_order(one["columns"], other["columns"])):
            continue
        change: Change = "extra" if one is None else "missing" if other is None else "changed"
        difference = Difference(kind=key[0], identity=key[1], change=change, expected=one, found=other)
        if across and one is not None and other is not None and same_but_for_text(one, other, versions):
            platform += 1
            if not same_words(one, other):
                reworded.append(difference)
            continue
        differences.append(difference)
    return Comparison(differences=tuple(differences), platform=platform, reworded=tuple(reworded))


def _same_order(one: list[str], other: list[str]) -> bool:
    return [name for name in one if name in other] == [name for name in other if name in one]
