"""Staged rows against the database, for `seed --check`: which differ, and in what. Nothing but staging is written."""

from migrator.seeding.loading.resolving import analyze, lookups, resolve, unresolved
from migrator.seeding.loading.staging import Stage
from migrator.seeding.preparing.shapes import Shape
from migrator.sql.expression import in_parentheses
from migrator.sql.names import literal, quote

PREFIX = "migrator-seed-differs:"
"""Begins the INFO message with what differs of one stage: how many rows, then the first of them."""

MOST = 100
"""How many rows of a table are told."""


def block(stages: list[Stage]) -> str:
    """The DO statement that compares, and tells each stage's differences in an INFO message."""
    lines = ["#variable_conflict use_column", "declare"]
    lines += ["  first_line int4; last_line int4; found json; number bigint;", "begin"]
    for stage in stages:
        lines += analyze([stage])
        for shape, lookup in lookups(stage):
            lines += resolve(stage, lookup, shape.number)
        every = " union all ".join(part for shape in stage.load.shapes for part in _of_shape(stage, shape))
        every += _of_sync(stage)
        lines.append(
            f"select count(*), json_agg(json_build_array(line, problem, columns) order by line) "
            f"filter (where place <= {MOST}) into number, found from "
            f"(select *, row_number() over (order by line) as place from ({every}) _ (line, problem, columns)) _;"
        )
        lines.append(f"raise info '%', {literal(PREFIX)} || json_build_array({stage.index}, number, found)::text;")
        lines += _extra(stage)
    lines.append("end")
    return "do " + literal("\n".join(lines))


def _of_shape(stage: Stage, shape: Shape) -> list[str]:
    """Queries for the rows of a shape that differ: line, problem, columns."""
    key = stage.load.key
    rows = f"from {stage.name} s where s.shape = {shape.number}"
    missing = [unresolved(stage, lookup) for lookup in shape.lookups()]
    parts = [
        f"select s.line, 'lookup', json_build_array({literal(lookup.parts()[0].name)}) {rows} and {empty}"
        for lookup, empty in zip(shape.lookups(), missing, strict=True)
    ]
    whole = "".join(f" and not ({empty})" for empty in missing)
    same = stage.match(key) if key is not None else _same(stage, shape)
    there = f"exists (select from {stage.target} t where {same})"
    parts.append(f"select s.line, 'missing', null::json {rows}{whole} and not {there}")
    if key is None:
        return parts
    changing = stage.changing(shape, key) if stage.load.table.updates else []
    if stage.load.table.updates:  # an update cannot set them, and a load says so
        changing += [each for each in shape.columns if each.identity == "always" and each.name not in key.columns]
    if changing:
        mine = ", ".join(stage.cell(column) for column in changing)
        theirs = ", ".join(f"t.{quote(column.name)}" for column in changing)
        each = ", ".join(
            f"case when record_image_ne(row(t.{quote(column.name)}), row({stage.cell(column)})) "
            f"then {literal(column.name)} end"
            for column in changing
        )
        parts.append(
            f"select s.line, 'different', to_json(array_remove(array[{each}], null)) from {stage.name} s, "
            f"{stage.target} t where s.shape = {shape.number}{whole} and {same} "
            f"and record_image_ne(row({theirs}), row({mine}))"
        )
    return parts


def _same(stage: Stage, shape: Shape) -> str:
    """The condition that a row of the table is a row of a file, where no key tells: in every column that it has."""
    computed = {column.name for column, _ in shape.expressions()}
    compared = [column for column in shape.columns if column.name not in computed]
    mine = ", ".join(stage.cell(column) for column in compared)
    theirs = ", ".join(f"t.{quote(column.name)}" for column in compared)
    # `*=` says what record_image_eq says, and two sorted lists can be merged by it
    return f"row({theirs})::record operator(pg_catalog.*=) row({mine})::record" if compared else "true"


def _of_sync(stage: Stage) -> str:
    """The rows of a synced table that are not within its condition."""
    key, where = stage.load.key, stage.load.table.where
    if key is None or where is None:
        return ""
    inside = f"select from {stage.target} t where {stage.match(key)} and {in_parentheses(where)} is not true"
    return f" union all select s.line, 'outside', null::json from {stage.name} s where exists ({inside})"


def _extra(stage: Stage) -> list[str]:
    """How many rows a synced table has that the file does not."""
    key, where = stage.load.key, stage.load.table.where
    if key is None or where is None:
        return []
    here = f"not exists (select from {stage.name} s where {stage.match(key)})"
    return [
        f"select count(*) into number from {stage.target} t where {in_parentheses(where)} and {here};",
        f"raise info '%', {literal(PREFIX)} || json_build_array({stage.index}, number)::text;",
    ]
