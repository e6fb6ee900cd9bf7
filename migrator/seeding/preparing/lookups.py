"""A mapping in a cell as the lookup of another table's row: which foreign key it is, and what it compares."""

import difflib
from dataclasses import dataclass, replace

from migrator.seeding.books.tables import Catalog, Column, ForeignKey, TableInfo
from migrator.seeding.files.nodes import Mapping, Node, is_null
from migrator.seeding.preparing.forms import Form, Lookup, Part, operator_of
from migrator.seeding.preparing.operators import Operators
from migrator.seeding.preparing.refusal import ValueRefusedError
from migrator.seeding.preparing.values import encoder


class UnreadTableError(Exception):
    """A table has to be read from the database before this file can be; `name` is how it is asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Lookups:
    """The lookups of a run.

    Attributes:
        catalog: the tables that are known.
        operators: what the operators in compared values read.
    """

    catalog: Catalog
    operators: Operators

    def form(self, table: TableInfo, column: Column, node: Mapping) -> Form:
        """The form of a cell that looks a row up. Raises `ValueRefusedError` and `UnreadTableError`."""
        lookup = self._lookup(table, column, node, (column.name,), column.name)
        return Form(
            columns=lookup.columns,
            cells=lookup.parts(),
            encode=lambda cell: self._texts(lookup, cell),
            lookup=lookup,
        )

    def _lookup(self, table: TableInfo, column: Column, node: Mapping, path: tuple[str, ...], name: str) -> Lookup:
        if operator_of(node) == "$ref":
            columns, target, takes, node = self._named(table, column, node)
        else:
            foreign = _foreign_key(table, column, node)
            columns, takes = foreign.columns, foreign.takes
            found = self.catalog.tables.get(foreign.target)
            if found is None:
                raise UnreadTableError(foreign.target_quoted)
            target = found
        if not node.pairs:
            raise ValueRefusedError(f"this lookup of `{target.name}` names no column", node)
        by: list[tuple[Column, Part | Lookup]] = []
        for key, value in node.pairs:
            other = target.columns.get(key.value)
            if other is None:
                near = difflib.get_close_matches(key.value, target.columns, 1)
                raise ValueRefusedError(
                    f"`{target.name}`, which `{column.name}` looks up, has no column `{key.value}`",
                    key,
                    code="unknown-column",
                    hint=f"did you mean `{near[0]}`?" if near else f"its columns are {', '.join(target.columns)}",
                )
            inner = (*path, str(target.oid), key.value)
            operator = operator_of(value)
            if isinstance(value, Mapping) and operator in {None, "$ref"}:
                by.append((other, self._lookup(target, other, value, inner, name)))
            elif operator == "$sql":
                raise ValueRefusedError("a lookup compares with values, not with `$sql`", value)
            else:
                by.append((other, Part(name=name, path=inner, declaration=other.base)))
        return Lookup(columns=tuple(table.columns[each] for each in columns), target=target, takes=takes, by=tuple(by))

    def _named(
        self, table: TableInfo, column: Column, node: Mapping
    ) -> tuple[tuple[str, ...], TableInfo, tuple[str, ...], Mapping]:
        """`{$ref: {table: {key: value}}}`: our columns, the table, its columns, and what is compared."""
        value = node.pairs[0][1]
        if len(node.pairs) != 1 or not isinstance(value, Mapping) or len(value.pairs) != 1:
            raise ValueRefusedError("`$ref` takes one table: `{$ref: {table: {key: value}}}`", node)
        key, inner = value.pairs[0]
        if not isinstance(inner, Mapping):
            raise ValueRefusedError("`$ref` looks a row up: `{$ref: {table: {key: value}}}`", inner)
        if key.value not in self.catalog.named:
            raise UnreadTableError(key.value)
        target = self.catalog.named[key.value]
        if target is None:
            raise ValueRefusedError(f"there is no table `{key.value}`", key, code="unknown-table")
        foreign = [each for each in table.foreign_keys if each.target == target.oid and column.name in each.columns]
        if foreign:
            return foreign[0].columns, target, foreign[0].takes, inner
        primary = target.primary_key
        if primary is None or len(primary.columns) != 1:
            raise ValueRefusedError(
                f"`{column.name}` does not refer to `{key.value}`, which has no primary key of one column", key
            )
        return (column.name,), target, primary.columns, inner

    def _texts(self, lookup: Lookup, node: Node) -> list[str]:
        """The texts that a cell compares with."""
        pairs = node.pairs if isinstance(node, Mapping) else []
        if operator_of(node) == "$ref" and isinstance(pairs[0][1], Mapping):
            inner = pairs[0][1].pairs[0][1]
            pairs = inner.pairs if isinstance(inner, Mapping) else []
        texts: list[str] = []
        for (column, part), (_, value) in zip(lookup.by, pairs, strict=True):
            if isinstance(part, Lookup):
                texts += self._texts(part, value)
            elif is_null(value):
                raise ValueRefusedError(f"a lookup by `{column.name}` needs a value", value, code="not-null")
            else:
                texts.append(encoder(column, replace(self.operators, table=lookup.target))(value))
        return texts


def _foreign_key(table: TableInfo, column: Column, node: Mapping) -> ForeignKey:
    """The foreign key that a mapping under a column belongs to: one of this column alone, else one that begins here."""
    containing = [key for key in table.foreign_keys if column.name in key.columns]
    if not containing:
        raise ValueRefusedError(
            f"`{column.name}` refers to no table, so nothing can be looked up",
            node,
            hint="write its value, or name the table: `{$ref: {table: {key: value}}}`",
        )
    simple = {(key.target, key.takes): key for key in containing if len(key.columns) == 1}
    found = list(simple.values()) or [key for key in containing if begins(table, key) == column.name]
    if len(found) == 1:
        return found[0]
    if not found:
        first = begins(table, containing[0])
        raise ValueRefusedError(
            f"`{column.name}` is a part of the foreign key ({', '.join(containing[0].columns)})",
            node,
            hint=f"write the mapping under `{first}`" if first else "name the table: `{$ref: {table: {key: value}}}`",
        )
    targets = " and ".join(f"`{key.target_name}`" for key in found)
    raise ValueRefusedError(
        f"`{column.name}` refers to {targets}", node, hint="say which: `{$ref: {table: {key: value}}}`"
    )


def begins(table: TableInfo, foreign: ForeignKey) -> str | None:
    """The first column of a foreign key that no other one shares."""
    shared = {name for other in table.foreign_keys if other is not foreign for name in other.columns}
    return next((name for name in foreign.columns if name not in shared), None)
