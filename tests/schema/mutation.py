"""Mutations as data: SQL files whose blocks are each one change of the rich database and what it must be seen as.

A block begins with comments that say what is expected, in one of these words, and goes on to the next block:

    -- changed column public.orders.total      (or `missing`, `extra`: what the change is to be seen as)
    -- nothing why the state is the same       (in files of `noops/`, where no difference is expected)
    -- since 170000                            (the first version that knows the statement, `server_version_num`)
    -- outside                                 (it cannot run in a transaction: each statement alone, then the undoing)
    -- undo drop index ...                     (statements that make the database as it was; only after `outside`)

Several lines of `changed`, `missing` and `extra` are all expected, and nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrator.database.sessions.session import Session
from migrator.schema.compare import compare
from migrator.schema.objects import Schema
from migrator.schema.reading import LOCALLY, read_opened
from migrator.schema.scope import Scope

HERE = Path(__file__).parent

KINDS = (
    "access method", "aggregate", "cast", "collation", "column order", "column", "comment", "composite type",
    "constraint", "conversion", "database", "default privileges", "event trigger", "extension version", "extension",
    "foreign data wrapper", "foreign table", "function", "index", "language", "materialized view", "operator class",
    "operator family", "operator", "policy", "procedure", "publication", "rule", "schema", "security label",
    "sequence", "server", "setting", "statistics", "subscription", "table", "text search configuration",
    "text search dictionary", "text search parser", "text search template", "transform", "trigger", "type",
    "user mapping", "view",
)  # fmt: skip

_WORD = re.compile(r"-- (changed|missing|extra|nothing|since|outside|undo)\b ?(.*)")

Seen = tuple[str, str, str]
"""What is told of an object: `changed`, `missing` or `extra`, its class, its identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One change of the database.

    Attributes:
        place: file and line, for whoever reads the failure.
        sql: the statement, or several.
        expected: all that it must be seen as; empty for what changes nothing.
        since: the first `server_version_num` that knows it.
        outside: it cannot run in a transaction.
        undo: what makes it undone, when it ran outside of one.
    """

    place: str
    sql: str
    expected: frozenset[Seen]
    since: int = 0
    outside: bool = False
    undo: str = ""


def seen(before: Schema, after: Schema) -> frozenset[Seen]:
    """Every difference, as mutations name them."""
    return frozenset((each.change, each.kind, each.identity) for each in compare(before, after).differences)


def setup(version: int) -> list[str]:
    """What makes the rich database on a server of this version, in pieces that are run in their order.

    In those files, too, `-- since 170000` begins what needs that version; `-- since 0` ends it.
    """
    found = []
    for path in sorted((HERE / "rich").glob("*.sql")):
        always, *parts = re.split(r"^-- since (\d+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found.append(always)
        found += [text for since, text in batched(parts) if int(since) <= version]
    return found


def batched(parts: list[str]) -> Iterator[tuple[str, str]]:
    """Two by two."""
    return zip(parts[::2], parts[1::2], strict=True)


def mutations(folder: str) -> list[Mutation]:
    """What the files of `mutations` or `noops` say; connections and databases are made once for all of them."""
    paths = sorted((HERE / folder).glob("*.sql"))
    assert paths
    texts = [(f"{folder}/{path.name}", path.read_text(encoding="utf-8").splitlines()) for path in paths]
    return [each for place, lines in texts for each in _blocks(place, lines)]


def _blocks(place: str, lines: list[str]) -> Iterator[Mutation]:
    words: list[tuple[str, str]] = []
    sql: list[str] = []
    start = 0
    for number, line in enumerate([*lines, "-- nothing at the end"], start=1):
        found = _WORD.match(line)
        if found is None:
            sql.append(line)
            continue
        if "".join(sql).strip() and words:
            yield _mutation(f"{place}:{start}", words, "\n".join(sql).strip())
            words = []
        if not words:
            start = number
            sql = []
        words.append((found[1], found[2].strip()))


def _mutation(place: str, words: list[tuple[str, str]], sql: str) -> Mutation:
    said = dict(words)
    return Mutation(
        place=place,
        sql=sql,
        expected=frozenset(_seen(place, word, rest) for word, rest in words if word in {"changed", "missing", "extra"}),
        since=int(said.get("since", "0")),
        outside="outside" in said,
        undo="; ".join(rest for word, rest in words if word == "undo"),
    )


def _seen(place: str, change: str, rest: str) -> Seen:
    for kind in KINDS:
        if rest.startswith(f"{kind} "):
            return change, kind, rest.removeprefix(f"{kind} ")
    raise AssertionError(f"{place}: `{rest}` begins with no class of objects")


async def read_inside(session: Session, scope: Scope) -> Schema:
    """The schema as an open transaction sees it, which goes on as it was. The transaction is aborted where it fails."""
    await session.run(f"savepoint migrator_reading; {LOCALLY}")
    return await read_opened(session, scope, then="rollback to migrator_reading; release migrator_reading")
