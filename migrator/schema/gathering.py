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

from migrator.schema.belonging import definition_of, differing, table_of
from migrator.schema.compare import Difference
from migrator.schema.moving import but_for_schema, moved
from migrator.schema.objects import Key, Schema
from migrator.schema.placing import INDEX, RELATIONS, UNQUALIFIED, identifiers, subjects
from migrator.schema.renames import WORD, but_for_name, certain, first_word, name_of, new_names
from migrator.sql.lexer import Lexeme, lexemes

VIEWS = frozenset({"view", "materialized view"})
"""Relations whose columns come from a query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A difference with what goes with it.

    Attributes:
        difference: what is to be told.
        implied: what could not be otherwise, given that.
        renamed: the extra object that is this missing one under another name, or in another schema.
        certain: nothing else can have happened. The last column of a table may also have been dropped, and another
            one been added; and sequences are alike.
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
    if difference.kind in {"constraint", INDEX, "statistics"} and difference.change != "changed":
        # none can be without a column that it is made of
        words = frozenset(_names(definition_of(difference)))
        for column in columns.get(_made_on(difference) or "", ()):
            if column.change == difference.change and identifiers(column.identity)[0][-1] in words:
                return column
    return None


def _candidates(difference: Difference, about: Mapping[Key, Key]) -> Iterator[tuple[Key, Any]]:
    kind, identity = difference.kind, difference.identity
    names, _ = identifiers(identity)
    table = _made_on(difference)
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
        yield ("table", ".".join(identifiers(owned_by)[0][:2])), _follows
    if kind == INDEX and table is not None:
        yield ("constraint", f"{table}.{names[-1]}"), _same_change
    if table is not None:
        for relation in RELATIONS:
            yield (relation, table), _of_view if kind == "column" and relation in VIEWS else _alike
    elif kind not in UNQUALIFIED and kind != "schema" and len(names) > 1:
        yield ("schema", names[0]), _alike


def _made_on(difference: Difference) -> str | None:
    """The table without which it cannot be: statistics are not named by theirs."""
    if difference.kind == "statistics":
        return definition_of(difference).rpartition(" FROM ")[2] or None
    return table_of(difference)


def _same_change(one: Difference, other: Difference) -> bool:
    return one.change == other.change


def _alike(one: Difference, other: Difference) -> bool:
    """Both are there on the same side alone."""
    return one.change == other.change != "changed"


def _follows(sequence: Difference, table: Difference) -> bool:
    """It has the new owner of the table that it belongs to."""
    if sequence.change != "changed" or table.change != "changed" or differing(sequence) != {"owner"}:
        return False
    return "owner" in differing(table) and (sequence.found or {})["owner"] == (table.found or {})["owner"]


def _of_view(column: Difference, view: Difference) -> bool:
    """Both are there on the same side alone; or the view has another query, and so other columns."""
    if _alike(column, view):
        return True
    queries = [(side or {}).get("query") for side in (view.expected, view.found)]
    of_query = column.change != "changed" or differing(column) <= {"type", "collation"}
    return view.change == "changed" and queries[0] != queries[1] and of_query


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
    pairs = moved(roots, members) | new_names(roots, members, expected, found)
    gone = {(new.kind, new.identity) for new in pairs.values()}
    taken: set[Key] = set()
    naming: dict[Key, list[Difference]] = defaultdict(list)
    by_word: dict[str, list[tuple[Key, Difference]]] = defaultdict(list)
    for old, new in pairs.items():
        along = [each for each in members.get((new.kind, new.identity), ()) if each.kind in {INDEX, "sequence"}]
        for word in {first_word(name_of(each)) for each in (new, *along)}:
            by_word[word].append((old, new))
    for each in roots if pairs else ():
        if each.change == "changed":
            # few of them, so that many new names and many changes do not multiply
            words = {*WORD.findall(json.dumps(each.found, ensure_ascii=False))}
            for old, new in (pair for word in words & by_word.keys() for pair in by_word[word]):
                with_it = members.get((new.kind, new.identity), ())
                if but_for_name(each, old[1], new.identity) or but_for_schema(each, old[1], new, with_it):
                    taken.add((each.kind, each.identity))
                    naming[old].append(each)
                    break
    for each in roots:
        key = each.kind, each.identity
        if key in gone or key in taken:
            continue
        implied = [*members.get(key, ())]
        renamed = pairs.get(key)
        if renamed is not None:
            implied += members.get((renamed.kind, renamed.identity), ())
            implied += naming[key]
        sure = renamed is None or certain(each, renamed, found)
        yield Gathered(difference=each, implied=tuple(implied), renamed=renamed, certain=sure)
