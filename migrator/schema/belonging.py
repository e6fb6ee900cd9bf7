"""What an object belongs to, and in what the two sides of a difference differ. Pure."""

from migrator.schema.compare import ORDER, Difference
from migrator.schema.placing import BELONGING, INDEX, identifiers, indexed


def differing(difference: Difference) -> set[str]:
    """The attributes in which the two sides differ."""
    one, other = difference.expected or {}, difference.found or {}
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def table_of(difference: Difference) -> str | None:
    """The identity of the table that an object belongs to; None for one that belongs to none."""
    if difference.kind == INDEX:
        return indexed(definition_of(difference))
    return belongs_to(difference.kind, difference.identity)


def belongs_to(kind: str, identity: str) -> str | None:
    """The same of an object of which no more than its key is known: an index does not tell its table by that."""
    names, _ = identifiers(identity)
    if kind == ORDER:
        return identity
    return ".".join(names[:2]) if kind in BELONGING and len(names) > 2 else None  # noqa: PLR2004 - likewise


def definition_of(difference: Difference) -> str:
    """The text that makes the object; empty where it has none."""
    return str((difference.expected or difference.found or {}).get("definition", ""))
