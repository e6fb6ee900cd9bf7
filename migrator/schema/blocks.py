r"""An object as a block of readable lines, and a file of such blocks read back.

    table: public.orders
      owner: postgres
      options:
        - fillfactor=70
      comment: |
        a text
        of several lines

A value stands as it is where that can be read back as what it was, on one line or, behind `|`, on several (`|-`: the
last one without a line end; `|e`: with `\\`, `\r`, `\u202e` for what an editor would hide or change); else as JSON.
Attributes that hold several lines come last. Pure.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any

from migrator.errors import InputError
from migrator.schema.objects import Key
from migrator.source import Source, Span

STEP = "  "

ANEW = "restore the file, or write the folder anew with `migrate snapshot`"

_JSON = frozenset('"{[-0123456789tfnNI|')
"""What JSON may begin with as Python reads it, and the mark of a text of several lines."""

_ESCAPED = re.compile(r"\\(\\|r|u[0-9a-f]{4}|U[0-9a-f]{8})")
_SHORT = {"\\": "\\\\", "\r": "\\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An object as a file tells it, and the place of its first line."""

    key: Key
    attributes: Mapping[str, Any]
    where: Span


def block(key: Key, attributes: Mapping[str, Any]) -> Iterator[str]:
    """The lines of an object."""
    kind, identity = key
    yield f"{_inline(kind)}: {_inline(identity)}"
    yield from _mapping(attributes, STEP)


def _mapping(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name in sorted(values, key=lambda name: (_long(values[name]), name)):
        yield from _value(f"{indent}{_inline(name, colons=False)}:", values[name], indent + STEP)


def _long(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _value(head: str, value: object, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, indent)
    elif isinstance(value, list) and value:
        yield head
        for each in value:
            yield from _value(f"{indent}-", each, indent + STEP)
    elif isinstance(value, str) and "\n" in value and not value.endswith("\n\n") and value.strip("\n"):
        yield from _lines(head, value, indent)
    else:
        yield f"{head} {_inline(value)}"


def _lines(head: str, text: str, indent: str) -> Iterator[str]:
    body = text.removesuffix("\n")
    plain = all(line.replace("\t", "").isprintable() for line in body.split("\n"))
    yield f"{head} |{'' if plain else 'e'}{'' if text.endswith(chr(10)) else '-'}"
    for line in body.split("\n"):
        shown = line if plain else "".join(map(_escape, line))
        yield indent + shown if shown else ""


def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable() or character == "\t":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - four digits are enough up to here


def _unescape(text: str) -> str:
    plain = {"\\": "\\", "r": "\r"}
    return _ESCAPED.sub(lambda found: plain[found[1]] if found[1] in plain else chr(int(found[1][1:], 16)), text)


def _inline(value: object, *, colons: bool = True) -> str:
    """A value on one line: itself, or JSON where that could not be told from another one."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if not isinstance(value, str):
        return json.dumps(value, default=float)
    plain = value.isprintable() and value == value.strip() and value[:1] not in {"", '"', "{", "[", "|"}
    plain = plain and (colons or (":" not in value and not value.startswith("-")))
    return value if plain and not _is_json(value) else json.dumps(value)


def _is_json(text: str) -> bool:
    if text[:1] not in _JSON:
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


class _Lines:
    """The lines of a file, one after the other."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines = source.text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self._lines)]
        self.at = 0

    def peek(self) -> tuple[str, str] | None:
        """The next line that is not empty, as its indent and the rest."""
        while self.at < len(self._lines):
            line = self._lines[self.at]
            if line.strip(" "):
                text = line.lstrip(" ")
                return line[: len(line) - len(text)], text
            self.at += 1
        return None

    def body(self, indent: str) -> list[str]:
        """The lines of a text, which are indented or empty."""
        found: list[str] = []
        while self.at < len(self._lines):
            line = self._lines[self.at]
            if line and not line.startswith(indent):
                break
            found.append(line[len(indent) :])
            self.at += 1
        while found and not found[-1]:
            found.pop()
        return found

    def damaged(self, message: str, at: int | None = None) -> InputError:
        """What to raise about a line, the next one where no other is named."""
        return damaged(message, self.span(self.at if at is None else at))

    def span(self, at: int) -> Span:
        """The place of a line."""
        line = self._lines[at] if at < len(self._lines) else ""
        return self._source.span(self._starts[min(at, len(self._starts) - 1)] + len(line) - len(line.lstrip(" ")))


def damaged(message: str, where: Span, *, hint: str = ANEW) -> InputError:
    """A file is not what `migrate snapshot` writes, and nobody can tell what it should say."""
    return InputError(
        message,
        code="snapshot-damaged",
        where=where,
        outcome="nothing was compared",
        hint=hint,
    )


def read(source: Source, *, start: int = 0) -> Iterator[Block]:
    """The objects of a file, from its line `start` on, counted from 0. Raises `InputError`."""
    lines = _Lines(source)
    lines.at = start
    while (found := lines.peek()) is not None:
        indent, text = found
        first = lines.at
        kind, colon, identity = text.partition(": ")
        if indent or not colon:
            raise lines.damaged("an object begins here in no known way: `class: name` at the margin")
        lines.at += 1
        key = _scalar(kind, lines, first), _scalar(identity, lines, first)
        attributes = _read_mapping(lines, STEP)
        yield Block(key=(str(key[0]), str(key[1])), attributes=attributes, where=lines.span(first))


def _read_mapping(lines: _Lines, indent: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    while (found := lines.peek()) is not None and found[0] == indent:
        first, text = lines.at, found[1]
        name, colon, rest = _name(text, lines)
        if not colon or name in values:
            raise lines.damaged("this is no attribute: `name: value`" if not colon else f"`{name}` is told twice")
        lines.at += 1
        values[name] = _read_value(rest, lines, indent + STEP, first)
    if found is not None and len(found[0]) > len(indent) - len(STEP) and found[0] != indent:
        raise lines.damaged("this line is not indented as its neighbours are")
    return values


def _name(text: str, lines: _Lines) -> tuple[str, str, str]:
    if not text.startswith('"'):
        return text.partition(":")
    try:
        name, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        raise lines.damaged("this is no attribute: `name: value`") from None
    return str(name), text[end : end + 1], text[end + 1 :]


def _read_value(rest: str, lines: _Lines, indent: str, first: int) -> Any:
    if rest in {" |", " |-", " |e", " |e-"}:
        text = "\n".join(lines.body(indent))
        return (_unescape(text) if "e" in rest else text) + ("" if rest.endswith("-") else "\n")
    if rest:
        if not rest.startswith(" "):
            raise lines.damaged("a space is missing behind `:` or `-`", first)
        return _scalar(rest[1:], lines, first)
    found = lines.peek()
    if found is None or found[0] != indent:
        raise lines.damaged("there is no value", first)
    return _read_list(lines, indent) if found[1][:1] == "-" else _read_mapping(lines, indent)


def _read_list(lines: _Lines, indent: str) -> list[Any]:
    values: list[Any] = []
    while (found := lines.peek()) is not None and found[0] == indent and found[1].startswith("-"):
        first = lines.at
        lines.at += 1
        values.append(_read_value(found[1][1:], lines, indent + STEP, first))
    return values


def _scalar(text: str, lines: _Lines, first: int) -> Any:
    if text[:1] not in _JSON:
        return text
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        if text[:1] in {'"', "{", "[", "|"}:
            raise lines.damaged("this value cannot be read", first) from None
        return text
