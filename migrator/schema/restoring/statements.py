"""The statements that would bring a difference back to what is expected; none where that is not simple. Pure.

Nothing here loses rows: no table, column, type, sequence or schema is made or dropped. Some statements fail where
other objects were made on what is in the way: that is better than a `cascade` that nobody has looked at.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from migrator.schema.belonging import differing, table_of
from migrator.schema.compare import Difference
from migrator.schema.gathering import Gathered
from migrator.schema.moving import is_moved
from migrator.schema.objects import Key, Schema
from migrator.schema.placing import BELONGING, INDEX, identifiers, indexed, subjects
from migrator.schema.restoring import rights
from migrator.schema.restoring.changing import alterations
from migrator.schema.restoring.making import NAMES, VIEWS, comment, conditions, dropped, made, owner, within
from migrator.schema.restoring.rights import ON, Target, UnclearError
from migrator.schema.restoring.settings import setting

RIGHTS = frozenset({"granted", "revoked"})
OF_TYPE = ("usage granted", "usage revoked")

_DEFAULTS = re.compile(r"(?P<role>\"(?:[^\"]|\"\")*\"|[^ ]+)(?: in (?P<schema>.+))? on (?P<what>[a-z ]+)")


class Restoring:
    """Two schemas, and statements from the second to the first."""

    def __init__(self, expected: Schema, found: Schema) -> None:
        self._expected = expected
        self._found = found

    def sql(self, each: Gathered) -> tuple[str, ...]:
        """The statements, in their order; empty where nothing simple would do."""
        try:
            return tuple(self._sql(each))
        except UnclearError:
            return ()

    def _sql(self, each: Gathered) -> Iterator[str]:
        difference = each.difference
        if not each.certain:
            raise UnclearError(difference.identity)
        if each.renamed is not None:
            yield self._renamed(difference, each.renamed)
            return
        kind, identity = difference.kind, difference.identity
        about = subjects([(kind, identity)]).get((kind, identity))
        if kind == "comment" and about is not None:
            yield self._comment(*about, (difference.expected or {}).get("text"))
        elif kind == "setting":
            yield setting(identity, difference.expected, difference.found)
        elif kind == "default privileges":
            yield from rights.changes(_of_defaults(identity), difference.expected or {}, difference.found or {})
        elif difference.is_of_defaults:
            yield from self._changed(difference, columns=False)
        elif kind == "constraint" and difference.change != "changed" and _inherited(difference):
            raise UnclearError(identity)  # it comes and goes with that of the parent
        elif difference.change == "extra":
            yield dropped(kind, identity, domain=self._of_domain(kind, identity))
        elif difference.change == "missing":
            yield from self._whole(kind, identity, difference.expected or {})
        else:
            yield from self._changed(difference, columns=any(other.kind == "column" for other in each.implied))

    def _whole(self, kind: str, identity: str, attributes: Mapping[str, Any]) -> Iterator[str]:
        """All of an object that is made anew: its owner, rights, comment, and what belongs to a view."""
        yield from made(kind, identity, attributes, domain=self._of_domain(kind, identity))
        if "owner" in attributes:
            yield owner(kind, identity, attributes["owner"])
        if kind in ON:
            yield from self._from_defaults(kind, identity, attributes)
        text = self._text(kind, identity)
        if text is not None:
            yield self._comment(kind, identity, text)
        if kind in VIEWS:
            yield from self._belonging(identity)

    def _belonging(self, view: str) -> Iterator[str]:
        for kind, identity in sorted(self._belongings.get(view, ())):
            attributes = self._expected.attributes((kind, identity))
            if kind == "column":
                nothing = Difference(kind=kind, identity=identity, change="changed", expected=attributes, found={})
                yield from alterations(nothing, {"default"} & attributes.keys())
                yield from rights.changes(self._target(kind, identity, attributes), attributes, {})
                if (text := self._text(kind, identity)) is not None:
                    yield self._comment(kind, identity, text)
            else:
                yield from self._whole(kind, identity, attributes)

    @cached_property
    def _belongings(self) -> Mapping[str, list[Key]]:
        """What belongs to each relation that should be there."""
        found: dict[str, list[Key]] = defaultdict(list)
        for key, text in self._expected.objects.items():
            kind, identity = key
            if kind in BELONGING:
                found[".".join(identifiers(identity)[0][:2])].append(key)
            elif kind == INDEX and (table := indexed(str(json.loads(text).get("definition")))):
                found[table].append(key)
        return found

    def _from_defaults(self, kind: str, identity: str, attributes: Mapping[str, Any]) -> Iterator[str]:
        """The rights on a new object, to which default privileges may give more than it had."""
        target = self._target(kind, identity, attributes)
        yield from (target.revoke(rights.ALL, role) for role in sorted(self._given - {target.owner}))
        yield from rights.changes(target, attributes, {})
        yield from rights.changes(Target(name=f"type {identity}"), attributes, {}, names=OF_TYPE)

    @cached_property
    def _given(self) -> frozenset[str]:
        """Roles that default privileges of the live database give something."""
        told = (json.loads(text) for (kind, _), text in self._found.objects.items() if kind == "default privileges")
        return frozenset(role for each in told for role in each.get("granted") or {} if role != "PUBLIC")

    def _target(self, kind: str, identity: str, attributes: Mapping[str, Any]) -> Target:
        if kind == "column":
            name, table = within(identity)
            return Target(name=f"table {table}", column=name)
        if kind not in ON:
            raise UnclearError(kind)
        return Target(name=f"{ON[kind]} {identity}", owner=_shown(attributes.get("owner")))

    def _changed(self, difference: Difference, *, columns: bool) -> Iterator[str]:
        kind, identity = difference.kind, difference.identity
        expected, found = difference.expected or {}, difference.found or {}
        names = differing(difference)
        if kind == "policy":
            yield from self._policy(difference, names)
        elif "query" in names:
            if kind == "view" and not columns and names <= {"query", "options"}:
                yield from made(kind, identity, expected)
            else:
                yield from self._anew(difference)
        elif "definition" in names:
            if kind in {"function", "procedure"} and _head(expected) == _head(found) and names == {"definition"}:
                yield from made(kind, identity, expected)
            elif kind == "constraint" and found["definition"] == f"{expected['definition']} NOT VALID":
                name, table = within(identity)
                word = "domain" if self._of_domain(kind, identity) else "table"
                yield f"alter {word} {table} validate constraint {name}"
            else:
                yield from self._anew(difference)
        else:
            yield from self._altered(difference, names)

    def _anew(self, difference: Difference) -> Iterator[str]:
        kind, identity = difference.kind, difference.identity
        table = table_of(difference)
        if kind == INDEX and ("constraint", f"{table}.{identifiers(identity)[0][-1]}") in self._expected.objects:
            raise UnclearError(identity)  # it cannot be dropped alone
        yield dropped(kind, identity, domain=self._of_domain(kind, identity))
        yield from self._whole(kind, identity, difference.expected or {})

    def _altered(self, difference: Difference, names: set[str]) -> Iterator[str]:
        kind, identity = difference.kind, difference.identity
        expected, found = difference.expected or {}, difference.found or {}
        of_rights, of_type = names & RIGHTS, names & {*OF_TYPE}
        if "owner" in names:
            owners = {_shown(side.get("owner")) for side in (expected, found)}
            if of_rights or of_type or not owners.isdisjoint(expected.get("granted") or {}):
                raise UnclearError(identity)  # rights follow the owner, and what an owner was given is lost
        yield from alterations(difference, names - RIGHTS - {*OF_TYPE})
        if of_rights:
            target = self._target(kind, identity, found)
            statements = [*rights.changes(target, expected, found)]
            self._refuse_of_columns(kind, identity, statements)
            yield from statements
        if of_type:
            yield from rights.changes(Target(name=f"type {identity}"), expected, found, names=OF_TYPE)

    def _refuse_of_columns(self, kind: str, identity: str, statements: list[str]) -> None:
        """What is taken on a table is taken on its columns, too."""
        if ON.get(kind) != "table" or not any(each.startswith("revoke") for each in statements):
            return
        for key in self._belongings.get(identity, ()):
            if key[0] == "column" and "granted" in self._expected.attributes(key):
                raise UnclearError(identity)

    def _policy(self, difference: Difference, names: set[str]) -> Iterator[str]:
        expected = difference.expected or {}
        if names <= {"roles", "using", "with check"} and names & expected.keys() == names:
            name, table = within(difference.identity)
            told = {each: expected[each] for each in {"roles", *names}}
            yield f"alter policy {name} on {table}{conditions(told)}"
        else:
            yield from self._anew(difference)

    def _renamed(self, missing: Difference, extra: Difference) -> str:
        """The statement that gives an object its name back; nothing is lost by it."""
        kind, name = missing.kind, identifiers(missing.identity)[0][-1]
        if is_moved(missing, extra):
            return f"alter {NAMES[kind]} {extra.identity} set schema {identifiers(missing.identity)[0][0]}"
        if kind not in BELONGING:
            return f"alter {NAMES[kind]} {extra.identity} rename to {name}"
        now, table = within(extra.identity)
        if kind not in {"column", "constraint"}:
            return f"alter {kind} {now} on {table} rename to {name}"
        if ("composite type", table) in self._found.objects:
            return f"alter type {table} rename attribute {now} to {name}"
        relation = "domain" if self._of_domain(kind, extra.identity) else "table"
        return f"alter {relation} {table} rename {kind} {now} to {name}"

    def _text(self, kind: str, identity: str) -> str | None:
        text = self._expected.objects.get(("comment", f"{kind} {identity}"))
        return None if text is None else json.loads(text)["text"]

    def _comment(self, kind: str, identity: str, text: str | None) -> str:
        return comment(kind, identity, text, domain=self._of_domain(kind, identity))

    def _of_domain(self, kind: str, identity: str) -> bool:
        """A constraint of a domain is named as one of a table is."""
        if kind != "constraint":
            return False
        _, table = within(identity)
        return any(("type", table) in each.objects for each in (self._expected, self._found))


def _head(attributes: Mapping[str, Any]) -> str:
    """What `create or replace` cannot change of a routine: its arguments and what it returns."""
    return str(attributes.get("definition")).partition("\n LANGUAGE")[0]


def _inherited(difference: Difference) -> bool:
    return bool((difference.expected or difference.found or {}).get("inherited"))


def _shown(role: str | None) -> str | None:
    """A role's name as privileges spell it: without quotes where PostgreSQL needs none."""
    if role is None or re.fullmatch(r"[a-z_][a-z0-9_]*", role):
        return role
    return '"' + role.replace('"', '""') + '"'


def _of_defaults(identity: str) -> Target:
    found = _DEFAULTS.fullmatch(identity)
    if found is None:
        raise UnclearError(identity)
    within_schema = "" if found["schema"] is None else f"in schema {found['schema']} "
    before = f"alter default privileges for role {found['role']} {within_schema}"
    return Target(name=found["what"], before=before, owner=found["role"])
