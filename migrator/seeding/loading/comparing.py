"""Staged rows against the table: what is there twice, what is there as it is, what cannot be written."""

from migrator.seeding.books.tables import Key
from migrator.seeding.loading.staging import Stage, refuse
from migrator.seeding.preparing.shapes import Shape
from migrator.sql.names import quote


def compare(stage: Stage) -> list[str]:
    """Find duplicates, drop what is unchanged, lock what will change in key order."""
    key = stage.load.key
    if key is None:
        return []
    at, match = stage.index, stage.match(key)
    updates, inserts = stage.load.table.updates, stage.load.table.inserts
    lines = [
        *_null_keys(stage, key),
        (
            f"select min(s.line), max(s.line) into first_line, last_line from {stage.name} s where s.shape >= 0 "
            f"group by {stage.keys(key)} having count(*) > 1 order by 1 limit 1;"
        ),
        refuse(stage, "duplicate", "found"),
        f"if exists (select from {stage.target}) then",
    ]
    for shape in stage.load.shapes:
        lines += _identity(stage, shape, key) if updates else []
        changing = stage.changing(shape, key) if updates else []
        same = ""
        if changing:
            theirs = ", ".join(f"t.{quote(column.name)}" for column in changing)
            mine = ", ".join(stage.cell(column) for column in changing)
            same = f" and not record_image_ne(row({theirs}), row({mine}))"
        lines.append(
            f"delete from {stage.name} s using {stage.target} t where s.shape = {shape.number} and {match}{same};"
        )
        lines.append(f"get diagnostics affected = row_count; n{at} := n{at} + affected;")
    if updates:
        order = ", ".join(f"t.{quote(name)}" for name in key.columns)
        lines.append(
            f"perform from {stage.target} t where exists (select from {stage.name} s where s.shape >= 0 and {match}) "
            f"order by {order} for no key update;"
        )
        lines.append(f"get diagnostics m{at} = row_count;")
    lines.append("end if;")
    if not inserts:
        lines.append(
            f"select min(s.line), max(s.line) into first_line, last_line from {stage.name} s "
            f"where s.shape >= 0 and not exists (select from {stage.target} t where {match});"
        )
        lines.append(refuse(stage, "absent", "first_line is not null"))
        return lines
    for shape in stage.load.shapes:
        present = {column.name for column in shape.columns}
        required = [column.name for column in stage.load.info.columns.values() if column.required]
        absent = [name for name in required if name not in present]
        if absent:
            lines.append(
                f"select min(s.line), min(s.line) into first_line, last_line from {stage.name} s where "
                f"s.shape = {shape.number} and not exists (select from {stage.target} t where {match});"
            )
            lines.append(refuse(stage, "missing", "first_line is not null", column=absent[0]))
    return lines


def _null_keys(stage: Stage, key: Key) -> list[str]:
    """A NULL in a key would be inserted again by every run; in rows of YAML a column's is found when they are read."""
    if (stage.load.bulk is None and not key.expressions) or key.nulls_equal:
        return []
    empty = " or ".join(f"({part}) is null" for part in stage.key_parts(key))
    return [
        (
            f"select min(s.line), min(s.line) into first_line, last_line from {stage.name} s "
            f"where s.shape >= 0 and ({empty});"
        ),
        refuse(stage, "null-key", "first_line is not null"),
    ]


def _identity(stage: Stage, shape: Shape, key: Key) -> list[str]:
    """A GENERATED ALWAYS column can be set when a row is inserted, and never again."""
    lines = []
    for column in shape.columns:
        if column.identity == "always" and column.name not in key.columns:
            lines.append(
                "select min(s.line), min(s.line) into first_line, last_line "
                f"from {stage.name} s, {stage.target} t "
                f"where s.shape = {shape.number} and {stage.match(key)} "
                f"and t.{quote(column.name)} <> {stage.cell(column)};"
            )
            lines.append(refuse(stage, "identity", "first_line is not null", column=column.name))
    return lines
