"""Rows that name, by an id that the files bring, a row which waits for the id of another: they have to wait as well.

A foreign key that may be checked later needs no waiting: it is deferred while the waves run, and checked behind them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrator.seeding.books.tables import Column, ForeignKey
from migrator.seeding.loading.staging import Stage
from migrator.seeding.preparing.shapes import Shape
from migrator.sql.names import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A foreign key of a stage to a table that its group writes.

    Attributes:
        stage: whose rows refer.
        foreign: the key, which is checked at once.
        others: the stages of the table that it refers to.
    """

    stage: Stage
    foreign: ForeignKey
    others: tuple[Stage, ...]

    @property
    def columns(self) -> list[Column]:
        """Ours."""
        return [self.stage.load.info.columns[name] for name in self.foreign.columns]

    @property
    def is_optional(self) -> bool:
        """Its columns may stay NULL until the end."""
        key = self.stage.load.key
        return key is not None and not any(column.not_null or column.name in key.columns for column in self.columns)

    def concerns(self, shape: Shape) -> bool:
        """Whether rows of this shape fill it."""
        return all(column in shape.columns for column in self.columns)

    def blocked(self) -> str:
        """The condition that what a staged row `s` refers to is staged, waits, and is not in the table either."""
        target = self.others[0].load.info
        pairs = [(target.columns[take], mine) for take, mine in zip(self.foreign.takes, self.columns, strict=True)]

        def same(place: str, cell: str, take: Column, mine: Column) -> str:
            return f"{place}.{cell} {take.equals} {self.stage.cell(mine)}"

        waits = []
        for other in self.others:
            conditions = [same("o", other.place(take), take, mine) for take, mine in pairs]
            waits.append(f"exists (select from {other.name} o where o.shape < 0 and {' and '.join(conditions)})")
        there = " and ".join(same("t", quote(take.name), take, mine) for take, mine in pairs)
        return f"({' or '.join(waits)}) and not exists (select from {target.quoted} t where {there})"


def _inner(group: list[Stage]) -> Iterator[Hold]:
    """The foreign keys of a group's rows whose targets the group writes, too."""
    staged = {stage.index: {cell.name for cell in stage.load.staged() if isinstance(cell, Column)} for stage in group}
    for stage in group:
        for foreign in stage.load.info.foreign_keys:
            others = tuple(
                other
                for other in group
                if other.load.info.oid == foreign.target and staged[other.index].issuperset(foreign.takes)
            )
            if others and staged[stage.index].issuperset(foreign.columns):
                yield Hold(stage=stage, foreign=foreign, others=others)


def holds(group: list[Stage]) -> list[Hold]:
    """The foreign keys within a group that are checked at the end of each statement."""
    return [found for found in _inner(group) if not found.foreign.deferrable]


def deferral(group: list[Stage]) -> tuple[list[str], list[str]]:
    """The statements that put the checks of foreign keys within a group off, and those that make up for them.

    Only of keys that are declared so; one that is checked at commit anyway stays as it is.
    """
    names = {
        quote(found.stage.load.info.schema, found.foreign.name): None
        for found in _inner(group)
        if found.foreign.deferrable and not found.foreign.deferred
    }
    if not names:
        return [], []
    listed = ", ".join(names)
    return [f"set constraints {listed} deferred;"], [f"set constraints {listed} immediate;"]


def hold(these: Iterable[Hold]) -> list[str]:
    """Send ready rows back that refer to rows which wait, then those that refer to these, and so on."""
    lines = []
    for each in these:
        back = f"update {each.stage.name} s set shape = -1 - s.shape where s.shape >= 0 and {each.blocked()};"
        lines += [back, "get diagnostics affected = row_count;", "held := held + affected;"]
    return ["loop", "held := 0;", *lines, "exit when held = 0;", "end loop;"] if lines else []


def leave_out(these: Iterable[Hold]) -> list[str]:
    """NULL at first, in ready rows, for what still waits."""
    lines = []
    for each in these:
        sets = ", ".join(f"{each.stage.place(column)} = null" for column in each.columns)
        lines.append(f"update {each.stage.name} s set {sets} where s.shape >= 0 and {each.blocked()};")
    return lines
