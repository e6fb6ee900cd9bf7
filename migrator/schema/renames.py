"""What is missing and there under another name, and what differs by nothing but that name. Pure."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from migrator.schema.belonging import table_of
from migrator.schema.compare import ORDER, Difference
from migrator.schema.moving import is_moved
from migrator.schema.objects import Key, Schema
from migrator.schema.placing import ABOUT, identifiers, unquoted
from migrator.sql.lexer import Lexeme, lexemes

RENAMED = frozenset(
    {
        *("table", "view", "materialized view", "foreign table", "column", "constraint", "index", "trigger", "rule"),
        *("policy", "type", "composite type", "function", "procedure", "aggregate", "sequence", "statistics"),
        *("collation", "conversion", "text search configuration", "text search dictionary", "server"),
        *("foreign data wrapper", "publication", "event trigger", "language", "schema"),
    }
)
"""Classes of which a new name is told as such."""

WORD = re.compile(r"\w+")
"""A part of a name that a text which holds the name must hold, too."""

_OWN_NAME = "\0"
"""What stands for an object's own name where two objects are compared but for it."""


def first_word(name: str) -> str:
    """The first of such parts; empty where there is none."""
    found = WORD.search(name)
    return "" if found is None else found[0]


def new_names(
    roots: Sequence[Difference], members: Mapping[Key, list[Difference]], expected: Schema, found: Schema
) -> dict[Key, Difference]:
    """What is missing and there under another name; only where there is one such pair and no other."""
    sides: dict[tuple[str, str, str], dict[str, list[Difference]]] = defaultdict(lambda: defaultdict(list))
    for each in roots:
        if each.change != "changed" and each.kind in RENAMED:
            names, _ = identifiers(each.identity)
            signature = _signature(each, members.get((each.kind, each.identity), ()))
            sides[each.kind, ".".join(names[:-1]), signature][each.change].append(each)
    pairs = {}
    for found_sides in sides.values():
        missing, extra = found_sides["missing"], found_sides["extra"]
        if len(missing) == len(extra) == 1 and _same_place(missing[0], extra[0], expected, found):
            pairs[missing[0].kind, missing[0].identity] = extra[0]
    return pairs


def _signature(difference: Difference, members: Iterable[Difference]) -> str:
    """All that is told of an object and of what goes with it, but for its name."""
    name = identifiers(difference.identity)[0][-1]
    told = [
        (
            each.kind,
            replaced(each.identity, name, _OWN_NAME),
            # what people say stays as it is
            _said(each) if each.kind in ABOUT else replaced(_kept(_said(each)), name, _OWN_NAME),
        )
        for each in (difference, *members)
    ]
    return json.dumps(sorted(told, key=lambda each: each[:2]), sort_keys=True)


def _said(difference: Difference) -> Mapping[str, Any]:
    return difference.expected or difference.found or {}


def _kept(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Without the name of a not-null, which stays what it was when a table or column gets a new one."""
    return {name: value for name, value in (attributes or {}).items() if name != "not null name"}


def _same_place(missing: Difference, extra: Difference, expected: Schema, found: Schema) -> bool:
    """A column under another name is where it was: behind the same columns, as far as both sides have them."""
    if missing.kind != "column":
        return True
    old, new = columns_of(missing, expected), columns_of(extra, found)
    before = [name for name in old[: old.index(name_of(missing))] if name in new]
    return before == [name for name in new[: new.index(name_of(extra))] if name in old]


def certain(missing: Difference, extra: Difference, found: Schema) -> bool:
    """A pair is one object: no two others of its kind are likely to be so alike."""
    if missing.kind == "sequence":
        return is_moved(missing, extra)
    return missing.kind != "column" or columns_of(extra, found)[-1] != name_of(extra)


def columns_of(column: Difference, schema: Schema) -> list[str]:
    """The columns of its table; its own name, where it is the only one."""
    row = schema.objects.get((ORDER, table_of(column) or ""))
    names: list[str] = [] if row is None else json.loads(row)["columns"]
    return names if name_of(column) in names else [name_of(column)]


def name_of(difference: Difference) -> str:
    """The name of the object within its schema or its table, without quotes."""
    return unquoted(identifiers(difference.identity)[0][-1])


def but_for_name(difference: Difference, old: str, new: str) -> bool:
    """It differs by nothing but the new name of another object."""
    before, after = identifiers(old)[0][-1], identifiers(new)[0][-1]
    renamed = replaced(_kept(difference.found), after, before)
    if difference.kind == ORDER:
        names = [unquoted(before) if each == unquoted(after) else each for each in (difference.found or {})["columns"]]
        renamed = {"columns": names}
    return bool(renamed == _kept(difference.expected))


def replaced(value: Any, old: str, new: str) -> Any:
    """A value of attributes with a name, as it is spelled, for another one in every text of it."""
    match value:
        case str() if old in value:
            return "".join(_replaced(value, old, new))
        case Mapping():
            return {replaced(name, old, new): replaced(each, old, new) for name, each in value.items()}
        case list():
            return [replaced(each, old, new) for each in value]
        case _:
            return value


def _replaced(text: str, old: str, new: str) -> Iterator[str]:
    done = 0
    try:
        for lexeme, start, end in lexemes(text):
            if lexeme in {Lexeme.WORD, Lexeme.QUOTED_IDENTIFIER} and text[start:end] == old:
                yield text[done:start]
                yield new
                done = end
            elif lexeme is Lexeme.LITERAL and text.startswith("::regclass", end):  # as in the default of a serial
                yield text[done : start + 1]
                yield from _replaced(text[start + 1 : end - 1], old, new)
                done = end - 1
    except ValueError:  # no SQL, such as a comment with one apostrophe
        pass
    yield text[done:]
