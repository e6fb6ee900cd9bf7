"""The entries of `[[tool.migrator.ignore]]`: what `verify` and `check` shall not report, why, and until when."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from migrator.errors import InputError
from migrator.settings import IGNORE_KEYS, nearest
from migrator.source import Span

KINDS = (
    *("schema", "table", "view", "materialized view", "foreign table", "composite type", "column", "column order"),
    *("constraint", "index", "trigger", "rule", "policy", "sequence", "type", "function", "procedure", "aggregate"),
    *("extension", "extension version", "database"),
    *("event trigger", "publication", "subscription", "foreign data wrapper", "server", "user mapping"),
    *("text search configuration", "text search dictionary", "text search parser", "text search template"),
    *("operator", "operator class", "operator family", "cast", "conversion", "transform", "access method", "language"),
    *("collation", "statistics", "comment", "security label", "default privileges", "setting"),
)
"""Classes of objects, of which one may stand before an object."""

_KIND = re.compile(f"(?:({'|'.join(sorted(KINDS, key=len, reverse=True))}) +)?(.+)", re.DOTALL)

Place = Callable[[int, str | None], Span | None]
"""Where the entry of a number from 0 stands in the file, or a key of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """An entry; it covers what all that it says fits.

    Attributes:
        reason: why, for whoever reads the answer.
        kind: the class of the objects, such as `table`; None for any.
        object: a pattern of their identities, such as `public.tmp_*`; None for any.
        check: a pattern of codes or names of checks; None for all.
        preset: the name of a list of ours, which says what it covers; the others are None then.
        until: the last day on which it holds; None for ever.
        where: its place in the file.
    """

    reason: str
    kind: str | None = None
    object: str | None = None
    check: str | None = None
    preset: str | None = None
    until: date | None = None
    where: Span | None = None

    def __str__(self) -> str:
        named = f"preset `{self.preset}`" if self.preset else None
        of = f"`{' '.join(part for part in (self.kind, self.object) if part)}`" if self.object else None
        return " of ".join(part for part in (named, f"check `{self.check}`" if self.check else None, of) if part)

    def fits(self, *, codes: Sequence[str], kind: str | None, identity: str | None) -> bool:
        """Whether a finding of a check (its code and its name) about this object is covered, whatever day it is."""
        if self.check is not None and not any(matches(self.check.lower(), code.lower()) for code in codes):
            return False
        if self.kind is not None and self.kind != kind:
            return False
        return self.object is None or (identity is not None and matches(self.object, identity))


def parsed(object_: str) -> tuple[str | None, str]:
    """The class and the pattern that an `object` names; no class where it does not begin with one."""
    found = _KIND.fullmatch(object_.strip())
    return (None, object_) if found is None else (found[1], found[2])


def matches(pattern: str, text: str) -> bool:
    """Whether a text is as the pattern says, in which `*` stands for any text and `?` for one character."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def read(tables: Sequence[Mapping[str, str]], place: Place) -> tuple[Ignore, ...]:
    """The entries of a file. Raises `InputError` at the first that cannot be one."""
    return tuple(_entry(number, table, place) for number, table in enumerate(tables))


def _entry(number: int, table: Mapping[str, str], place: Place) -> Ignore:
    def refuse(problem: str, *, key: str | None = None, hint: str) -> InputError:
        return InputError(
            f"entry {number + 1} of `ignore` {problem}", code="configuration-value", where=place(number, key), hint=hint
        )

    for key in table:
        if key not in IGNORE_KEYS:
            raise InputError(
                f"entry {number + 1} of `ignore` has an unknown key `{key}`",
                code="configuration-key",
                where=place(number, key),
                hint=nearest(key, IGNORE_KEYS),
            )
    empty = next((key for key, value in table.items() if not value.strip()), None)
    if empty is not None:
        raise refuse(f"has a `{empty}` that says nothing", key=empty, hint="write it, or take the key out")
    if "reason" not in table:
        raise refuse("has no `reason`", hint='write one, as in `reason = "made by the nightly import"`')
    if "preset" in table and not table.keys().isdisjoint({"object", "check"}):
        raise refuse("has a `preset` beside `object` or `check`", key="preset", hint="write two entries")
    if table.keys().isdisjoint({"object", "check", "preset"}):
        raise refuse("would cover everything", hint="say what with `object`, `check` or `preset`")
    until = table.get("until")
    try:
        day = None if until is None else datetime.strptime(until, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise refuse(
            "has an `until` that is no day", key="until", hint='write it as in `until = "2027-01-31"`'
        ) from None
    kind, pattern = parsed(table["object"]) if "object" in table else (None, None)
    return Ignore(
        reason=table["reason"],
        kind=kind,
        object=pattern,
        check=table.get("check"),
        preset=table.get("preset"),
        until=day,
        where=place(number, None),
    )
