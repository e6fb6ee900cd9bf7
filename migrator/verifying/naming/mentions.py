"""What a statement of a migration names: the tokens of its name in CREATE, ALTER, DROP, COMMENT and GRANT. Pure.

Comments, strings and the bodies of functions name nothing. The body of a DO block does: it is run.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from migrator.sql.lexer import Lexeme, UnterminatedError, lexemes
from migrator.sql.literals import identifier_name, is_literal, literal_text, upper
from migrator.sql.statement import Statement

VERBS = frozenset({"CREATE", "ALTER", "DROP"})
RIGHTS = frozenset({"GRANT", "REVOKE"})
DDL = VERBS | RIGHTS | {"COMMENT", "SECURITY", "IMPORT"}
"""What statements begin with that define something."""

PUBLIC = ("public",)
"""Where a name without a schema is, as long as nobody has set another search_path."""

_ABSENT = (("IF", "NOT", "EXISTS"), ("IF", "EXISTS"), ("CONCURRENTLY",), ("ONLY",))
_MODIFIERS = frozenset(
    {
        *("OR", "REPLACE", "GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "RECURSIVE", "MATERIALIZED", "UNIQUE"),
        *("FOREIGN", "DATA", "CONSTRAINT", "EVENT", "TEXT", "SEARCH", "OPERATOR", "ACCESS", "USER", "DEFAULT"),
        *("TRUSTED", "PROCEDURAL"),
    }
)
"""What may stand before the word that tells what a statement is about; a TABLE behind others may be a publication's."""

_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "LIKE"})


COLUMN_WORDS = frozenset({"ADD", "ALTER", "DROP", "RENAME", "TO"})
"""What stands before a column in ALTER TABLE, but for COLUMN itself."""

ADDING = frozenset({"ADD", "TO"})
"""Those that make a column of this name."""


class Token(NamedTuple):
    """A lexeme: the word in capitals where it may be a keyword, the name where it may be one, and its place."""

    word: str
    name: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A statement, or one of a DO block.

    Attributes:
        statement: where it stands.
        tokens: its lexemes from the verb on, without comments.
        path: the schemas in which a name without one is looked for.
    """

    statement: Statement
    tokens: tuple[Token, ...]
    path: tuple[str, ...]

    @property
    def verb(self) -> str:
        """What it begins with."""
        return self.tokens[0].word if self.tokens else ""

    def has(self, *words: str) -> bool:
        """These words stand one behind the other."""
        return self.find(*words) is not None

    def find(self, *words: str) -> int | None:
        """Where they stand first."""
        length = len(words)
        for at in range(len(self.tokens) - length + 1):
            if all(self.tokens[at + index].word == word for index, word in enumerate(words)):
                return at
        return None

    def names(self, schema: str | None, name: str, start: int = 0) -> Iterator[int]:
        """Every place of a name, which may have its schema before it: that of its last part."""
        for at in range(start, len(self.tokens)):
            if self.tokens[at].name == name and self._is_of(schema, at) and not self._is_role(at):
                yield at

    def _is_role(self, at: int) -> bool:
        """It is one of those that rights are given to or taken from: the schema `public` is not the role."""
        if self.verb in RIGHTS or self.has("DEFAULT", "PRIVILEGES"):
            return any(token.word in {"TO", "FROM"} for token in self.tokens[:at])
        return self.has("POLICY") and self.tokens[at].word == "PUBLIC" and self.tokens[at - 1].word in {"TO", ","}

    def _is_of(self, schema: str | None, at: int) -> bool:
        qualified = at > 1 and self.tokens[at - 1].word == "."
        if schema is None:
            return not qualified and (at + 1 == len(self.tokens) or self.tokens[at + 1].word != ".")
        return self.tokens[at - 2].name == schema if qualified else schema in self.path

    def _makes_elsewhere(self, schema: str | None, at: int) -> bool:
        """A CREATE of a name without a schema makes it in the first of the path."""
        qualified = self.tokens[at - 1].word == "."
        return self.verb == "CREATE" and not qualified and schema is not None and self.path[0] != schema

    def behind(self, at: int) -> int:
        """Behind `IF NOT EXISTS` and the like that stand at a place."""
        words = [token.word for token in self.tokens[at : at + 5]]
        for skipped in _ABSENT:
            if tuple(words[: len(skipped)]) == skipped:
                return self.behind(at + len(skipped))
        return at

    def target(self, words: frozenset[str], schema: str | None, name: str) -> int | None:
        """The place of the name where CREATE, ALTER or DROP of such a thing is about it; also as its new name."""
        if self.verb not in VERBS:
            return None
        for at, token in enumerate(self.tokens[1:7], start=1):
            if token.word in words:
                return self._named_behind(at + 1, schema, name)
            if token.word not in _MODIFIERS:
                break
        return None

    def _named_behind(self, at: int, schema: str | None, name: str) -> int | None:
        at = self.behind(at)
        for place in self.names(schema, name, at):
            if self._makes_elsewhere(schema, place):
                return None
            if self.verb == "DROP" or place == at or (place == at + 2 and self.tokens[at + 1].word == "."):
                return place
            break
        renamed = self.find("RENAME", "TO") if self.verb == "ALTER" else None
        if renamed is not None and renamed + 2 < len(self.tokens) and self.tokens[renamed + 2].name == name:
            return renamed + 2
        return None

    def member(self, word: str, name: str) -> int | None:
        """The place of a name behind `CONSTRAINT`, `POLICY`, `TRIGGER` ...."""
        for at, token in enumerate(self.tokens):
            if token.word == word:
                place = self.behind(at + 1)
                if place < len(self.tokens) and self.tokens[place].name == name:
                    return place
        renamed = self.find("RENAME", "TO") if self.verb == "ALTER" and self.has(word) else None
        if renamed is not None and renamed + 2 < len(self.tokens) and self.tokens[renamed + 2].name == name:
            return renamed + 2
        return None

    def column(self, name: str, words: Collection[str] = COLUMN_WORDS) -> int | None:
        """The place where a CREATE TABLE defines this column, or an ALTER TABLE adds, alters, drops or renames it."""
        depth = 0
        for at, token in enumerate(self.tokens):
            before = self.tokens[at - 1].word if at else ""
            depth += {"(": 1, ")": -1}.get(token.word, 0)
            if token.name != name:
                continue
            if self.verb == "CREATE" and depth == 1 and before in {"(", ","} and token.word not in _CONSTRAINTS:
                return at
            if self.verb == "ALTER" and depth == 0 and self._altered(at, words):
                return at
        return None

    def _altered(self, at: int, verbs: Collection[str]) -> bool:
        words = [token.word for token in self.tokens[max(0, at - 5) : at]]
        for skipped in _ABSENT[:2]:
            if tuple(words[-len(skipped) :]) == skipped:
                words = words[: -len(skipped)]
        if words[-1:] in (["COLUMN"], ["ATTRIBUTE"]):
            words.pop()
        return bool(words) and words[-1] in verbs


def sentences(statements: Sequence[Statement]) -> list[Sentence]:
    """All statements that name something, those of DO blocks among them, in their order."""
    found: list[Sentence] = []
    path: tuple[str, ...] = PUBLIC
    for statement in statements:
        tokens = _tokens(statement, statement.start, statement.end)
        first = tokens[0].word if tokens else ""
        if first == "DO":
            found += _inside(statement, tokens, path)
        elif (other := _search_path(statement, tokens)) is not None:
            path = other or PUBLIC
        elif first in DDL:
            found.append(Sentence(statement=statement, tokens=tokens, path=path))
    return found


def _tokens(statement: Statement, start: int, end: int) -> tuple[Token, ...]:
    text = statement.source.text
    found = []
    for lexeme, at, behind in lexemes(text, start, end):
        if lexeme is Lexeme.COMMENT:
            continue
        piece = text[at:behind]
        if lexeme is Lexeme.WORD:
            found.append(Token(upper(piece), identifier_name(piece), at, behind))
        elif lexeme is Lexeme.QUOTED_IDENTIFIER:
            found.append(Token("", identifier_name(piece), at, behind))
        else:
            found.append(Token(piece if lexeme is not Lexeme.LITERAL else "'", None, at, behind))
    return tuple(found)


def _inside(statement: Statement, tokens: Sequence[Token], path: tuple[str, ...]) -> Iterator[Sentence]:
    """The statements in the body of a DO block, each from its verb on."""
    text = statement.source.text
    for token in tokens:
        body = text[token.start : token.end]
        if token.word != "'" or not body.startswith("$"):
            continue
        delimiter = body.index("$", 1) + 1
        try:
            inner = _tokens(statement, token.start + delimiter, token.end - delimiter)
        except UnterminatedError:
            continue
        start = None
        for at, each in enumerate(inner):
            if each.word == ";":
                if start is not None:
                    yield Sentence(statement=statement, tokens=inner[start:at], path=path)
                start = None
            elif start is None and each.word in DDL:
                start = at


def _search_path(statement: Statement, tokens: Sequence[Token]) -> tuple[str, ...] | None:
    """The schemas of a statement that sets the search_path; empty for one that resets it; None for any other one."""
    words = [token.word for token in tokens]
    if words[:2] == ["RESET", "SEARCH_PATH"] or words[:2] == ["RESET", "ALL"]:
        return ()
    text = statement.source.text
    if words[:1] == ["SET"] and "SEARCH_PATH" in words[1:3]:
        behind = tokens[words.index("SEARCH_PATH") + 2 :]
        parts = [each.name or _text(text[each.start : each.end]) for each in behind]
        return () if [each.word for each in behind] == ["DEFAULT"] else tuple(part for part in parts if part)
    if words[:1] == ["SELECT"] and "SET_CONFIG" in words[:5]:
        given = [_text(text[each.start : each.end]) for each in tokens if each.word == "'"]
        if len(given) > 1 and given[0].lower() == "search_path":
            return tuple(part.strip(' "') for part in given[1].split(",") if part.strip(' "'))
    return None


def _text(token: str) -> str:
    return literal_text(token) if is_literal(token) else ""
