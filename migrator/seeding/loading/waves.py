"""Rows that look up rows of their own table, or of tables in a cycle with it: written in waves.

What a row looks up may be a row of the same unit whose id the database makes. So rows wait until what they look up is
there: each wave writes the rows that have found everything. Where a wave finds nothing more, rows whose lookups are in
nullable columns are written with NULL there, and get their values at the end. What is left then looks up something that
is nowhere, or waits in a circle of NOT NULL columns, which no order of statements can fill. Rows that only refer, by an
id that they bring, to rows which wait are written with them or behind them (holding.py).
"""

from collections.abc import Callable, Iterator

from migrator.seeding.books.tables import Column
from migrator.seeding.loading.comparing import compare
from migrator.seeding.loading.holding import Hold, deferral, hold, holds, leave_out
from migrator.seeding.loading.pruning import keep_keys
from migrator.seeding.loading.resolving import analyze, lookups, parked, refuse_unresolved, resolve, unresolved
from migrator.seeding.loading.staging import Stage, refuse
from migrator.seeding.preparing.forms import Lookup, Part
from migrator.seeding.preparing.shapes import Shape
from migrator.sql.names import quote


def waiting(group: list[Stage]) -> list[tuple[Stage, Shape]]:
    """The shapes of a group whose rows look up rows that the group writes; with them those that refer to such rows."""
    oids = {stage.load.info.oid for stage in group}
    found = {
        (stage.index, shape.number): (stage, shape)
        for stage in group
        for shape, lookup in lookups(stage)
        if not oids.isdisjoint(table.oid for table in lookup.targets())
    }
    if found:
        for each in holds(group):
            shapes = (shape for shape in each.stage.load.shapes if each.concerns(shape))
            found.update({(each.stage.index, shape.number): (each.stage, shape) for shape in shapes})
    return list(found.values())


def late_tables(group: list[Stage]) -> list[str]:
    """The statements that make the tables of rows which are completed at the end."""
    held = holds(group)
    stages = {stage.index: stage for stage, shape in waiting(group) if _may_be_late(stage, shape, held)}
    return [
        f"create temporary table {stage.name}_late (like {stage.name}, known boolean) on commit drop"
        for stage in stages.values()
    ]


def in_waves(group: list[Stage], write: Callable[[list[Stage]], list[str]]) -> list[str]:
    """Write a group whose rows look one another up; `write` is how a wave is written."""
    waits, held = waiting(group), holds(group)
    begin, end = deferral(group)
    lines = [f"update {stage.name} set shape = {parked(shape)} where shape = {shape.number};" for stage, shape in waits]
    lines += [*begin, *analyze(group), "loop"]
    for stage, shape in waits:
        for lookup in shape.lookups():
            lines += resolve(stage, lookup, parked(shape))
            lines += _from_staging(group, stage, shape, lookup)
    lines += [_wake(stage, shape, _found(stage, shape.lookups())) for stage, shape in waits]
    lines += hold(held)
    ready = " or ".join(f"exists (select from {stage.name} where shape >= 0)" for stage in group)
    lines += [f"if not ({ready}) then", *_postpone(waits, held, ready), f"exit when not ({ready});", "end if;"]
    for stage in group:
        lines += keep_keys(stage)
        lines += compare(stage)
    lines += write(group)
    lines += [f"delete from {stage.name} where shape >= 0;" for stage in group]
    lines.append("end loop;")
    return [*lines, *_complete(group, waits, held), *end]


def _may_be_late(stage: Stage, shape: Shape, held: list[Hold]) -> bool:
    """Whether rows of this shape can be written before everything that they refer to is there."""
    optional = (each for each in held if each.stage.index == stage.index and each.concerns(shape))
    return bool(_late_lookups(stage, shape)) or any(each.is_optional for each in optional)


def _postpone(waits: list[tuple[Stage, Shape]], held: list[Hold], ready: str) -> Iterator[str]:
    """Nothing is ready: get rows ready that can do without what they wait for, and remember them as they are.

    A row that is in the table already is seldom in anybody's way, so the new ones go first.
    """
    strict = hold(each for each in held if not each.is_optional)
    late = [each for each in waits if _may_be_late(*each, held)]
    yield from (_wake(stage, shape, _can_begin(stage, shape) + f" and not {_known(stage)}") for stage, shape in late)
    yield from strict
    yield f"if not ({ready}) then"
    yield from (_wake(stage, shape, _can_begin(stage, shape)) for stage, shape in late)
    yield from [*strict, "end if;"]
    for stage, shape in late:
        rows = f"select s.*, {_known(stage)} from {stage.name} s where s.shape = {shape.number}"
        yield f"insert into {stage.name}_late {rows};"
    yield from leave_out(each for each in held if each.is_optional)


def _can_begin(stage: Stage, shape: Shape) -> str:
    late = _late_lookups(stage, shape)
    return _found(stage, [lookup for lookup in shape.lookups() if lookup not in late])


def _known(stage: Stage) -> str:
    """The condition that a row is in the table."""
    key = stage.load.key
    return f"exists (select from {stage.target} t where {stage.match(key)})" if key is not None else "false"


def _fill(stage: Stage, late: Stage, shape: Shape, columns: list[Column]) -> str:
    """Give rows what they were written without; those that were there keep what their mode and `keep` leave to them."""
    key = stage.load.key
    if key is None:
        return ""
    changing = stage.changing(shape, key) if stage.load.table.updates else []
    cells = {
        quote(column.name): late.cell(column)
        if column in changing
        else f"case when s.known then t.{quote(column.name)} else {late.cell(column)} end"
        for column in columns
    }
    sets = ", ".join(f"{name} = {cell}" for name, cell in cells.items())
    differs = " or ".join(f"t.{name} is distinct from {cell}" for name, cell in cells.items())
    return (
        f"update {stage.target} t set {sets} from {late.name} s "
        f"where s.shape = {shape.number} and ({differs}) and {late.match(key)};"
    )


def _late_lookups(stage: Stage, shape: Shape) -> list[Lookup]:
    """The lookups of a shape that may stay NULL until the end."""
    key = stage.load.key
    if key is None:
        return []
    return [
        lookup
        for lookup in shape.lookups()
        if not any(column.not_null or column.name in key.columns for column in lookup.columns)
    ]


def _found(stage: Stage, these: list[Lookup]) -> str:
    return "".join(f" and not {unresolved(stage, lookup)}" for lookup in these)


def _wake(stage: Stage, shape: Shape, condition: str) -> str:
    """Rows that wait no longer are ready to be written."""
    return f"update {stage.name} s set shape = {shape.number} where s.shape = {parked(shape)}{condition};"


def _siblings(
    group: list[Stage], stage: Stage, lookup: Lookup, takes: tuple[str, ...] = ()
) -> Iterator[tuple[Stage, str]]:
    """Stages of the group with rows `o` that a lookup may mean, with the condition that it does.

    `takes`: columns that the rows must bring themselves.
    """
    compared = [(column, part) for column, part in lookup.by if isinstance(part, Part)]
    if len(compared) != len(lookup.by):
        return
    for other in (other for other in group if other.load.info.oid == lookup.target.oid):
        needed = {*(column for column, _ in compared), *(other.load.info.columns[take] for take in takes)}
        shapes = [shape for shape in other.load.shapes if needed.issubset(shape.cells)]
        if shapes:
            numbers = ", ".join(f"{shape.number}, {parked(shape)}" for shape in shapes)
            same = [f"o.{other.place(column)} {column.equals} {stage.cell(part)}" for column, part in compared]
            yield other, " and ".join([f"o.shape in ({numbers})", *same])


def _from_staging(group: list[Stage], stage: Stage, shape: Shape, lookup: Lookup) -> Iterator[str]:
    """Take values from staged rows that bring them themselves: those need not be written first."""
    for other, condition in _siblings(group, stage, lookup, lookup.takes):
        takes = [other.load.info.columns[take] for take in lookup.takes]
        sets = ", ".join(
            f"{stage.place(mine)} = o.{other.place(take)}" for mine, take in zip(lookup.columns, takes, strict=True)
        )
        empty = f"s.{stage.place(lookup.columns[0])} is null"
        yield (
            f"update {stage.name} s set {sets} from {other.name} o "
            f"where s.shape = {parked(shape)} and {empty} and {condition};"
        )


def _complete(group: list[Stage], waits: list[tuple[Stage, Shape]], held: list[Hold]) -> list[str]:
    """Fill what was written as NULL; refuse what is found nowhere, and what waits in a circle."""
    lines: list[str] = []
    left: list[tuple[Stage, Lookup, int]] = []
    for stage, shape in waits:
        late = Stage(index=stage.index, load=stage.load, late=True)
        filled: list[Column] = []
        for lookup in _late_lookups(stage, shape):
            lines += resolve(late, lookup, shape.number)
            left.append((late, lookup, shape.number))
            filled += lookup.columns
        for each in held:
            if each.stage.index == stage.index and each.is_optional and each.concerns(shape):
                filled += each.columns
        if filled:
            lines.append(_fill(stage, late, shape, filled))
    lines += refuse_unresolved(left)
    for stage, shape in waits:
        for lookup in shape.lookups():
            circles = [
                f"exists (select from {other.name} o where {meant})" for other, meant in _siblings(group, stage, lookup)
            ]
            somewhere = f" and not ({' or '.join(circles)})" if circles else ""
            lines += refuse_unresolved([(stage, lookup, parked(shape))], somewhere)
    names = ", ".join(sorted({f"`{stage.load.table.name}`" for stage in group}))
    for stage in group:
        lines.append(
            f"select min(s.line), min(s.line) into first_line, last_line from {stage.name} s where s.shape < 0;"
        )
        lines.append(refuse(stage, "circle", "first_line is not null", tables=names))
    return lines
