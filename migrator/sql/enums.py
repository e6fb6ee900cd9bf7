"""New values of enum types that a script uses before their transaction is over, which PostgreSQL refuses (55P04)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrator.source import Span
from migrator.sql.literals import identifier_name, is_literal, literal_text
from migrator.sql.statement import Statement

_VALUE = re.compile(r"\bvalue\b", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyUse:
    """A statement that seems to use a value which another one of its transaction adds.

    Attributes:
        value: the text of the new value.
        type: the enum type as the statement names it, folded to lower case unless quoted.
        added: the place of `ALTER TYPE ... ADD VALUE`.
        used: the place of the statement that holds the value as a literal.
    """

    value: str
    type: str
    added: Span
    used: Span


def early_uses(statements: Sequence[Statement]) -> Iterator[EarlyUse]:
    """Yield, for statements of one transaction, each one that holds a value added before it; once for each value.

    It only looks for literals of the same text, so it can be wrong in both directions: a warning, not an error. A value
    added to a type that the same transaction creates is usable at once. The rule:
    https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES.
    """
    if not any(_VALUE.search(each.source.text, each.start, each.end) for each in statements):
        return  # most files: what follows takes as long as splitting them
    created: set[str] = set()
    added: dict[str, tuple[str, Statement]] = {}
    for statement in statements:
        keywords = statement.keywords[:2]
        if not added and keywords not in {("CREATE", "TYPE"), ("ALTER", "TYPE")}:
            continue
        tokens = statement.tokens()
        if keywords == ("CREATE", "TYPE"):
            created.add(_qualified_name(tokens[2:])[0])
        if keywords == ("ALTER", "TYPE"):
            name, rest = _qualified_name(tokens[2:])
            value = _added_value(rest)
            if value is not None and name not in created:
                added[value] = (name, statement)
                continue
        for value in {literal_text(token) for token in tokens if is_literal(token)} & added.keys():
            name, addition = added.pop(value)
            yield EarlyUse(value=value, type=name, added=addition.span, used=statement.span)


def _qualified_name(tokens: list[str]) -> tuple[str, list[str]]:
    """The possibly qualified name in front, and what follows it."""
    parts = [identifier_name(tokens[0])] if tokens else []
    at = 1
    while tokens[at : at + 1] == ["."] and len(tokens) > at + 1:
        parts.append(identifier_name(tokens[at + 1]))
        at += 2
    return ".".join(parts), tokens[at:]


def _added_value(rest: list[str]) -> str | None:
    match rest:
        case ["ADD", "VALUE", "IF", "NOT", "EXISTS", value, *_] | ["ADD", "VALUE", value, *_] if is_literal(value):
            return literal_text(value)
        case _:
            return None
