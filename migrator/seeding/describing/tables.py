"""A table as JSON Schema: its rows, the options before them, and how other rows look its rows up."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as escape

from migrator.seeding.books.remarks import Remark, Remarks
from migrator.seeding.books.tables import Catalog, Column, ForeignKey, TableInfo
from migrator.seeding.describing.people import person
from migrator.seeding.describing.values import NULL, Schema, operator, scalar, value
from migrator.seeding.files.options import MODES, OPTIONS
from migrator.seeding.preparing.check import identifier
from migrator.seeding.preparing.lookups import begins

_MODES = (
    "what becomes of rows: `upsert` inserts and updates, `missing` inserts alone, `update` updates alone, "
    "`sync` also deletes the rows within `where` that are not in the file"
)
_MAKES_IDS = ("uuid", "text", "character varying")


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a schema.

    Attributes:
        catalog: what there is.
        remarks: comments and defaults.
    """

    catalog: Catalog
    remarks: Remarks

    def definitions(self, table: TableInfo) -> dict[str, Schema]:
        """What the schema defines for a table, by name: its value, its row, and the lookup of a row."""
        comment = self._remark(table, None).comment
        names = {kind: _name(kind, table) for kind in ("table", "row", "lookup")}
        rows: Schema = {"type": "array", "items": _refers(names["row"])}
        form = person(table)
        cells = form or {column.name: self._cell(table, column) for column in _writable(table)}
        options: Schema = {
            "type": "object",
            "properties": self._options(table, list(cells), _refers(names["row"]), rows)
            | ({"key": False, "file": False} if form else {}),
            "additionalProperties": False,
            "oneOf": [{"required": ["rows"]}, {"required": ["file"]}],
            "if": {"properties": {"mode": {"const": "sync"}}, "required": ["mode"]},
            "then": {"required": ["where"]},
            "else": {"properties": {"where": False}},
        }
        compared = {column.name: self._compared(table, column) for column in table.columns.values()}
        said = {"description": comment} if comment else {}
        return {
            names["table"]: {**said, "anyOf": [rows, options]},
            names["row"]: {"type": "object", "properties": cells, "additionalProperties": False},
            names["lookup"]: {
                "description": f"the row of `{table.name}` with these values",
                "type": "object",
                "properties": compared,
                "minProperties": 1,
                "additionalProperties": False,
            },
        }

    def reference(self, table: TableInfo) -> Schema:
        """Where the value of a table's name in a file is defined."""
        return _refers(_name("table", table))

    def lookup(self, table: TableInfo) -> Schema:
        """Where the lookup of a table's row is defined."""
        return _refers(_name("lookup", table))

    def _options(self, table: TableInfo, columns: list[str], row: Schema, rows: Schema) -> dict[str, Schema]:
        parts = [identifier(part) for key in (*table.keys, *table.special_keys) for part in key.parts]
        # an expression can be spelled in several ways
        part: Schema = (
            {"type": "string"} if any(key.expressions for key in table.special_keys) else {"enum": _distinct(parts)}
        )
        keep: Schema = {"enum": columns} if columns else {"type": "string"}
        known: dict[str, Schema] = {
            "key": {
                "description": "the columns by which a row of the file finds its row in the table: a unique key",
                "anyOf": [part, {"type": "array", "items": part, "minItems": 1}] if parts else [False],
            },
            "mode": {"description": _MODES, "enum": list(MODES)},
            "where": {"description": "with `mode: sync`: which rows are the file's own, in SQL", "type": "string"},
            "keep": {
                "description": "columns that are set when a row is inserted, and never overwritten",
                "anyOf": [keep, {"type": "array", "items": keep}],
            },
            "defaults": {"description": "cells of columns that a row does not have", **row},
            "rows": {"description": "last: the rows, as a list", **rows},
            "file": {
                "description": "instead of `rows`: a CSV file that holds them, from this file's folder",
                "type": "string",
                "pattern": r"\.csv(\.gz)?$",
            },
        }
        return {name: known.get(name, {}) for name in OPTIONS}

    def _cell(self, table: TableInfo, column: Column) -> Schema:
        foreign = _foreign_keys(table, column)
        refers = any(column.name in key.columns for key in table.foreign_keys)
        lookups = [self.lookup(self.catalog.tables[key.target]) for key in foreign if key.target in self.catalog.tables]
        # in a foreign-key column a mapping looks a row up, whatever its type
        values = [scalar(column.type), *([] if column.type.kind != "json" else [operator("$json")])]
        found = [*(values if refers else value(column.type)), *lookups, *_operators(column)]
        if not column.not_null:
            found.append(NULL)
        return {"description": self._said(table, column), "anyOf": found}

    def _compared(self, table: TableInfo, column: Column) -> Schema:
        lookups = [
            self.lookup(self.catalog.tables[key.target])
            for key in _foreign_keys(table, column)
            if key.target in self.catalog.tables
        ]
        operators = [operator(name) for name in ("$var", "$id", "$file", "$ref")]
        return {"description": self._said(table, column), "anyOf": [scalar(column.type), *lookups, *operators]}

    def _remark(self, table: TableInfo, name: str | None) -> Remark:
        return self.remarks.get((table.oid, name)) or Remark(None, None, by_type=False, collates=False)

    def _said(self, table: TableInfo, column: Column) -> str:
        """A column in one line: its comment, its type, whether a new row needs it."""
        remark = self._remark(table, column.name)
        facts = [column.type.name]
        if column.generated:
            facts.append("generated")
        elif column.required:
            facts.append("needed in a new row")
        elif remark.default is not None:
            facts.append(f"default {remark.default}")
        elif column.identity:
            facts.append("drawn by the database")
        facts += [f"refers to {key.target_name}" for key in table.foreign_keys if column.name in key.columns]
        fact = ", ".join(facts)
        return f"{remark.comment} ({fact})" if remark.comment else fact


def _operators(column: Column) -> list[Schema]:
    """The operators that stand for a whole cell."""
    names = ["$sql", "$var", "$file", "$ref"]
    if column.type.name.startswith(_MAKES_IDS):
        names.append("$id")
    if column.type.kind == "json":
        names.append("$json")
    return [operator(name) for name in names]


def _foreign_keys(table: TableInfo, column: Column) -> list[ForeignKey]:
    """The foreign keys that a mapping under a column may mean."""
    simple = [key for key in table.foreign_keys if key.columns == (column.name,)]
    return simple or [
        key for key in table.foreign_keys if column.name in key.columns and begins(table, key) == column.name
    ]


def _writable(table: TableInfo) -> list[Column]:
    return [column for column in table.columns.values() if not column.generated]


def _distinct(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _name(kind: str, table: TableInfo) -> str:
    return f"{kind} {table.schema}.{table.name}"


def _refers(name: str) -> dict[str, Any]:
    # a JSON pointer in a URI: https://www.rfc-editor.org/rfc/rfc6901#section-6
    return {"$ref": "#/$defs/" + escape(name.replace("~", "~0").replace("/", "~1"), safe="$~")}
