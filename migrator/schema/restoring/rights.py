"""Statements that give and take rights, until an object's privileges are those that are expected. Pure.

Attributes tell what differs from the default of an object: `granted` what somebody has beyond it, `revoked` what was
taken from it; each by role, as privileges with `*` where they may be passed on, or `ALL` where it is all there is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ON = {
    **dict.fromkeys(("table", "view", "materialized view", "foreign table"), "table"),
    **dict.fromkeys(("function", "aggregate"), "function"),
    "procedure": "procedure",
    "sequence": "sequence",
    "schema": "schema",
    "type": "type",
    "language": "language",
    "foreign data wrapper": "foreign data wrapper",
    "server": "foreign server",
}
"""Classes that have privileges, as GRANT names them."""

ALL = "ALL"


class UnclearError(ValueError):
    """Nothing simple gets there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What rights are on.

    Attributes:
        name: as it stands behind ON, such as `table public.users`.
        column: rights are on this column of it alone.
        before: what a statement begins with, as `alter default privileges ...` does.
        owner: whose rights are never those of a grant.
    """

    name: str
    column: str | None = None
    before: str = ""
    owner: str | None = None

    def grant(self, privilege: str, role: str) -> str:
        """A statement that gives one privilege, with the right to pass it on where it is marked so."""
        return f"{self.before}grant {self._spelled(privilege)} on {self.name} to {role}{_passing_on(privilege)}"

    def revoke(self, privilege: str, role: str, *, option: bool = False) -> str:
        """A statement that takes it, or only the right to pass it on."""
        only = "grant option for " if option else ""
        return f"{self.before}revoke {only}{self._spelled(privilege)} on {self.name} from {role}"

    def _spelled(self, privilege: str) -> str:
        plain = privilege.removesuffix("*").lower()
        return plain if self.column is None else f"{plain} ({self.column})"


def _passing_on(privilege: str) -> str:
    return " with grant option" if privilege.endswith("*") else ""


def changes(
    target: Target,
    expected: Mapping[str, Any],
    found: Mapping[str, Any],
    *,
    names: tuple[str, str] = ("granted", "revoked"),
) -> Iterator[str]:
    """Statements from the rights in `found` to those in `expected`. Raises `UnclearError`.

    `names` are the two attributes that tell them.
    """
    beyond, taken = ((expected.get(name) or {}, found.get(name) or {}) for name in names)
    for role in sorted({*beyond[0], *beyond[1]}):
        should, has = (_privileges(side.get(role, "")) for side in beyond)
        if should != has and role == target.owner:
            raise UnclearError(role)
        yield from _from_to(target, role, should, has)
    for role in sorted({*taken[0], *taken[1]}):
        should, has = (_privileges(side.get(role, "")) for side in taken)
        yield from (target.revoke(each, role) for each in sorted(should - has))
        yield from (target.grant(each, role) for each in sorted(has - should))


def _from_to(target: Target, role: str, should: frozenset[str], has: frozenset[str]) -> Iterator[str]:
    whole = {ALL, f"{ALL}*"}
    if should == has:
        return
    if whole & (should | has):
        # one side names what the other takes together
        yield from [target.revoke(ALL, role)] if has else []
        yield from (target.grant(each, role) for each in sorted(should))
        return
    plain = {each.removesuffix("*") for each in should}
    for each in sorted(has - should):
        name = each.removesuffix("*")
        yield target.revoke(name, role, option=name in plain)
    for each in sorted(should - has):
        if f"{each}*" not in has:
            yield target.grant(each, role)


def _privileges(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(", ")))
