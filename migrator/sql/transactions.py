"""What a statement wants of the transaction around it: one of its own making, or one that lasts longer than itself.

For files without a transaction, where every statement outside a BEGIN ... COMMIT group is committed by itself.
"""

import re
from itertools import pairwise

from migrator.sql.kinds import Kind, describe
from migrator.sql.literals import identifier_name, is_literal, literal_text
from migrator.sql.settings import settings
from migrator.sql.statement import Statement

_FIRST_WORD = re.compile("[A-Za-z]+")
_ENDS_TRANSACTION = re.compile(r"\b(?:commit|rollback|call)\b", re.IGNORECASE)
_LASTS_AS_LONG = frozenset({"LOCK", "SET", "CREATE", "DECLARE", "SELECT"})


def ends_its_own(statement: Statement) -> str | None:
    """`CALL` or `DO` where the statement may commit by itself, which PostgreSQL refuses in a transaction block (2D000).

    A procedure's body is in the database, so every CALL counts; of a DO its text tells, comments and all.
    https://www.postgresql.org/docs/current/plpgsql-transactions.html
    """
    match _first_word(statement):
        case "CALL":
            return "CALL"
        case "DO":
            bodies = [literal_text(token) for token in statement.tokens() if is_literal(token)]
            return "DO" if any(_ENDS_TRANSACTION.search(body) for body in bodies) else None
        case _:
            return None


def lasts_as_long(statement: Statement) -> str | None:  # noqa: PLR0911 - one case for each command
    """How a message names a statement whose effect ends with its transaction, so that alone in one it does nothing."""
    word = _first_word(statement)
    if word not in _LASTS_AS_LONG or (word == "SELECT" and "set_config" not in statement.text.lower()):
        return None
    if describe(statement).kind is Kind.SET_TRANSACTION:
        return "SET TRANSACTION"
    tokens = statement.tokens()
    match tokens:
        case ("LOCK", *_):
            return "LOCK TABLE"
        case ("SET", "LOCAL" | "CONSTRAINTS" as what, *_):
            return f"SET {what}"
        case ("DECLARE", *rest) if ("WITH", "HOLD") not in pairwise(rest):
            return "DECLARE ... CURSOR"
        case ("CREATE", *rest) if drops_on_commit(rest):
            return "CREATE TEMPORARY TABLE ... ON COMMIT DROP"
        case ("SELECT", *rest) if _only_sets(rest) and {each.scope for each in settings(statement)} == {"transaction"}:
            return "set_config(..., true)"
        case _:
            return None


def drops_on_commit(tokens: list[str]) -> bool:
    """The tokens of a CREATE TABLE say `ON COMMIT DROP`."""
    depth = 0
    for at, part in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(part, 0)
        if depth == 0 and tokens[at : at + 3] == ["ON", "COMMIT", "DROP"]:
            return True
    return False


def _first_word(statement: Statement) -> str:
    first = _FIRST_WORD.match(statement.source.text, statement.start, statement.end)
    return first.group().upper() if first else ""


def _only_sets(items: list[str]) -> bool:
    """A SELECT list of nothing but calls of set_config; with anything beside them the setting is there for that."""
    depth = 0
    outside: list[str] = []
    for token in items:
        if depth == 0:
            outside.append(token)
        depth += {"(": 1, ")": -1}.get(token, 0)
    names = {identifier_name(token) for token in outside if token not in {"(", ",", "."}}
    return names in ({"set_config"}, {"set_config", "pg_catalog"})
