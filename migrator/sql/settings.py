"""What a statement sets: `SET`, and `set_config()` with constants, as names and values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from migrator.sql.literals import identifier_name, is_literal, literal_text
from migrator.sql.statement import Statement

_NOT_ALPHANUMERIC = re.compile(r"[^0-9a-z]")

Scope = Literal["session", "transaction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One configuration parameter that a statement changes.

    Attributes:
        name: the parameter, in lower case.
        value: the text that it is set to; None where that is only known when the statement runs.
        scope: how long that lasts.
    """

    name: str
    value: str | None
    scope: Scope


def settings(statement: Statement) -> tuple[Setting, ...]:
    """What the statement sets. `DEFAULT` and `RESET` set nothing: they go back to what the connection began with."""
    text = statement.text.lower()
    if text.startswith("set"):
        return tuple(_assigned(statement.tokens()))
    if "set_config" in text:
        return tuple(_configured(statement.tokens()))
    return ()


def is_utf8(encoding: str | None) -> bool:
    """The name is one of UTF-8's, as PostgreSQL compares them: letters and digits only, whatever their case."""
    return encoding is not None and _NOT_ALPHANUMERIC.sub("", encoding.lower()) in {"utf8", "unicode"}


def is_on(value: str | None) -> bool:
    """The text means true to PostgreSQL: `on`, `1`, or a beginning of `true` or `yes`."""
    text = (value or "").lower()
    return text in {"on", "1"} or (text != "" and ("true".startswith(text) or "yes".startswith(text)))


def _assigned(tokens: list[str]) -> Iterator[Setting]:
    scope: Scope = "session"
    match tokens:
        case ["SET", "LOCAL", *rest]:
            scope = "transaction"
        case ["SET", "SESSION", *rest] | ["SET", *rest]:
            pass
        case _:
            return
    match rest:
        case ["NAMES", "DEFAULT"] | ["NAMES"] | [_, "TO" | "=", "DEFAULT"]:
            return
        case ["NAMES", *values]:
            yield Setting(name="client_encoding", value=_text(values), scope=scope)
        case [name, "TO" | "=", *values]:
            yield Setting(name=identifier_name(name).lower(), value=_text(values), scope=scope)


def _configured(tokens: list[str]) -> Iterator[Setting]:
    for at, token in enumerate(tokens):
        if identifier_name(token) == "set_config" and tokens[at + 1 : at + 2] == ["("]:
            name, value, local = _arguments(tokens, at + 2)
            if (known := _constant(name)) is not None:
                scope: Scope = "transaction" if local == ["TRUE"] else "session"
                yield Setting(name=known.lower(), value=_constant(value), scope=scope)


def _arguments(tokens: list[str], start: int) -> tuple[list[str], list[str], list[str]]:
    """The tokens of the first three arguments of a call whose opening parenthesis stands before `start`."""
    arguments: list[list[str]] = [[]]
    depth = 0
    for part in tokens[start:]:
        if part == ")" and depth == 0:
            break
        depth += {"(": 1, ")": -1}.get(part, 0)
        if part == "," and depth == 0:
            arguments.append([])
        elif part == "=>" and len(arguments[-1]) == 1:
            arguments[-1].clear()  # the name of the argument
        else:
            arguments[-1].append(part)
    arguments += [[], []]
    return arguments[0], arguments[1], arguments[2]


def _text(tokens: list[str]) -> str | None:
    """The value behind `SET name =`, where a bare word is a constant, too; None for a list."""
    return identifier_name(tokens[0]) if len(tokens) == 1 and not is_literal(tokens[0]) else _constant(tokens)


def _constant(tokens: list[str]) -> str | None:
    """The text of a string constant, with or without a cast; None for any other expression."""
    match tokens:
        case [token] | [token, "::", _] if is_literal(token):
            return literal_text(token)
        case _:
            return None
