"""Column types as far as a cell needs them: what else than a scalar they take, and what those parts are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "json", "array", "composite", "pairs", "vector"]

_LIMITED = frozenset({"character varying", "character"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """A column's type; a domain is seen as what it is made of.

    Attributes:
        name: as PostgreSQL writes it, such as `character varying(40)`.
        kind: what else than a scalar it takes.
        labels: an enum's values, in order.
        length: the most characters of varchar(n) or char(n).
        element: an array's element type.
        delimiter: what stands between its values in an array.
        fields: those of a composite, by name.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...] = ()
    length: int | None = None
    element: "ColumnType | None" = None
    delimiter: str = ","
    fields: "tuple[tuple[str, ColumnType], ...]" = ()


@dataclass(frozen=True, slots=True)
class Types:
    """The types of one reading of the catalog, by oid, as tables.sql tells them."""

    rows: Mapping[str, Any]

    def column(self, oid: int, typmod: int, name: str) -> ColumnType:
        """A column's type, under the name that the column's declaration has."""
        return self._type(oid, typmod, name)

    def _type(self, oid: int, typmod: int, name: str | None) -> ColumnType:
        # no type can hold itself, so this ends
        row = self.rows[str(oid)]
        shown = name or row["name"]
        if row["base"]:
            return self._type(row["base"], row["typmod"], shown)
        kind: Kind = row["kind"]
        # a varchar's type modifier is its length and four bytes more
        length = typmod - 4 if row["name"] in _LIMITED and typmod > 4 else None  # noqa: PLR2004 - see above
        element = self._type(row["element"], typmod, None) if kind == "array" else None
        fields: tuple[tuple[str, ColumnType], ...] = ()
        if kind == "composite":
            fields = tuple((field, self._type(type_, modifier, None)) for field, type_, modifier in row["fields"] or ())
        return ColumnType(
            name=shown,
            kind=kind,
            labels=tuple(row["labels"] or ()),
            length=length,
            element=element,
            delimiter=row["delimiter"],
            fields=fields,
        )
