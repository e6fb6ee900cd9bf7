"""Lookups: the rows of other tables that staged cells mean, found by joins, and what was not found or found twice."""

from collections.abc import Iterable, Iterator

from migrator.seeding.loading.staging import REFUSED, Stage, refuse
from migrator.seeding.preparing.forms import Cell, Lookup, Part
from migrator.seeding.preparing.shapes import Shape
from migrator.sql.names import literal, quote

MOST_LINES = 100
"""How many lines one report tells."""


MANY_ROWS = 1000
"""From how many rows on a plan for one is a bad one."""


def parked(shape: Shape) -> int:
    """The number that a shape's rows have while they wait for what they look up."""
    return -1 - shape.number


def lookups(stage: Stage) -> Iterator[tuple[Shape, Lookup]]:
    """Everything that a stage looks up."""
    for shape in stage.load.shapes:
        for lookup in shape.lookups():
            yield shape, lookup


def unresolved(stage: Stage, lookup: Lookup) -> str:
    """The condition that a staged row `s` has not found what it looks up.

    A record of CSV with nothing in all fields of a lookup refers to nothing, which is NULL.
    """
    empty = f"s.{stage.place(lookup.columns[0])} is null"
    if stage.load.bulk is None:
        return empty
    given = " or ".join(f"{stage.cell(part)} is not null" for part in lookup.parts())
    return f"({empty} and ({given}))"


def analyze(group: list[Stage]) -> list[str]:
    """Tell the planner of large staging tables what their lookups compare.

    Without, it takes a join of 100,000 rows for one of a single row, and tries each with each.
    """
    lines = []
    for stage in group:
        cells: list[Cell] = []
        for other in group:
            for _, lookup in lookups(other):
                cells += [*lookup.parts(), *lookup.columns] if other is stage else []
                cells += [column for column, _ in lookup.by] if lookup.target.oid == stage.load.info.oid else []
        names = dict.fromkeys(stage.place(cell) for cell in cells if stage.has(cell))
        if names and stage.load.rows >= MANY_ROWS:
            lines.append(f"analyze {stage.name} (shape, {', '.join(names)});")
    return lines


def resolve(stage: Stage, lookup: Lookup, number: int) -> list[str]:
    """Fill a lookup's columns in the rows that have this number of a shape."""
    tables, conditions = _joined(stage, lookup, "t")
    sets = ", ".join(
        f"{stage.place(column)} = t.{quote(take)}" for column, take in zip(lookup.columns, lookup.takes, strict=True)
    )
    where = " and ".join([f"s.shape = {number}", f"s.{stage.place(lookup.columns[0])} is null", *conditions])
    lines = [f"update {stage.name} s set {sets} from {', '.join(tables)} where {where};"]
    if not lookup.is_certain:
        # a line can hold several rows, so a row is its place in the staging table
        found = f"select s.line from {stage.name} s, {', '.join(tables)} where {where} group by s.ctid, s.line"
        lines = [
            f"select min(line), min(line) into first_line, last_line from ({found} having count(*) > 1) _;",
            refuse(stage, "ambiguous", "first_line is not null", column=_written_under(lookup)),
            *lines,
        ]
    return lines


def refuse_unresolved(stages: Iterable[tuple[Stage, Lookup, int]], condition: str = "") -> list[str]:
    """Raise the error of rows whose lookups found nothing, all of them at once; a `condition` leaves some out."""
    parts: dict[int, list[str]] = {}
    for stage, lookup, number in stages:
        parts.setdefault(stage.index, []).append(
            f"select s.line, {literal(_written_under(lookup))} as name from {stage.name} s "
            f"where s.shape = {number} and {unresolved(stage, lookup)}{condition}"
        )
    lines = []
    for index, selects in parts.items():
        first = f"select * from ({' union all '.join(selects)}) _ order by line limit {MOST_LINES}"
        detail = f"json_build_object('problem', 'unresolved', 'stage', {index}, 'cells', wrong)"
        refusal = f"raise exception 'refused' using errcode = '{REFUSED}', detail = {detail}"
        lines.append(f"select json_agg(json_build_array(line, name) order by line) into wrong from ({first}) _;")
        lines.append(f"if wrong is not null then {refusal}; end if;")
    return lines


def _written_under(lookup: Lookup) -> str:
    """The column under which a lookup stands in the row, or in `defaults`."""
    return lookup.parts()[0].name


def _joined(stage: Stage, lookup: Lookup, alias: str) -> tuple[list[str], list[str]]:
    """The tables of a lookup, and the conditions under which their rows are what a staged row `s` means."""
    tables, conditions = [f"{lookup.target.quoted} {alias}"], []
    for index, (column, part) in enumerate(lookup.by):
        theirs = f"{alias}.{quote(column.name)}"
        if isinstance(part, Part):
            conditions.append(f"{theirs} {column.equals} {stage.cell(part)}")
            continue
        inner = f"{alias}_{index}"
        more, also = _joined(stage, part, inner)
        tables += more
        conditions += also
        conditions += [
            f"{alias}.{quote(mine.name)} {mine.equals} {inner}.{quote(take)}"
            for mine, take in zip(part.columns, part.takes, strict=True)
        ]
    return tables, conditions
