"""Where an object was last named: the migration file and the line. Best effort, from the files alone.

Nothing is read until somebody asks; then the words of every file are indexed, and only files that hold the words of a
name are lexed.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from migrator.events.verifying import Finding
from migrator.migrating.files.migration import Migration
from migrator.schema.belonging import belongs_to
from migrator.schema.compare import ORDER
from migrator.schema.objects import Key, Schema
from migrator.schema.placing import BELONGING, INDEX, identifiers, indexed, subjects, unquoted
from migrator.source import Span
from migrator.sql.script import split
from migrator.verifying.naming.mentions import ADDING, DDL, RIGHTS, Sentence, sentences

_WORD = re.compile(r"\w+")

RELATION_WORDS = frozenset({"TABLE", "VIEW", "TYPE", "DOMAIN", "SEQUENCE"})
"""How statements call what has columns: ALTER TABLE is also for views."""

WORDS = {
    **dict.fromkeys(("table", "view", "materialized view", "foreign table", "composite type"), RELATION_WORDS),
    "type": frozenset({"TYPE", "DOMAIN"}),
    "sequence": frozenset({"SEQUENCE", "TABLE"}),
    "function": frozenset({"FUNCTION", "ROUTINE"}),
    "procedure": frozenset({"PROCEDURE", "ROUTINE"}),
}
"""How statements call things; any other class by its last word."""

ASPECTS = {
    "row level security": ("ROW", "LEVEL", "SECURITY"),
    "row level security of the owner": ("ROW", "LEVEL", "SECURITY"),
    "owner": ("OWNER", "TO"),
    "default": ("DEFAULT",),
    "replica identity": ("REPLICA", "IDENTITY"),
}
"""Words of a statement that is about one attribute."""

OF_RIGHTS = frozenset({"granted", "revoked"})

_MADE_BY = {
    "pkey": "PRIMARY",
    "key": "UNIQUE",
    "fkey": "REFERENCES",
    "check": "CHECK",
    "excl": "EXCLUDE",
    "idx": "INDEX",
}
"""How names end that the server has chosen, and the word that made it choose one."""

Match = Callable[[Sentence], int | None]


class Named:
    """An index over migrations, in the order in which they apply."""

    def __init__(self, migrations: Sequence[Migration]) -> None:
        self._migrations = [each for each in migrations if not each.python]
        self._read: dict[int, list[Sentence]] = {}

    def where(
        self,
        kind: str,
        identity: str,
        *,
        table: str | None = None,
        attributes: Collection[str] = (),
        loosely: bool = True,
    ) -> Span | None:
        """The place of the last statement that makes, alters or drops an object, or else names it; None for none.

        Of a column it is the one that adds it, where nothing is known of what is in question.

        Args:
            kind: the object's class.
            identity: its identity in the catalog.
            table: that of the table that an index is on.
            attributes: which ones are in question, where that is known: GRANT is about rights.
            loosely: where no statement makes it, take one that names it, or that makes what it belongs to.
        """
        for match in self._matches(kind, identity, table, attributes, loosely=loosely):
            if (found := self._last(match[0], match[1])) is not None:
                return found
        for other in _instead(kind, identity, table) if loosely else ():
            if (found := self.where(*other)) is not None:
                return found
        return None

    def _matches(
        self, kind: str, identity: str, table: str | None, attributes: Collection[str], *, loosely: bool
    ) -> Iterator[tuple[Sequence[str], Match]]:
        """What to look for, the best first: the names that a file must hold, and where a sentence names them."""
        about = subjects([(kind, identity)]).get((kind, identity))
        if about is not None:
            names = [unquoted(each) for each in identifiers(about[1])[0]]
            yield names[-1:], lambda each: _commented(each, about[0], names)
            return
        names = [unquoted(each) for each in identifiers(identity)[0]]
        on = [unquoted(each) for each in identifiers(table or belongs_to(kind, identity) or "")[0]]
        if not names or kind == ORDER:
            return
        direct = _direct(kind, names, on)
        wanted = [names[-1], *on[-1:]]
        if attributes and OF_RIGHTS.issuperset(attributes):
            yield (on if kind == "column" else names)[-1:], lambda each: _granted(each, on or names)
        aspects = [words for name, words in ASPECTS.items() if name in attributes]
        if len(aspects) == len({*attributes}) > 0:
            yield wanted, lambda each: direct(each) if any(each.has(*words) for words in aspects) else None
        if kind == "column" and not attributes:
            yield wanted, lambda each: each.column(names[-1], ADDING) if _about(each, on) else None
        yield wanted, direct
        ending = names[-1].rpartition("_")[2]
        if on and kind in {"constraint", INDEX} and ending in _MADE_BY:
            middle = names[-1].removeprefix(f"{on[-1]}_").removesuffix(ending).strip("_")
            yield on[-1:], lambda each: _unnamed(each, on, _MADE_BY[ending], middle)
        if loosely:
            yield wanted, lambda each: _mentioned(each, names, on)

    def _last(self, names: Sequence[str], match: Match) -> Span | None:
        for number in sorted(self._holding(names), reverse=True):
            for sentence in reversed(self._sentences(number)):
                at = match(sentence)
                if at is not None:
                    token = sentence.tokens[at]
                    return sentence.statement.source.span(token.start, token.end)
        return None

    def _holding(self, names: Sequence[str]) -> Collection[int]:
        words = [word for name in names for word in _WORD.findall(name.lower())]
        if not words:
            return range(len(self._migrations))
        found = set(self._words.get(words[0], ()))
        for word in words[1:]:
            found &= self._words.get(word, set())
        return found

    @cached_property
    def _words(self) -> dict[str, set[int]]:
        """The files that hold each word, by their number."""
        found: dict[str, set[int]] = defaultdict(set)
        for number, migration in enumerate(self._migrations):
            for word in {*_WORD.findall(migration.up.source.text.lower())}:
                found[word].add(number)
        return found

    def _sentences(self, number: int) -> list[Sentence]:
        if number not in self._read:
            self._read[number] = sentences(split(self._migrations[number].up.source))
        return self._read[number]


def _instead(kind: str, identity: str, table: str | None) -> Iterator[Key]:
    """Other objects whose statements make an object that no statement names."""
    about = subjects([(kind, identity)]).get((kind, identity))
    if about is not None:
        yield about
    elif kind == "extension version":
        yield "extension", identity
    elif kind == INDEX and table is not None:
        yield "constraint", f"{table}.{identifiers(identity)[0][-1]}"
    elif (above := belongs_to(kind, identity)) is not None:
        # what has columns is always found as a table
        yield "table", above


def _direct(kind: str, names: Sequence[str], on: Sequence[str]) -> Match:
    """Where a sentence makes, alters or drops it."""
    name, schema = names[-1], names[0] if len(names) > 1 else None
    if kind == "column":
        return lambda each: each.column(name) if _about(each, on) else None
    if kind == "constraint":
        return lambda each: each.member("CONSTRAINT", name) if _about(each, on) else None
    if kind in {"policy", "trigger", "rule"}:
        word = kind.upper()
        return lambda each: each.member(word, name) if each.verb != "COMMENT" and _refers(each, on) else None
    if kind == INDEX and on:
        return lambda each: (
            each.target(frozenset({"INDEX"}), None, name) or each.target(frozenset({"INDEX"}), schema, name)
        )
    words = WORDS.get(kind, frozenset({kind.rsplit(maxsplit=1)[-1].upper()}))
    return lambda each: each.target(words, schema, name)


def _about(sentence: Sentence, on: Sequence[str]) -> bool:
    """It makes or alters the table; or the table was renamed since, and nobody can tell."""
    return sentence.target(RELATION_WORDS, on[0], on[-1]) is not None


def _refers(sentence: Sentence, on: Sequence[str]) -> bool:
    return next(sentence.names(on[0], on[1]), None) is not None


def _commented(sentence: Sentence, kind: str, names: Sequence[str]) -> int | None:
    """Where a COMMENT is about an object of this class."""
    words = WORDS.get(kind, frozenset({kind.rsplit(maxsplit=1)[-1].upper()}))
    if sentence.verb != "COMMENT" or words.isdisjoint(token.word for token in sentence.tokens[2:4]):
        return None
    if kind in BELONGING and len(names) > 2:  # noqa: PLR2004 - schema, table, name
        if not _refers(sentence, names):
            return None
        return next((at for at, token in enumerate(sentence.tokens) if token.name == names[-1]), None)
    return next(sentence.names(names[0] if len(names) > 1 else None, names[-1]), None)


def _granted(sentence: Sentence, names: Sequence[str]) -> int | None:
    """Where a GRANT or REVOKE names it; one about all tables of a schema names none."""
    if sentence.verb not in RIGHTS:
        return None
    schema = names[0] if len(names) > 1 else None
    return next(sentence.names(schema, names[-1]), None)


def _unnamed(sentence: Sentence, on: Sequence[str], word: str, middle: str) -> int | None:
    """Where a constraint or index is made that the server has named: its column, or the word that makes it."""
    if not (_about(sentence, on) or (word == "INDEX" and sentence.has("INDEX") and _refers(sentence, on))):
        return None
    place = sentence.find(word)
    if place is None:
        return None
    return (sentence.column(middle) if middle else None) or place


def _mentioned(sentence: Sentence, names: Sequence[str], on: Sequence[str]) -> int | None:
    """Where it is named at all."""
    if sentence.verb not in DDL or (on and not _refers(sentence, on)):
        return None
    schema = names[0] if len(names) > 1 and not on else None
    return next(sentence.names(schema, names[-1]), None)


def placed(findings: Iterable[Finding], named: Named, schema: Schema | None) -> Iterator[Finding]:
    """The same findings, those about an object with the place that last named it.

    `schema` tells what an index is on.
    """
    for each in findings:
        if each.where is not None or each.kind is None or each.subject is None:
            yield each
            continue
        text = None if schema is None or each.kind != INDEX else schema.objects.get((each.kind, each.subject))
        table = None if text is None else indexed(str(json.loads(text).get("definition")))
        yield replace(each, where=named.where(each.kind, each.subject, table=table))
