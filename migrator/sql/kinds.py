"""What a statement is known to be from its tokens: transaction control, not allowed in a transaction, and the like.

Only what a runner of migrations has to treat in its own way is told apart; everything else is `Kind.OTHER`. The server
decides by its grammar; what it decides by the catalog (`CALL` of a procedure that commits, `REINDEX` and `CLUSTER` of
a partitioned table) cannot be seen here and fails at run time, with 2D000 or 25001.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Literal

from migrator.sql.literals import is_literal, literal_text
from migrator.sql.settings import settings
from migrator.sql.statement import Statement

CopyDirection = Literal["from", "to"]


class Kind(Enum):
    """What a runner has to know about a statement."""

    BEGIN = "begin"
    """`BEGIN`, `START TRANSACTION`; `Description.modes` holds what follows."""
    COMMIT = "commit"
    """`COMMIT`, `END`."""
    ROLLBACK = "rollback"
    """`ROLLBACK`, `ABORT`; not `ROLLBACK TO`."""
    CHAIN = "chain"
    """`COMMIT AND CHAIN`, `ROLLBACK AND CHAIN`: ends a transaction and begins another."""
    PREPARE_TRANSACTION = "prepare transaction"
    """Ends a transaction without deciding it."""
    SAVEPOINT = "savepoint"
    """`SAVEPOINT`, `RELEASE`, `ROLLBACK TO`: fine inside a transaction, wrong outside."""
    SET_TRANSACTION = "set transaction"
    """`SET TRANSACTION`; `Description.modes` holds what follows."""
    OUTSIDE = "outside"
    """PostgreSQL refuses it in a transaction block (25001)."""
    OTHER = "other"

    @property
    def ends_transaction(self) -> bool:
        """After it the transaction that it ran in is over."""
        return self in {Kind.COMMIT, Kind.ROLLBACK, Kind.CHAIN, Kind.PREPARE_TRANSACTION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is known of a statement.

    Attributes:
        kind: what it is.
        name: the command as a message names it, such as `CREATE INDEX CONCURRENTLY`; empty for `Kind.OTHER`.
        modes: the transaction modes of `BEGIN` and `SET TRANSACTION`, ready for another BEGIN; empty if there are none.
        changes_session: it leaves something in the session that later statements may need: settings, prepared
            statements, temporary objects.
    """

    kind: Kind
    name: str = ""
    modes: str = ""
    changes_session: bool = False


_TEMPORARY = frozenset({"TEMP", "TEMPORARY"})
_FIRST_WORD = re.compile("[A-Za-z]+")
_TOLD_APART = frozenset(
    {
        *("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE"),
        *("CREATE", "DROP", "ALTER", "REINDEX", "VACUUM", "CLUSTER", "DISCARD"),
        *("SET", "RESET", "DEALLOCATE", "LISTEN", "UNLISTEN", "LOAD", "DECLARE", "SELECT", "WITH"),
    }
)
_PLAIN = re.compile(
    r"(?:create(?:\s+or\s+replace)?(?:\s+unique)?|alter|drop)\s+"
    r"(?:table|index|view|function|trigger|type|policy|sequence|schema|extension)\b",
    re.IGNORECASE | re.ASCII,
)
_NOT_PLAIN = ("concurrently", "pg_temp", "set_config")
_CHANGING = ("set_config", "temp")
_OTHER = Description(kind=Kind.OTHER)


def describe(statement: Statement) -> Description:
    """What the statement is known to be; comments, case and layout do not matter."""
    first = _FIRST_WORD.match(statement.source.text, statement.start, statement.end)
    word = first.group().upper() if first else ""
    if word not in _TOLD_APART or (word in {"SELECT", "WITH"} and not _holds(statement, _CHANGING)):
        return _OTHER
    if _PLAIN.match(statement.source.text, statement.start, statement.end) and not _holds(statement, _NOT_PLAIN):
        return _OTHER
    tokens = statement.tokens()
    if known := _transaction(tokens):
        return known
    if name := _name_outside(tokens):
        return Description(kind=Kind.OUTSIDE, name=name, changes_session=name == "DISCARD ALL")
    lasting = any(setting.scope == "session" for setting in settings(statement))
    return Description(kind=Kind.OTHER, changes_session=lasting or _changes_session(tokens))


def _holds(statement: Statement, words: Sequence[str]) -> bool:
    """One of the words is somewhere in it; without them most statements have not to be read any further."""
    text = statement.text.lower()
    return any(word in text for word in words)


def copy_through_client(statement: Statement) -> CopyDirection | None:
    """The direction of a `COPY` whose rows travel over the connection; None for every other statement.

    What follows FROM or TO decides; the server takes `FROM STDOUT` and `TO STDIN` for slips and corrects them.
    """
    text, start = statement.source.text, statement.start
    if text[start : start + len("COPY")].upper() != "COPY":
        return None
    depth = 0
    before = ("", "")
    for token in statement.tokens():
        depth += {"(": 1, ")": -1}.get(token, 0)
        # behind a dot FROM and TO are names
        if depth == 0 and before[1] in {"FROM", "TO"} and before[0] != ".":
            direction: CopyDirection = "from" if before[1] == "FROM" else "to"
            return direction if token in {"STDIN", "STDOUT"} else None
        before = (before[1], token)
    return None


def _transaction(tokens: list[str]) -> Description | None:  # noqa: C901, PLR0911 - one case for each command
    match tokens:
        case ("BEGIN", "WORK" | "TRANSACTION", *modes) | ("START", "TRANSACTION", *modes) | ("BEGIN", *modes):
            name = "BEGIN" if tokens[0] == "BEGIN" else "START TRANSACTION"
            return Description(kind=Kind.BEGIN, name=name, modes=_joined(modes))
        case ("SET", "TRANSACTION", *modes) | ("SET", "LOCAL" | "SESSION", "TRANSACTION", *modes):
            if modes[:1] != ["SNAPSHOT"]:
                return Description(kind=Kind.SET_TRANSACTION, name="SET TRANSACTION", modes=_joined(modes))
        case ("COMMIT" | "ROLLBACK" as verb, "PREPARED", *_):
            return Description(kind=Kind.OUTSIDE, name=f"{verb} PREPARED")
        case ("PREPARE", "TRANSACTION", identifier) if is_literal(identifier):
            return Description(kind=Kind.PREPARE_TRANSACTION, name="PREPARE TRANSACTION")
        case ("SAVEPOINT" | "RELEASE" as verb, *_):
            return Description(kind=Kind.SAVEPOINT, name=verb)
        case ("ROLLBACK", "TO", *_) | ("ROLLBACK", "WORK" | "TRANSACTION", "TO", *_):
            return Description(kind=Kind.SAVEPOINT, name="ROLLBACK TO")
        case ("COMMIT" | "END" | "ROLLBACK" | "ABORT" as verb, *_, "AND", "CHAIN"):
            return Description(kind=Kind.CHAIN, name=f"{verb} AND CHAIN")
        case ("COMMIT" | "END" as verb, *_):
            return Description(kind=Kind.COMMIT, name=verb)
        case ("ROLLBACK" | "ABORT" as verb, *_):
            return Description(kind=Kind.ROLLBACK, name=verb)
    return None


def _joined(modes: Sequence[str]) -> str:
    return " ".join(modes).replace(" ,", ",").lower()


def _name_outside(tokens: list[str]) -> str | None:  # noqa: C901, PLR0911 - one case for each command
    """The command as the server names it in `... cannot run inside a transaction block`; None if it can."""
    match tokens:
        case ("CREATE", "INDEX", "CONCURRENTLY", *_) | ("CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", *_):
            return "CREATE INDEX CONCURRENTLY"
        case ("DROP", "INDEX", "CONCURRENTLY", *_):
            return "DROP INDEX CONCURRENTLY"
        case ("REINDEX", *rest):
            return _reindex_outside(rest)
        case ("CLUSTER", *rest):
            return "CLUSTER" if _options(rest)[1] in ([], ["VERBOSE"]) else None
        case ("VACUUM", *_):
            return "VACUUM"
        case ("ALTER", "SYSTEM", *_) | ("DISCARD", "ALL"):
            return f"{tokens[0]} {tokens[1]}"
        case ("CREATE" | "DROP" as verb, "DATABASE" | "TABLESPACE" | "SUBSCRIPTION" as thing, *_):
            return f"{verb} {thing}"
        case ("ALTER", "DATABASE", _, "SET", "TABLESPACE", _):
            return "ALTER DATABASE SET TABLESPACE"
        case ("ALTER", "SUBSCRIPTION", _, "REFRESH", *_):
            return "ALTER SUBSCRIPTION ... REFRESH"
        case ("ALTER", "SUBSCRIPTION", _, "ADD" | "DROP" | "SET", "PUBLICATION", *rest) if "REFRESH" not in rest:
            return "ALTER SUBSCRIPTION with refresh"
        case ("ALTER", "TABLE", *rest, "CONCURRENTLY") if ("DETACH", "PARTITION") in pairwise(rest):
            return "ALTER TABLE ... DETACH CONCURRENTLY"
        case _:
            return None


def _reindex_outside(rest: list[str]) -> str | None:
    options, words = _options(rest)
    match words:
        case ["SCHEMA" | "DATABASE" | "SYSTEM" as whole, *_]:
            return f"REINDEX {whole}"
        case [_, "CONCURRENTLY", *_]:
            return "REINDEX CONCURRENTLY"
    asked = [value for option, *value in options if option == "CONCURRENTLY"]
    return "REINDEX CONCURRENTLY" if asked and not (asked[-1] and _is_off(asked[-1][0])) else None


def _is_off(value: str) -> bool:
    return (literal_text(value) if is_literal(value) else value).upper() in {"FALSE", "OFF", "0"}


def _options(rest: list[str]) -> tuple[list[list[str]], list[str]]:
    """The options in parentheses in front, each as its tokens, and the tokens behind them."""
    if rest[:1] != ["("] or ")" not in rest:
        return [], rest
    close = rest.index(")")
    options: list[list[str]] = [[]]
    for part in rest[1:close]:
        if part == ",":
            options.append([])
        else:
            options[-1].append(part)
    return options, rest[close + 1 :]


def _changes_session(tokens: list[str]) -> bool:
    match tokens:
        case ("SET", "LOCAL" | "CONSTRAINTS" | "TRANSACTION", *_) | ("SET", "SESSION", "TRANSACTION", *_):
            return False
        case ("SET" | "RESET" | "PREPARE" | "DEALLOCATE" | "LISTEN" | "UNLISTEN" | "LOAD" | "DISCARD", *_):
            return True
        case ("CREATE", "OR", "REPLACE", *rest) | ("CREATE", *rest):
            made = rest[1:] if rest[:1] in (["GLOBAL"], ["LOCAL"]) else rest
            return not _TEMPORARY.isdisjoint(made[:1]) or ("PG_TEMP", ".") in pairwise(rest)
        case ("DECLARE", *rest):
            return ("WITH", "HOLD") in pairwise(rest)
        case ("SELECT" | "WITH", *rest):
            return any(
                into == "INTO" and not _TEMPORARY.isdisjoint(behind)
                for into, *behind in zip(rest, rest[1:], rest[2:], strict=False)
            )
        case _:
            return False
