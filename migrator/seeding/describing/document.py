"""The whole JSON Schema: the names of tables at the top of a file, the header, the operators.

The language: https://json-schema.org/draft/2020-12/schema.
"""

from collections.abc import Iterable
from typing import Any

from migrator.seeding.books.remarks import Remarks
from migrator.seeding.books.tables import Catalog, TableInfo
from migrator.seeding.describing.tables import Tables
from migrator.seeding.describing.values import Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_WORDS: Schema = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

_HEADER: Schema = {
    "description": "first in the file: when and after what it applies",
    "type": "object",
    "properties": {
        "env": {"description": "the environments (`--env`) in which the file applies; all without it", **_WORDS},
        "after": {"description": "files that have to be loaded before this one", **_WORDS},
    },
    "additionalProperties": False,
}

_OPERATORS: dict[str, tuple[str, Schema]] = {
    "$sql": ("an expression of SQL, computed when the row is inserted", {"type": "string"}),
    "$var": ("the value of an environment variable", {"type": "string"}),
    "$file": ("what a file holds, by its path from this file's folder", {"type": "string"}),
    "$id": (
        "a uuid made of the table and this label, the same in every file",
        {"type": ["string", "number", "boolean"]},
    ),
    "$json": ("JSON for any value", {}),
}


def document(names: dict[str, TableInfo], catalog: Catalog, remarks: Remarks) -> dict[str, Any]:
    """The schema of files that may call tables by these names."""
    tables = Tables(catalog, remarks)
    infos = sorted(catalog.tables.values(), key=lambda info: (info.schema, info.name))
    definitions = {name: _operator(name, *said) for name, said in _OPERATORS.items()}
    lookups = {name: tables.lookup(info) for name, info in names.items()}
    definitions["$ref"] = _operator(
        "$ref",
        "the row of a table that has these values: `{table: {key: value}}`",
        {
            "type": "object",
            "properties": lookups,
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        },
    )
    for info in infos:
        definitions |= tables.definitions(info)
    return {
        "$schema": DIALECT,
        "title": "seed file",
        "description": "Rows by table, for `migrate seed`. Made by `migrate editor-schema` from a database.",
        "type": ["object", "null"],
        "properties": {"$seed": _HEADER, **{name: tables.reference(info) for name, info in _sorted(names.items())}},
        "additionalProperties": False,
        "$defs": definitions,
    }


def _sorted(named: Iterable[tuple[str, TableInfo]]) -> list[tuple[str, TableInfo]]:
    return sorted(named, key=lambda pair: pair[0])


def _operator(name: str, said: str, takes: Schema) -> Schema:
    return {
        "description": said,
        "type": "object",
        "properties": {name: {"description": said, **takes}},
        "required": [name],
        "additionalProperties": False,
    }
