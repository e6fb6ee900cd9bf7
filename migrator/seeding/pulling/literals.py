"""PostgreSQL's text of arrays, composite values and hstores, taken apart as its output functions write it.

The forms: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO,
https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX,
https://www.postgresql.org/docs/current/hstore.html#HSTORE-EXTERNAL-REP.
"""

import re
from typing import TypeAlias

Element: TypeAlias = "str | list[Element] | None"
Elements: TypeAlias = list[Element]
"""The elements of an array: texts, None for NULL, lists for dimensions."""

# `[^x]*(?:y[^x]*)*` and not `(?:[^x]|y)*`, which costs memory for every character
_QUOTED = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
_FIELD = re.compile(r'"([^"\\]*(?:(?:\\.|"")[^"\\]*)*)"|([^",()\\]*)', re.DOTALL)
_PAIR = re.compile(rf"{_QUOTED}=>(?:{_QUOTED}|(NULL))(?:, |\Z)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_DOUBLED = re.compile(r'\\(.)|"(")', re.DOTALL)


def array(text: str, delimiter: str) -> Elements | None:
    """The elements of an array; None for one whose subscripts do not begin at 1, which no list can say."""
    if not text.startswith("{"):
        return None
    element = re.compile(rf'{_QUOTED}|([^"{{}}{re.escape(delimiter)}]+)', re.DOTALL)
    found: Elements = []
    open_lists: list[Elements] = [found]
    at = 1
    while at < len(text):
        character = text[at]
        if character == "{":
            inner: Elements = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
        elif character == "}":
            open_lists.pop()
        elif character != delimiter:
            match = element.match(text, at)
            if match is None:
                return None
            at = match.end()
            quoted, bare = match.groups()
            if quoted is not None:
                open_lists[-1].append(_ESCAPED.sub(r"\1", quoted))
            else:
                open_lists[-1].append(None if bare == "NULL" else bare)
            continue
        at += 1
    return found if not open_lists else None


def composite(text: str, fields: int) -> list[str | None] | None:
    """The fields of a composite value, None for NULL; None for a text that has another number of them."""
    found: list[str | None] = []
    at = 1
    while at < len(text):
        match = _FIELD.match(text, at)
        if match is None:
            return None
        quoted, bare = match.groups()
        found.append(_DOUBLED.sub(r"\1\2", quoted) if quoted is not None else bare or None)
        at = match.end() + 1
    return found if len(found) == fields else None


def pairs(text: str) -> list[tuple[str, str | None]] | None:
    """The pairs of an hstore; None for a text that is none."""
    found: list[tuple[str, str | None]] = []
    at = 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None:
            return None
        name, value, _ = match.groups()
        found.append((_ESCAPED.sub(r"\1", name), None if value is None else _ESCAPED.sub(r"\1", value)))
        at = match.end()
    return found
