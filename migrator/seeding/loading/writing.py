"""Staged rows into their tables: UPDATE and INSERT, a statement for each shape or one for all that are knotted.

ON CONFLICT would burn a sequence value for every row that exists, and refuse rows that leave out a NOT NULL column of
an existing row. Rows that refer to one another, within a table or round a cycle of tables, are written by one
statement: foreign keys are checked at its end, so no order among them is wrong, and no constraint has to be put aside.
"""

from migrator.seeding.loading.expressions import evaluate
from migrator.seeding.loading.staging import Stage, refuse
from migrator.seeding.preparing.shapes import Shape
from migrator.sql.names import quote


def write(group: list[Stage]) -> list[str]:
    """Update and insert a group of stages: by one statement where rows may refer to one another, else one by one."""
    oids = {stage.load.info.oid for stage in group}
    knotted = any(target in oids for stage in group for _, target in stage.load.refers_to())
    evaluated = [line for stage in group for line in evaluate(stage)]
    kept = [line for stage in group for line in _refuse_lost(stage)]
    if not knotted:
        return [*evaluated, *(line for stage in group for line in _apart(stage)), *kept]
    matched = " + ".join(f"m{stage.index}" for stage in group)
    return [
        *evaluated,
        f"if {matched} > 0 then",
        _together(group, matched=True),
        "else",
        _together(group, matched=False),
        "end if;",
        *kept,
    ]


def _refuse_lost(stage: Stage) -> list[str]:
    """A row outside the condition of a partial index would not be found by it, and be inserted in every run."""
    key = stage.load.key
    if key is None or key.predicate is None:
        return []
    lost = f"s.shape >= 0 and not exists (select from {stage.target} t where {stage.match(key)})"
    return [
        f"select min(s.line), min(s.line) into first_line, last_line from {stage.name} s where {lost};",
        refuse(stage, "lost", "first_line is not null"),
    ]


def _apart(stage: Stage) -> list[str]:
    at = stage.index
    updates: list[str] = []
    inserts_beside: list[str] = []
    inserts: list[str] = []
    count = "get diagnostics affected = row_count; {0}{1} := {0}{1} + affected;"
    for shape in stage.load.shapes:
        update = _update(stage, shape)
        if update is not None:
            updates += [update + ";", count.format("u", at)]
        if stage.load.table.inserts:
            inserts_beside += [_insert(stage, shape, matched=True) + ";", count.format("i", at)]
            inserts += [_insert(stage, shape, matched=False) + ";", count.format("i", at)]
    return [f"if m{at} > 0 then", *updates, *inserts_beside, "else", *inserts, "end if;"]


def _together(group: list[Stage], *, matched: bool) -> str:
    parts: list[str] = []
    sums: dict[str, list[str]] = {}
    for stage in group:
        for shape in stage.load.shapes:
            update = _update(stage, shape) if matched else None
            if update is not None:
                name = f"u{stage.index}_{shape.number}"
                parts.append(f"{name} as ({update} returning 1)")
                sums.setdefault(f"u{stage.index}", []).append(name)
            if stage.load.table.inserts:
                name = f"i{stage.index}_{shape.number}"
                parts.append(f"{name} as ({_insert(stage, shape, matched=matched)} returning 1)")
                sums.setdefault(f"i{stage.index}", []).append(name)
    if not parts:
        return ""
    totals = [
        " + ".join([total, *(f"(select count(*) from {name})" for name in names)]) for total, names in sums.items()
    ]
    return f"with {', '.join(parts)} select {', '.join(totals)} into {', '.join(sums)};"


def _update(stage: Stage, shape: Shape) -> str | None:
    key = stage.load.key
    if key is None or not stage.load.table.updates:
        return None
    changing = stage.changing(shape, key)
    if not changing:
        return None
    sets = ", ".join(f"{quote(column.name)} = {stage.cell(column)}" for column in changing)
    return (
        f"update {stage.target} t set {sets} from {stage.name} s where s.shape = {shape.number} and {stage.match(key)}"
    )


def _insert(stage: Stage, shape: Shape, *, matched: bool) -> str:
    key = stage.load.key
    names = ", ".join(quote(column.name) for column in shape.columns)
    cells = ", ".join(stage.cell(column) for column in shape.columns)
    overriding = "overriding system value " if any(column.identity == "always" for column in shape.columns) else ""
    beside = f" and not exists (select from {stage.target} t where {stage.match(key)})" if matched and key else ""
    order = stage.keys(key) if key else "s.line"
    return (
        f"insert into {stage.target} ({names}) {overriding}select {cells} from {stage.name} s "
        f"where s.shape = {shape.number}{beside} order by {order}"
    )
