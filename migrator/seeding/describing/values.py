"""A column's type as JSON Schema: what an editor may expect in its cells.

Editors see a cell as YAML 1.2 has it: a plain `01234` in a text column is a number to them. So a schema takes whatever
YAML makes of a text that the type can read, and is strict where a wrong value is certain: enums, booleans, lengths,
fields of composite types, lists and mappings where there can be none.
"""

import re
from typing import Any

from migrator.seeding.books.types import ColumnType

Schema = dict[str, Any]

NULL: Schema = {"type": "null"}

_NUMBERS = re.compile(r"numeric|real|double precision|money")
_INTEGERS = frozenset({"smallint", "integer", "bigint", "oid", "xid", "cid", "xid8"})
_TRUTHS = ("true", "t", "yes", "y", "on", "false", "f", "no", "n", "off")

# as YAML 1.2 resolves plain scalars: https://yaml.org/spec/1.2.2/#1032-tag-resolution
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def operator(name: str) -> Schema:
    """The mapping of one of the operators."""
    return {"$ref": f"#/$defs/{name}"}


def value(kind: ColumnType) -> list[Schema]:
    """What a value of a type may be, NULL and operators aside; one of these."""
    match kind.kind:
        case "json":
            return [{}]
        case "array":
            return [_list(kind), {"type": "string"}]
        case "composite":
            fields = {name: {"anyOf": [*value(field), *_inside(field), NULL]} for name, field in kind.fields}
            return [{"type": "object", "properties": fields, "additionalProperties": False}, {"type": "string"}]
        case "pairs":
            pair = {"type": ["string", "number", "boolean", "null"]}
            return [{"type": "object", "additionalProperties": pair}, {"type": "string"}]
        case "vector":
            return [{"type": "array", "items": {"type": "number"}}, {"type": "string"}]
    return [scalar(kind)]


def scalar(kind: ColumnType) -> Schema:
    """What a scalar of a type may be."""
    if kind.labels:
        return {"enum": [spelled for label in kind.labels for spelled in _as_yaml(label)]}
    if kind.kind not in {"text", "json"}:
        return {"type": "string"}
    if kind.name == "boolean":
        words = [spelling for word in _TRUTHS for spelling in (word, word.title(), word.upper())]
        return {"enum": [True, False, *dict.fromkeys(words), 1, 0, "1", "0"]}
    if kind.name in _INTEGERS:
        return {"type": ["integer", "string"]}
    if _NUMBERS.match(kind.name):
        return {"type": ["number", "string"]}
    loose: Schema = {"type": ["string", "number", "boolean"]}
    return loose if kind.length is None else {**loose, "maxLength": kind.length}


def _list(kind: ColumnType) -> Schema:
    if kind.element is None:
        return {"type": "array"}
    deeper = [] if kind.element.kind in {"json", "vector"} else [{"type": "array"}]
    return {"type": "array", "items": {"anyOf": [*value(kind.element), *_inside(kind.element), NULL, *deeper]}}


def _inside(kind: ColumnType) -> list[Schema]:
    """The operators that may stand inside a list or a composite value."""
    return [] if kind.kind == "json" else [operator(name) for name in ("$var", "$id", "$file")]


def _as_yaml(label: str) -> list[Any]:
    """A label as a text, and as what YAML makes of it without quotes."""
    if label in _BOOLEANS:
        return [label, _BOOLEANS[label]]
    if _INTEGER.fullmatch(label):
        return [label, int(label)]
    return [label, float(label)] if _FLOAT.fullmatch(label) else [label]
