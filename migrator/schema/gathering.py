"""Differences as people tell them: what goes with another one is counted there, and a new name is one change. Pure.

A table that is missing takes its columns, indexes and policies along; nobody wants to read of each. What goes along is
only what could not be otherwise once the other difference is known.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from migrator.schema.compare import ORDER, Difference
from migrator.schema.moving import but_for_schema, moved
from migrator.schema.objects import Key, Schema
from migrator.schema.placing import BELONGING, INDEX, RELATIONS, UNQUALIFIED, identifiers, indexed, subjects, unquoted
from migrator.sql.lexer import Lexeme, lexemes

VIEWS = frozenset({"view", "materialized view"})
"""Relations whose columns come from a query."""

RENAMED = frozenset(
    {
        *("table", "view", "materialized view", "foreign table", "column", "constraint", "index", "trigger", "rule"),
        *("policy", "type", "composite type", "function", "procedure"),
    }
)
"""Classes of which a new name is told as such."""

_OWN_NAME = "\0"
"""What stands for an object's own name where two objects are compared but for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A difference with what goes with it.

    Attributes:
        difference: what is to be told.
        implied: what could not be otherwise, given that.
        renamed: the extra object that is this missing one under another name, or in another schema.
        certain: nothing else can have happened. The last column of a table may also have been dropped, and another
            one been added.
    """

    difference: Difference
    implied: tuple[Difference, ...] = ()
    renamed: Difference | None = None
    certain: bool = True


def gathered(differences: Sequence[Difference], expected: Schema, found: Schema) -> tuple[Gathered, ...]:
    """The same differences, each told once: at its own place, or with what it goes with. In the order that they have.

    `expected` and `found` are the two schemas that they are between.
    """
    by_key = {(each.kind, each.identity): each for each in differences}
    about = subjects(by_key.keys())
    members: dict[Key, list[Difference]] = defaultdict(list)
    roots: list[Difference] = []
    above = partial(_above, by_key=by_key, about=about, columns=_columns(differences))
    for each in differences:
        top = _top(each, above)
        if top is each:
            roots.append(each)
        else:
            members[top.kind, top.identity].append(each)
    return tuple(_with_new_names(roots, members, expected, found))


def _top(difference: Difference, above: Any) -> Difference:
    """What it goes with in the end: itself, where that is nothing."""
    seen = {(difference.kind, difference.identity)}
    while (parent := above(difference)) is not None and (parent.kind, parent.identity) not in seen:
        difference = parent
        seen.add((parent.kind, parent.identity))
    return difference


def _above(
    difference: Difference,
    by_key: Mapping[Key, Difference],
    about: Mapping[Key, Key],
    columns: Mapping[str, Sequence[Difference]],
) -> Difference | None:
    """The difference that this one goes with; None where there is none."""
    for key, reason in _candidates(difference, about):
        other = by_key.get(key)
        if other is not None and other is not difference and reason(difference, other):
            return other
    if difference.kind in {"constraint", INDEX} and difference.change != "changed":
        # neither can be without a column that it is made of
        words = frozenset(_names(_definition(difference)))
        for column in columns.get(table_of(difference) or "", ()):
            if column.change == difference.change and identifiers(column.identity)[0][-1] in words:
                return column
    return None


def _candidates(difference: Difference, about: Mapping[Key, Key]) -> Iterator[tuple[Key, Any]]:
    kind, identity = difference.kind, difference.identity
    names, _ = identifiers(identity)
    table = table_of(difference)
    if subject := about.get((kind, identity)):
        yield subject, _alike
    elif kind == "extension version":
        yield ("extension", identity), _alike
    elif kind == "user mapping":
        yield ("server", identity.rpartition(" for ")[0]), _alike
    elif kind == "default privileges" and " in " in identity:
        yield ("schema", identity.rpartition(" on ")[0].rpartition(" in ")[2]), _alike
    elif kind == "sequence" and (owned_by := (difference.expected or difference.found or {}).get("owned by")):
        yield ("column", owned_by), _alike
    if kind == INDEX and table is not None:
        yield ("constraint", f"{table}.{names[-1]}"), _same_change
    if table is not None:
        for relation in RELATIONS:
            yield (relation, table), _of_view if kind == "column" and relation in VIEWS else _alike
    elif kind not in UNQUALIFIED and kind != "schema" and len(names) > 1:
        yield ("schema", names[0]), _alike


def _same_change(one: Difference, other: Difference) -> bool:
    return one.change == other.change


def _alike(one: Difference, other: Difference) -> bool:
    """Both are there on the same side alone."""
    return one.change == other.change != "changed"


def _of_view(column: Difference, view: Difference) -> bool:
    """Both are there on the same side alone; or the view has another query, and so other columns."""
    if _alike(column, view):
        return True
    queries = [(side or {}).get("query") for side in (view.expected, view.found)]
    of_query = column.change != "changed" or differing(column) <= {"type", "collation"}
    return view.change == "changed" and queries[0] != queries[1] and of_query


def differing(difference: Difference) -> set[str]:
    """The attributes in which the two sides differ."""
    one, other = difference.expected or {}, difference.found or {}
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def table_of(difference: Difference) -> str | None:
    """The identity of the table that an object belongs to; None for one that belongs to none."""
    if difference.kind == INDEX:
        return indexed(_definition(difference))
    return belongs_to(difference.kind, difference.identity)


def belongs_to(kind: str, identity: str) -> str | None:
    """The same of an object of which no more than its key is known: an index does not tell its table by that."""
    names, _ = identifiers(identity)
    if kind == ORDER:
        return identity
    return ".".join(names[:2]) if kind in BELONGING and len(names) > 2 else None  # noqa: PLR2004 - likewise


def _definition(difference: Difference) -> str:
    return str((difference.expected or difference.found or {}).get("definition", ""))


def _columns(differences: Iterable[Difference]) -> Mapping[str, list[Difference]]:
    """The columns that are on one side alone, by their table."""
    found: dict[str, list[Difference]] = defaultdict(list)
    for each in differences:
        if each.kind == "column" and each.change != "changed":
            found[table_of(each) or ""].append(each)
    return found


def _names(text: str) -> Iterator[str]:
    """Everything in a text of SQL that may be a name, as it is spelled."""
    for lexeme, start, end in lexemes(text):
        if lexeme in {Lexeme.WORD, Lexeme.QUOTED_IDENTIFIER}:
            yield text[start:end]


def _with_new_names(
    roots: Sequence[Difference], members: Mapping[Key, list[Difference]], expected: Schema, found: Schema
) -> Iterator[Gathered]:
    pairs = moved(roots, members) | _renamed(roots, members, expected, found)
    gone = {(new.kind, new.identity) for new in pairs.values()}
    taken: dict[Key, Key] = {}
    for old, new in pairs.items():
        along = members.get((new.kind, new.identity), ())
        for each in roots:
            key = each.kind, each.identity
            if (
                each.change == "changed"
                and key not in taken
                and (_but_for_name(each, old[1], new.identity) or but_for_schema(each, old[1], new, along))
            ):
                taken[key] = old
    for each in roots:
        key = each.kind, each.identity
        if key in gone or key in taken:
            continue
        implied = [*members.get(key, ())]
        renamed = pairs.get(key)
        if renamed is not None:
            implied += members.get((renamed.kind, renamed.identity), ())
            implied += (other for other in roots if taken.get((other.kind, other.identity)) == key)
        certain = renamed is None or each.kind != "column" or _order(renamed, found)[-1] != _name(renamed)
        yield Gathered(difference=each, implied=tuple(implied), renamed=renamed, certain=certain)


def _renamed(
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
        (each.kind, *(replaced(part, name, _OWN_NAME) for part in (each.identity, _kept(each.expected or each.found))))
        for each in (difference, *members)
    ]
    return json.dumps(sorted(told, key=lambda each: each[:2]), sort_keys=True)


def _kept(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Without the name of a not-null, which stays what it was when a table or column gets a new one."""
    return {name: value for name, value in (attributes or {}).items() if name != "not null name"}


def _same_place(missing: Difference, extra: Difference, expected: Schema, found: Schema) -> bool:
    """A column under another name is where it was: behind the same columns, as far as both sides have them."""
    if missing.kind != "column":
        return True
    old, new = _order(missing, expected), _order(extra, found)
    before = [name for name in old[: old.index(_name(missing))] if name in new]
    return before == [name for name in new[: new.index(_name(extra))] if name in old]


def _order(column: Difference, schema: Schema) -> list[str]:
    """The columns of its table; its own name, where it is the only one."""
    row = schema.objects.get((ORDER, table_of(column) or ""))
    names: list[str] = [] if row is None else json.loads(row)["columns"]
    return names if _name(column) in names else [_name(column)]


def _name(difference: Difference) -> str:
    return unquoted(identifiers(difference.identity)[0][-1])


def _but_for_name(difference: Difference, old: str, new: str) -> bool:
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
            return {name: replaced(each, old, new) for name, each in value.items()}
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
    except ValueError:  # no SQL, such as a comment with one apostrophe
        pass
    yield text[done:]
