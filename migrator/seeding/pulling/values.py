"""A value as PostgreSQL writes it -> the cell of a seed file that `migrate seed` reads as the very same value.

Lists and mappings are written where they mean exactly the text, which stands in quotes where they do not.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from migrator.seeding.books.types import ColumnType
from migrator.seeding.preparing.jsontext import reads_as_text
from migrator.seeding.pulling import literals
from migrator.seeding.pulling.literals import Elements
from migrator.seeding.pulling.scalars import LONGEST_KEY, NULL, key, quoted, scalar

Writer = Callable[[str], str]
"""A text of PostgreSQL's as a cell."""

_DEEPEST = 100
"""Of nested lists and mappings; what is deeper is written as text."""


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of JSON with its digits as they are."""

    text: str


def writer(kind: ColumnType, *, refers: bool = False) -> Writer:
    """How values of a type are written; with `refers` as scalars alone, since a mapping would look a row up."""
    if not refers:
        return _writer(kind, top=True)
    return quoted if kind.kind == "json" else _scalar_writer(kind)


def _writer(kind: ColumnType, *, top: bool = False) -> Writer:
    match kind.kind:
        case "json":
            return lambda text: _json(text, top=top)
        case "array":
            return lambda text: _array(text, kind)
        case "composite":
            return lambda text: _composite(text, kind)
        case "pairs":
            return _pairs
        case "vector":
            return lambda text: "[" + text[1:-1].replace(",", ", ") + "]"
        case _:
            return _scalar_writer(kind)


def _scalar_writer(kind: ColumnType) -> Writer:
    if kind.name == "boolean":
        return truth
    if kind.name.startswith("character("):
        return lambda text: scalar(text.rstrip(" "))  # the type adds them again
    return scalar


def truth(text: str) -> str:
    """A boolean."""
    return "true" if text == "t" else "false"


def _json(text: str, *, top: bool) -> str:
    """JSON as YAML where reading that gives this very text: its digits, spaces and order of keys; else the text."""
    if "\\u0000" in text:  # which YAML can hold in a text alone
        return quoted(text)
    try:
        value = json.loads(
            text, parse_float=_Number, parse_int=_Number, parse_constant=_refuse, object_pairs_hook=tuple
        )
        as_yaml, as_text = _json_value(value, 0)
    except (ValueError, RecursionError):
        return quoted(text)
    if as_text != text:
        return quoted(text)
    if isinstance(value, str) or value is None:
        return f"{{$json: {as_yaml}}}" if top else quoted(text)
    return as_yaml


def _refuse(word: str) -> None:
    raise ValueError(word)


def _json_value(value: Any, depth: int) -> tuple[str, str]:
    """A value of JSON as YAML and as the JSON text that `seed` makes of it. Raises ValueError for what YAML refuses."""
    if depth > _DEEPEST:
        raise ValueError
    match value:
        case _Number():
            return value.text, value.text
        case bool():
            word = "true" if value else "false"
            return word, word
        case None:
            return "null", "null"
        case str():
            text = json.dumps(value, ensure_ascii=False)
            return scalar(value) if reads_as_text(value) else quoted(value), text
        case list():
            parts = [_json_value(item, depth + 1) for item in value]
            return f"[{', '.join([part[0] for part in parts])}]", f"[{', '.join([part[1] for part in parts])}]"
    cells = [(name, key(name), *_json_value(item, depth + 1)) for name, item in value]
    if len({name for name, _ in value}) != len(value) or any(len(name) > LONGEST_KEY for _, name, _, _ in cells):
        raise ValueError
    as_yaml = ", ".join([f"{name}: {cell}" for _, name, cell, _ in cells])
    as_text = ", ".join([f"{json.dumps(name, ensure_ascii=False)}: {text}" for name, _, _, text in cells])
    return f"{{{as_yaml}}}", f"{{{as_text}}}"


def _array(text: str, kind: ColumnType) -> str:
    elements = literals.array(text, kind.delimiter)
    element = kind.element
    if elements is None or element is None:
        return quoted(text)
    nested = any(isinstance(each, list) for each in elements)
    if nested and element.kind in {"json", "vector"}:
        return quoted(text)  # a list inside would be an element
    # an element that is an array itself, by way of a domain, would be a dimension
    write = quoted if element.kind == "array" else _writer(element)
    return _list(elements, write)


def _list(elements: Elements, write: Writer) -> str:
    cells = [
        _list(each, write) if isinstance(each, list) else NULL if each is None else write(each) for each in elements
    ]
    return f"[{', '.join(cells)}]"


def _composite(text: str, kind: ColumnType) -> str:
    parts = literals.composite(text, len(kind.fields))
    if parts is None:
        return quoted(text)
    cells = [
        f"{key(name)}: {_writer(field)(part)}"
        for (name, field), part in zip(kind.fields, parts, strict=True)
        if part is not None
    ]
    return f"{{{', '.join(cells)}}}"


def _pairs(text: str) -> str:
    found = literals.pairs(text)
    cells = [(key(name), NULL if value is None else scalar(value)) for name, value in found or ()]
    if found is None or any(len(name) > LONGEST_KEY for name, _ in cells):
        return quoted(text)
    return f"{{{', '.join([f'{name}: {cell}' for name, cell in cells])}}}"
