"""The parts of CONCURRENTLY statements: which index, which table, and the rest as it is written.

A run asks the catalog what such a statement has left behind, so it needs names where the server needs none.
"""

from dataclasses import dataclass

from migrator.sql.lexer import Lexeme, lexemes
from migrator.sql.literals import identifier_name, is_word, upper
from migrator.sql.names import quote
from migrator.sql.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexBuild:
    """`CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] [name] ON [ONLY] table ...`.

    Attributes:
        unique: with UNIQUE.
        lenient: with IF NOT EXISTS.
        name: the index; None where the server chooses its name.
        table: its table, quoted, with its schema where one is written.
        bare_table: the table's name alone, not quoted.
        tail: what follows the table, as it is written: `USING gin (tags) WHERE ...`.
    """

    unique: bool
    lenient: bool
    name: str | None
    table: str
    bare_table: str
    tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detachment:
    """`ALTER TABLE parent DETACH PARTITION partition CONCURRENTLY`; both names quoted."""

    parent: str
    partition: str


@dataclass(frozen=True, slots=True)
class _Reader:
    """The tokens of a statement without its comments, and where each begins; words in capitals."""

    text: str
    tokens: list[str]
    starts: list[int]

    def skip(self, at: int, *words: str) -> int:
        """Behind `words` where they stand at `at`, else `at`."""
        return at + len(words) if self.tokens[at : at + len(words)] == list(words) else at

    def name(self, at: int) -> tuple[list[str], int]:
        """The parts of the possibly qualified name at `at`, and the place behind it."""
        parts = [self._part(at)]
        at += 1
        while self.tokens[at : at + 1] == ["."]:
            parts.append(self._part(at + 1))
            at += 2
        return parts, at

    def _part(self, at: int) -> str:
        token = self.tokens[at] if at < len(self.tokens) else ""
        if not token or not (is_word(token) or token.endswith('"')):
            raise ValueError(token)
        return identifier_name(token)


def _reader(statement: Statement) -> _Reader:
    text = statement.source.text
    found = [piece for piece in lexemes(text, statement.start, statement.end) if piece[0] is not Lexeme.COMMENT]
    tokens = [upper(text[at:end]) if kind is Lexeme.WORD else text[at:end] for kind, at, end in found]
    return _Reader(text=text, tokens=tokens, starts=[at for _, at, _ in found])


def index_build(statement: Statement) -> IndexBuild | None:
    """The parts of a CREATE INDEX CONCURRENTLY; None for anything else, and for what the server will not parse."""
    reader = _reader(statement)
    at = reader.skip(0, "CREATE")
    behind = reader.skip(at, "UNIQUE")
    unique = behind > at
    at, behind = behind, reader.skip(behind, "INDEX", "CONCURRENTLY")
    if at in {behind, 0}:
        return None
    at, behind = behind, reader.skip(behind, "IF", "NOT", "EXISTS")
    lenient = behind > at
    at = behind
    try:
        name = None
        if reader.tokens[at : at + 1] != ["ON"]:
            (name,), at = reader.name(at)
        behind = reader.skip(at, "ON")
        if behind == at:
            return None
        table, at = reader.name(reader.skip(behind, "ONLY"))
    except ValueError:
        return None
    tail = reader.text[reader.starts[at] : statement.end] if at < len(reader.starts) else ""
    return IndexBuild(unique=unique, lenient=lenient, name=name, table=quote(*table), bare_table=table[-1], tail=tail)


def dropped_index(statement: Statement) -> str | None:
    """The quoted name of the index that a DROP INDEX CONCURRENTLY drops; None for anything else."""
    reader = _reader(statement)
    at = reader.skip(0, "DROP", "INDEX", "CONCURRENTLY")
    if at == 0:
        return None
    try:
        name, at = reader.name(reader.skip(at, "IF", "EXISTS"))
    except ValueError:
        return None
    return quote(*name) if reader.tokens[at:] in ([], ["RESTRICT"]) else None


def detachment(statement: Statement) -> Detachment | None:
    """The parts of an ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY; None for anything else."""
    reader = _reader(statement)
    at = reader.skip(0, "ALTER", "TABLE")
    if at == 0:
        return None
    try:
        parent, at = reader.name(reader.skip(reader.skip(at, "IF", "EXISTS"), "ONLY"))
        behind = reader.skip(reader.skip(at, "*"), "DETACH", "PARTITION")
        partition, at = reader.name(behind)
    except ValueError:
        return None
    if reader.tokens[at:] != ["CONCURRENTLY"]:
        return None
    return Detachment(parent=quote(*parent), partition=quote(*partition))


def reindexed(statement: Statement) -> tuple[str, str] | None:
    """What a REINDEX names: `INDEX`, `TABLE`, `SCHEMA` ... and the quoted name; None for anything else."""
    reader = _reader(statement)
    at = reader.skip(0, "REINDEX")
    if at == 0:
        return None
    if reader.tokens[at : at + 1] == ["("] and ")" in reader.tokens:
        at = reader.tokens.index(")") + 1
    kind = reader.tokens[at : at + 1]
    try:
        name, _ = reader.name(reader.skip(at + 1, "CONCURRENTLY"))
    except ValueError:
        return None
    return (kind[0], quote(*name)) if kind else None
