"""Which columns a seed file need not show: keys that the database makes, and what refers to them.

A number that a sequence has drawn means nothing in another database. Where a row can be told by something else that is
unique, its reference is a lookup by that, its own number is left out, and the file loads anywhere.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from migrator.seeding.books.remarks import Remark, Remarks
from migrator.seeding.books.tables import Catalog, Column, ForeignKey, Key, TableInfo

_MAKES_KEYS = re.compile(r"uuid|ulid|nanoid|cuid|random|nextval|snowflake", re.IGNORECASE)
"""Functions that draw a key; `current_date` draws none, so a column with it as default is data."""

_NOTHING = Remark(None, None, by_type=False, collates=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A foreign key that is written as a lookup.

    Attributes:
        columns: ours; the lookup stands under the first.
        target: the other table.
        takes: its columns, one for each of ours.
        by: its columns that tell the row, each with the lookup that stands for its value, if one does.
    """

    columns: tuple[str, ...]
    target: TableInfo
    takes: tuple[str, ...]
    by: "tuple[tuple[Column, Reference | None], ...]"

    def stands_for(self, foreign: ForeignKey) -> bool:
        """It is written for this foreign key."""
        mine = (self.columns, self.target.oid, self.takes)
        return mine == (foreign.columns, foreign.target, foreign.takes)


@dataclass(frozen=True, slots=True)
class References:
    """What refers to what, by which keys.

    Attributes:
        catalog: the tables, with all that they refer to.
        remarks: about their columns.
    """

    catalog: Catalog
    remarks: Remarks

    def remark(self, table: TableInfo, column: str) -> Remark:
        """What the catalog says about a column."""
        return self.remarks.get((table.oid, column), _NOTHING)

    def made(self, table: TableInfo) -> frozenset[str]:
        """The columns of a table's primary key whose values the database draws."""
        primary = table.primary_key
        return frozenset(name for name in primary.columns if self._is_made(table, name)) if primary else frozenset()

    def _is_made(self, table: TableInfo, name: str) -> bool:
        column, primary = table.columns[name], table.primary_key
        if primary is None or name not in primary.columns:
            return False
        if column.identity or column.sequence:
            return True
        default = self.remark(table, name).default
        refers = any(name in foreign.columns for foreign in table.foreign_keys)
        return primary.columns == (name,) and not refers and default is not None and bool(_MAKES_KEYS.search(default))

    def _is_natural(self, table: TableInfo, name: str, seen: frozenset[int] = frozenset()) -> bool:
        """A column's values mean the same in every database."""
        if self._is_made(table, name):
            return False
        for foreign in table.foreign_keys:
            target = self.catalog.tables.get(foreign.target)
            if foreign.columns == (name,) and target is not None and target.oid not in seen:
                return self._is_natural(target, foreign.takes[0], seen | {table.oid})
        return True

    def lookups(self, table: TableInfo) -> dict[str, Reference]:
        """The foreign keys of a table that are written as lookups, by the column under which they are."""
        found: dict[str, Reference] = {}
        for foreign in table.foreign_keys:
            if self._is_unmistakable(table, foreign):
                reference = self._lookup(foreign, frozenset())
                if reference is not None:
                    found[foreign.columns[0]] = reference
        return found

    def _is_unmistakable(self, table: TableInfo, foreign: ForeignKey) -> bool:
        """A mapping under its first column can mean no other foreign key, and fills no column that another one does."""
        if len(foreign.columns) == 1:
            return len({(key.target, key.takes) for key in table.foreign_keys if key.columns == foreign.columns}) == 1
        others = [key for key in table.foreign_keys if key is not foreign]
        return not any(set(foreign.columns) & set(key.columns) for key in others)

    def _lookup(self, foreign: ForeignKey, path: frozenset[int]) -> Reference | None:
        """How to look up what a foreign key refers to; None where its own values are as good, or nothing is unique."""
        target = self.catalog.tables.get(foreign.target)
        if target is None or target.oid in path or all(self._is_natural(target, name) for name in foreign.takes):
            return None
        found: list[tuple[tuple[object, ...], Reference]] = []
        for key in target.keys:
            by = self._by(target, key, path | {target.oid})
            if by is not None:
                reference = Reference(columns=foreign.columns, target=target, takes=foreign.takes, by=by)
                nested = sum(inner is not None for _, inner in by)
                found.append(((*self._rank(target, key), nested, key.name), reference))
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def _by(
        self, target: TableInfo, key: Key, path: frozenset[int]
    ) -> "tuple[tuple[Column, Reference | None], ...] | None":
        """A key's columns as what a lookup compares; None where one of them means nothing elsewhere, or may be NULL."""
        by: list[tuple[Column, Reference | None]] = []
        for name in key.columns:
            column = target.columns[name]
            inner = None
            if not column.not_null:
                return None
            if not self._is_natural(target, name):
                foreign = next((each for each in target.foreign_keys if each.columns == (name,)), None)
                usable = foreign is not None and self._is_unmistakable(target, foreign)
                inner = self._lookup(foreign, path) if foreign is not None and usable else None
                if inner is None:
                    return None
            by.append((column, inner))
        return tuple(by)

    def _rank(self, table: TableInfo, key: Key) -> tuple[int, bool]:
        """The shortest key first; of two, the one that people chose."""
        columns = [table.columns[name] for name in key.columns]
        drawn = any(column.identity or not self.remark(table, column.name).constant for column in columns)
        return len(key.columns), drawn

    def told_by(self, table: TableInfo, needed: Collection[str]) -> tuple[Key | None, frozenset[str]]:
        """The key that tells a table's rows, and the columns that the database draws anew; None without a key.

        It is the shortest without such columns; else, or where they are `needed`, the primary key, and nothing is
        drawn. Without a primary key it may have columns that can be NULL: whether they are, the rows tell.
        """
        made, primary = self.made(table), table.primary_key
        writable = [key for key in table.keys if not any(table.columns[name].generated for name in key.columns)]
        if primary in writable and (not made or made & set(needed)):
            return primary, frozenset()
        by_rank = {
            (nullable(table, key), *self._rank(table, key), key.name): key
            for key in writable
            if not made & set(key.columns) and (primary is None or not nullable(table, key))
        }
        if by_rank:
            return by_rank[min(by_rank)], made
        return primary if primary in writable else None, frozenset()


def nullable(table: TableInfo, key: Key) -> bool:
    """A row may be without this key: a column of it is NULL, and NULLs are distinct."""
    return not key.nulls_equal and not all(table.columns[name].not_null for name in key.columns)
