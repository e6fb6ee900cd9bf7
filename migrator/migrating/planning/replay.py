"""What a file without a transaction left in its session, as statements to run again before it is resumed. Pure.

Settings, prepared statements and temporary tables end with the connection; what comes next in the file may need them. A
statement is only run again where that cannot do more than bring them back: what wrote to the database is done once. A
temporary table that a query filled is filled again only while nothing that ran after it can have changed what the
query reads.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from migrator.migrating.files.migration import Script, Unit
from migrator.source import Source
from migrator.sql.kinds import Kind, describe
from migrator.sql.lexer import lexeme_texts
from migrator.sql.literals import identifier_name, is_literal, is_word, literal_text
from migrator.sql.script import split
from migrator.sql.settings import settings
from migrator.sql.statement import Statement
from migrator.sql.transactions import drops_on_commit

TEMPORARY = frozenset({"TEMP", "TEMPORARY"})
RELATIONS = frozenset({"TABLE", "VIEW", "SEQUENCE"})
QUERIES = frozenset({"SELECT", "EXECUTE", "WITH", "TABLE"})
CHANGE_NOTHING = frozenset({"ANALYZE", "COMMENT", "GRANT", "REVOKE", "SET", "RESET", "SHOW", "REFRESH"})
WORD = re.compile(r"\w+")


class NotReplayableError(Exception):
    """What statement `number` left in the session cannot be made again; `name` is the temporary table, if it is one."""

    def __init__(self, number: int, name: str) -> None:
        super().__init__(f"{name or 'a setting'} of statement {number}")
        self.number = number
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """The statements of one unit that have to run again, in a transaction of their own.

    Attributes:
        number: the unit.
        modes: of its BEGIN.
        texts: what to run.
    """

    number: int
    modes: str
    texts: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Kept:
    """A statement to run again: `target` is the temporary relation that it is about, empty for anything else."""

    number: int
    text: str
    target: str
    mentions: frozenset[str]


@dataclass(slots=True)
class _Session:
    """The done part, statement by statement.

    Attributes:
        kept: what brings the state back.
        temporary: names of temporary relations.
        emptied: those that are empty or gone after every commit.
        filled: names that a query has filled (empty: a setting), with the unit that did.
        broken: names in a state that no statement of the file can bring back, likewise.
    """

    kept: list[_Kept] = field(default_factory=list)
    temporary: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    filled: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)
    prepared: dict[str, frozenset[str]] = field(default_factory=dict)

    def take(self, number: int, statement: Statement) -> None:
        """One more statement that has run."""
        known = describe(statement)
        tokens = statement.tokens()
        if known.name == "DISCARD ALL":
            for held in (self.kept, self.temporary, self.emptied, self.filled, self.broken, self.prepared):
                held.clear()
            return
        made = _made(tokens)
        if made is not None:
            self.temporary.add(made)
            self.filled.pop(made, None)
            self.broken.pop(made, None)
            if drops_on_commit(tokens) or _empties_on_commit(tokens):
                self.emptied.add(made)
        mentions = frozenset(_names(tokens) & self.temporary)
        target = made or _target(tokens, self.temporary)
        if target is not None and drops_on_commit(tokens):
            return
        if known.changes_session or target is not None:
            self._keep(number, statement, tokens, target or "", mentions)
        else:
            self._ordinary(number, known.kind, tokens, mentions)

    def _keep(
        self, number: int, statement: Statement, tokens: list[str], target: str, mentions: frozenset[str]
    ) -> None:
        if tokens[0] == "PREPARE" and len(tokens) > 1:
            self.prepared[identifier_name(tokens[1])] = mentions
        elif _writes(tokens, skip=target != ""):
            self.broken[target] = number
            self._changed()
        elif target in self.emptied and tokens[0] not in {"CREATE", "ALTER"}:
            return
        elif _is_query(statement, tokens, target):
            self.filled.setdefault(target, number)
        self.kept.append(_Kept(number=number, text=statement.text, target=target, mentions=mentions - {target}))

    def _ordinary(self, number: int, kind: Kind, tokens: list[str], mentions: frozenset[str]) -> None:
        touched = set(mentions) if _writes(tokens, skip=False) and tokens[0] in {"WITH", "MERGE"} else set()
        for token in filter(is_literal, tokens):  # what a body or a dynamic statement does, nobody can tell from here
            touched |= set(WORD.findall(literal_text(token).lower())) & self.temporary
        if tokens[0] == "EXECUTE" and len(tokens) > 1:
            touched |= self.prepared.get(identifier_name(tokens[1]), frozenset())
        self.broken |= dict.fromkeys(touched - self.emptied, number)
        index = tokens[0] == "CREATE" and "INDEX" in tokens[1:3]
        if not (kind is Kind.OUTSIDE or index or tokens[0] in CHANGE_NOTHING):
            self._changed()

    def _changed(self) -> None:
        """The database may not be any more what the queries before have read."""
        self.broken |= self.filled


def again(script: Script, done: int) -> tuple[Again, ...]:
    """What has to run again before statement `done + 1`, in order.

    Raises `NotReplayableError` where the rest of the file needs what cannot be made again.
    """
    if done == 0:
        return ()
    session = _Session()
    for number, unit in enumerate(script.statements[:done], 1):
        for statement in _statements(script.source, unit):
            session.take(number, statement)
    needed = _needed(session, script.source.text, script.statements[done:])
    for name, number in sorted(session.broken.items(), key=lambda item: item[1]):
        if name in needed:
            raise NotReplayableError(number, name)
    kept = [each for each in session.kept if each.target in needed]
    return tuple(_by_unit(script, kept))


def _by_unit(script: Script, kept: Sequence[_Kept]) -> Iterator[Again]:
    for number in dict.fromkeys(each.number for each in kept):
        unit = script.statements[number - 1]
        texts = [each.text for each in kept if each.number == number]
        yield Again(number=number, modes=unit.modes, texts=(*_local(script.source, unit), *texts))


def _local(source: Source, unit: Unit) -> Iterator[str]:
    """What a group sets for itself: what runs again of it needs that, too."""
    if unit.modes or ";" in source.text[unit.start : unit.end]:
        for statement in _statements(source, unit):
            if statement.keywords[:2] == ("SET", "LOCAL"):
                yield statement.text


def _statements(source: Source, unit: Unit) -> tuple[Statement, ...]:
    return split(Source(path=source.path, text=source.text[unit.start : unit.end]))


def _needed(session: _Session, text: str, rest: Sequence[Unit]) -> set[str]:
    """The temporary relations that the rest of the file names, and those that these are made from; and settings."""
    needed = {""}
    for unit in rest:
        needed |= _names(lexeme_texts(text, unit.start, unit.end), inside=True) & session.temporary
    needed |= {name for each in session.kept if each.target == "" for name in each.mentions}
    while True:
        more = {name for each in session.kept if each.target in needed for name in each.mentions} - needed
        if not more:
            return needed
        needed |= more


def _names(tokens: Iterable[str], *, inside: bool = False) -> set[str]:
    """Every identifier among the tokens; with `inside` also every word of a literal."""
    found = set()
    for token in tokens:
        if is_word(token) or token.endswith('"'):
            found.add(identifier_name(token))
        elif inside and is_literal(token):
            found |= set(WORD.findall(literal_text(token).lower()))
    return found


def _made(tokens: list[str]) -> str | None:
    """The temporary relation that the statement makes."""
    match tokens:
        case ("CREATE", "OR", "REPLACE", *rest) | ("CREATE", *rest):
            rest = rest[1:] if rest[:1] in (["GLOBAL"], ["LOCAL"]) else rest
            temporary = not TEMPORARY.isdisjoint(rest[:1])
            rest = [each for each in rest[1 if temporary else 0 :] if each not in {"RECURSIVE", "UNLOGGED"}]
            if rest[:1] and rest[0] in RELATIONS:
                rest = rest[4:] if rest[1:4] == ["IF", "NOT", "EXISTS"] else rest[1:]
                inside = rest[:2] == ["PG_TEMP", "."]
                name = rest[2:3] if inside else rest[:1]
                return identifier_name(name[0]) if name and (temporary or inside) else None
        case ("SELECT" | "WITH", *rest):
            for at, (first, second) in enumerate(pairwise(rest)):
                behind = rest[at + 2 :] if second in TEMPORARY else rest[at + 3 :]
                if first == "INTO" and not TEMPORARY.isdisjoint(rest[at + 1 : at + 3]):
                    behind = behind[1:] if behind[:1] == ["TABLE"] else behind
                    return identifier_name(behind[0]) if behind else None
    return None


def _target(tokens: list[str], temporary: set[str]) -> str | None:
    """The temporary relation that the statement is about, and nothing else."""
    match tokens:
        case ("INSERT", "INTO", *rest) | ("DELETE", "FROM", *rest) | ("UPDATE", *rest) | ("COPY", *rest):
            pass
        case ("ALTER" | "DROP", "TABLE" | "VIEW" | "SEQUENCE", *rest) | ("TRUNCATE", *rest):
            pass
        case ("CREATE", "UNIQUE", "INDEX", *rest) | ("CREATE", "INDEX", *rest) if "ON" in rest:
            rest = rest[rest.index("ON") + 1 :]
        case _:
            return None
    rest = [each for each in rest[:5] if each not in {"IF", "EXISTS", "ONLY", "TABLE"}]
    name = rest[2:3] if rest[:2] == ["PG_TEMP", "."] else rest[:1]
    if not name or not (is_word(name[0]) or name[0].endswith('"')):
        return None
    found = identifier_name(name[0])
    qualified = rest[1:2] == ["."] and rest[0] != "PG_TEMP"
    return found if found in temporary and not qualified else None


def _empties_on_commit(tokens: list[str]) -> bool:
    return any(tokens[at : at + 3] == ["ON", "COMMIT", "DELETE"] for at in range(len(tokens)))


def _writes(tokens: list[str], *, skip: bool) -> bool:
    """Somewhere in it rows are written; with `skip`, beside what its first words say."""
    behind = tokens[2:] if skip else tokens
    pairs = list(pairwise(["", *behind]))
    return any(
        pair in {("INSERT", "INTO"), ("DELETE", "FROM"), ("MERGE", "INTO")}
        or (pair[1] == "UPDATE" and pair[0] in {"(", ""})
        for pair in pairs
    )


def _is_query(statement: Statement, tokens: list[str], target: str) -> bool:
    """What it leaves depends on what it reads."""
    if target == "":
        return tokens[0] in {"SELECT", "WITH"} and any(each.value is None for each in settings(statement))
    if tokens[0] in {"CREATE", "ALTER", "DROP", "TRUNCATE"} and "AS" not in tokens:
        return False
    words = tokens[1:] if tokens[0] != "CREATE" else tokens[tokens.index("AS") :]
    return tokens[0] in {"SELECT", "WITH", "COPY"} or ("VIEW" not in tokens[:4] and not QUERIES.isdisjoint(words))
