"""What only another version of the server explains: text that it prints from parse trees, and newer rights. Pure.

Between 15 and 16 a view lost the names of tables before columns; other releases moved parentheses and casts. What two
texts say without those is the same, then. Where it is not, nobody can tell without looking.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from migrator.sql.lexer import Lexeme, UnterminatedError, lexemes
from migrator.sql.qualifying import behind_type

DEPARSED = frozenset(
    {
        *("definition", "query", "row filters", "default", "using", "with check", "partition", "partitioned by"),
        "arguments",
    }
)
"""Attributes that the server prints from its own parse tree: their text may change with its version alone."""

NEWER = frozenset({"not null name"})
"""Attributes that older versions have not: before 18 a not-null has no name (before 17 that of a domain)."""

RIGHTS = frozenset({"granted", "revoked"})

MAINTAIN_SINCE = 170000
"""The version from which on tables have this privilege."""

_OF_TABLES = "DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"
_BODY = "\nAS $"


def same_but_for_text(one: Mapping[str, Any], other: Mapping[str, Any], versions: tuple[int, int]) -> bool:
    """Two objects of two versions differ in nothing but what the versions may explain.

    The body of a function is the user's own text, which no version prints in another way.
    """
    maintained = [version >= MAINTAIN_SINCE for version in versions]
    kept = [dict(_kept(side, older=maintained[0] != maintained[1])) for side in (one, other)]
    return kept[0] == kept[1] and _body(one) == _body(other)


def _kept(attributes: Mapping[str, Any], *, older: bool) -> Iterator[tuple[str, Any]]:
    for name, value in attributes.items():
        if name in RIGHTS and older and isinstance(value, Mapping):
            if rights := {role: less for role, what in value.items() if (less := _without_maintain(str(what)))}:
                yield name, rights
        elif name not in NEWER:
            yield name, name if name in DEPARSED else value


def _without_maintain(privileges: str) -> str:
    kept = ", ".join(each for each in privileges.split(", ") if each.removesuffix("*") != "MAINTAIN")
    return "ALL" if kept == _OF_TABLES else kept


def _body(attributes: Mapping[str, Any]) -> str:
    text = attributes.get("definition")
    return str(text).partition(_BODY)[2] if isinstance(text, str) else ""


def same_words(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """The texts of two such objects say the same, as far as that can be told without the server."""
    return all(_words(one.get(name)) == _words(other.get(name)) for name in DEPARSED & {*one, *other})


def _words(value: object) -> list[str]:
    if not isinstance(value, str):
        return [] if value is None else [str(value)]
    try:
        texts = [
            value[start:end].lower() if lexeme is Lexeme.WORD else value[start:end]
            for lexeme, start, end in lexemes(value)
        ]
    except UnterminatedError:
        return [value]
    return list(_without_layout(texts))


def _without_layout(texts: list[str]) -> Iterator[str]:
    """Without parentheses, casts, and the names of tables before columns."""
    at = 0
    while at < len(texts):
        text = texts[at]
        if text == "::":
            at = behind_type(texts, at + 1)
            continue
        at += 1
        if text in {"(", ")", "."} or texts[at : at + 1] == ["."]:
            continue
        yield text
