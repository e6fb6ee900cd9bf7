"""Statements that make an object, or drop it, from what is told of it. Pure.

Nothing that holds rows is made or dropped here, nor what something that holds rows may be made of.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from migrator.schema.placing import identifiers
from migrator.schema.restoring.rights import UnclearError
from migrator.sql.names import literal, quote

NAMES = {
    **{kind: kind for kind in ("table", "view", "materialized view", "foreign table", "sequence", "schema", "index")},
    **{kind: kind for kind in ("function", "procedure", "aggregate", "statistics", "collation", "conversion")},
    **{kind: kind for kind in ("publication", "event trigger", "server", "foreign data wrapper", "language")},
    **{kind: kind for kind in ("text search configuration", "text search dictionary", "extension", "column")},
    "composite type": "type",
    "type": "type",
}
"""Classes of objects by what ALTER, DROP and COMMENT call them."""

ON_TABLE = frozenset({"constraint", "trigger", "rule", "policy"})
"""Classes whose objects are named within their table."""

DROPPED = frozenset({"view", "materialized view", "function", "procedure", "aggregate", "index", "statistics"})
"""Other classes whose objects hold no rows, and no part of them."""

_ONLY = re.compile(r"^(CREATE (?:UNIQUE )?INDEX (?:\"(?:[^\"]|\"\")*\"|[^ ]+)) ON ONLY ")
"""An index of a partitioned table, as the server prints it, which made alone would not be one of its partitions."""

VIEWS = frozenset({"view", "materialized view"})


def within(identity: str) -> tuple[str, str]:
    """The name of an object within its table, and the table."""
    names, _ = identifiers(identity)
    return names[-1], ".".join(names[:2])


def made(kind: str, identity: str, attributes: Mapping[str, Any], *, domain: bool = False) -> Iterator[str]:
    """Statements that make it, without its owner, its rights and its comment. Raises `UnclearError`.

    `domain` tells that a constraint is one of a domain.
    """
    known = {"definition", "owner", "granted", "revoked"}
    definition = str(attributes.get("definition", ""))
    match kind:
        case "index":
            yield _ONLY.sub(r"\1 ON ", definition, count=1)
        case "function" | "procedure" | "statistics":
            yield definition
        case "trigger" | "rule":
            known |= {"fires"}
            yield definition
            if "fires" in attributes:
                yield fires(kind, identity, attributes["fires"])
        case "constraint":
            name, table = within(identity)
            yield f"alter {'domain' if domain else 'table'} {table} add constraint {name} {definition}"
        case "policy":
            known = {*attributes}
            yield policy(identity, attributes)
        case "view" | "materialized view":
            known |= {"options", "query"}
            yield view(kind, identity, attributes)
        case _:
            raise UnclearError(kind)
    if not attributes.keys() <= known:
        raise UnclearError(identity)


def dropped(kind: str, identity: str, *, domain: bool = False) -> str:
    """A statement that drops it. Raises `UnclearError` for whatever may hold rows."""
    if kind == "constraint":
        name, table = within(identity)
        return f"alter {'domain' if domain else 'table'} {table} drop constraint {name}"
    if kind in ON_TABLE:
        name, table = within(identity)
        return f"drop {kind} {name} on {table}"
    if kind not in DROPPED:
        raise UnclearError(kind)
    return f"drop {kind} {identity}"


def fires(kind: str, identity: str, when: str | None) -> str:
    """A statement that makes a trigger or a rule fire when it should; None: as they do by default."""
    word = {None: "enable", "never: disabled": "disable", "on a replica": "enable replica", "always": "enable always"}
    name, table = within(identity)
    return f"alter table {table} {word[when]} {kind} {name}"


def policy(identity: str, attributes: Mapping[str, Any]) -> str:
    """A statement that makes a policy."""
    name, table = within(identity)
    kind = " as restrictive" if attributes.get("restrictive") else ""
    return f"create policy {name} on {table}{kind} for {attributes['command']}{conditions(attributes)}"


def conditions(attributes: Mapping[str, Any]) -> str:
    """Whom a policy is for, and what it lets them do."""
    found = f" to {', '.join(attributes['roles'])}"
    for name in ("using", "with check"):
        if name in attributes:
            found += f" {name} ({attributes[name]})"
    return found


def view(kind: str, identity: str, attributes: Mapping[str, Any]) -> str:
    """A statement that makes a view, also over one with the same columns."""
    verb = "create or replace" if kind == "view" else "create"
    query = str(attributes["query"]).strip().removesuffix(";")
    options = attributes.get("options")
    return f"{verb} {kind} {identity}{f' with ({set_options(options)})' if options else ''} as\n{query}"


def set_options(options: list[str], prefix: str = "") -> str:
    """A list of `name=value` as SQL."""
    pairs = (each.partition("=") for each in options)
    return ", ".join(f"{prefix}{name} = {literal(value)}" for name, _, value in pairs)


def owner(kind: str, identity: str, role: str) -> str:
    """A statement that gives the object to a role."""
    if kind not in NAMES or kind in {"index", "column", "extension"}:
        raise UnclearError(kind)
    return f"alter {NAMES[kind]} {identity} owner to {quote(role)}"


def comment(kind: str, identity: str, text: str | None, *, domain: bool = False) -> str:
    """A statement that makes its comment this text; None: that takes it away."""
    if kind in ON_TABLE:
        name, table = within(identity)
        target = f"{kind} {name} on {'domain ' if domain else ''}{table}"
    elif kind in NAMES:
        target = f"{NAMES[kind]} {identity}"
    else:
        raise UnclearError(kind)
    return f"comment on {target} is {literal(text)}"
