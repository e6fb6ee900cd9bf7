"""From staging tables to their targets: one block of SQL for a unit, which compares, updates, inserts and counts.

Rows that are in the target as they are leave staging first, so that they cost no WAL, fire no trigger and burn no
sequence. What is left is updated where its key is there and inserted, in key order, where it is not. ON CONFLICT would
burn a sequence value for every row that exists, and refuse rows that leave out a NOT NULL column of an existing row.
Rows that refer to one another, within a table or round a cycle of tables, are written by one statement: foreign keys
are checked at its end, so no order among them is wrong, and no constraint has to be put aside.
"""

from migrator.seeding.books.tables import Key
from migrator.seeding.loading.staging import Stage
from migrator.seeding.ordering.graph import components
from migrator.seeding.preparing.shapes import Shape
from migrator.sql.names import literal, quote

PREFIX = "migrator-seed:"
"""Begins the INFO message with which a unit tells its counts."""

REFUSED = "MGS01"
"""The SQLSTATE with which staging refuses rows; the error's detail is a JSON object."""

WORTH_ANALYZING = 1000
"""From how many new or changed rows on a table's statistics are renewed; autovacuum would come a minute later."""

_INTEGERS = frozenset({"smallint", "integer", "bigint"})


def block(stages: list[Stage]) -> str:
    """The DO statement that merges a unit's stages and tells what became of them in one INFO message."""
    names = [f"{letter}{stage.index}" for stage in stages for letter in "uinm"]
    lines = ["#variable_conflict use_column", "declare"]
    lines += [f"  {name} bigint := 0;" for name in names]
    lines += ["  first_line int4; last_line int4; affected bigint;", "begin"]
    for stage in stages:
        lines += _compare(stage)
    for group in _groups(stages):
        lines += _write(group)
    for stage in stages:
        lines += _sequences(stage)
        lines.append(
            f"if i{stage.index} + u{stage.index} >= {WORTH_ANALYZING} then "
            f"analyze (skip_locked) {stage.target}; end if;"
        )
    counts = ", ".join(f"json_build_array(i{stage.index}, u{stage.index}, n{stage.index})" for stage in stages)
    lines.append(f"raise info '{PREFIX}%', json_build_array({counts});")
    lines.append("end")
    return "do " + literal("\n".join(lines))


def _refuse(stage: Stage, problem: str, condition: str, **more: str) -> str:
    """Raise the error of a staging check; `first_line` and `last_line` say which rows."""
    extra = "".join(f", {literal(name)}, {literal(value)}" for name, value in more.items())
    return (
        f"if {condition} then raise exception 'refused' using errcode = '{REFUSED}', detail = json_build_object("
        f"'problem', '{problem}', 'stage', {stage.index}, 'line', last_line, 'first', first_line{extra}); end if;"
    )


def _compare(stage: Stage) -> list[str]:
    """Find duplicates, drop what is unchanged, lock what will change in key order."""
    key = stage.load.key
    if key is None:
        return []
    at, match = stage.index, stage.match(key)
    missing_mode = stage.load.table.mode == "missing"
    lines = [
        (
            f"select min(s.line), max(s.line) into first_line, last_line from {stage.name} s "
            f"group by {stage.keys(key)} having count(*) > 1 order by 1 limit 1;"
        ),
        _refuse(stage, "duplicate", "found"),
        f"if exists (select from {stage.target}) then",
    ]
    for shape in stage.load.shapes:
        lines += [] if missing_mode else _identity(stage, shape, key)
        changing = [] if missing_mode else stage.changing(shape, key)
        same = ""
        if changing:
            theirs = ", ".join(f"t.{quote(column.name)}" for column in changing)
            mine = ", ".join(stage.cell(column) for column in changing)
            same = f" and not record_image_ne(row({theirs}), row({mine}))"
        lines.append(
            f"delete from {stage.name} s using {stage.target} t where s.shape = {shape.number} and {match}{same};"
        )
        lines.append(f"get diagnostics affected = row_count; n{at} := n{at} + affected;")
    if not missing_mode:
        order = ", ".join(f"t.{quote(name)}" for name in key.columns)
        lines.append(
            f"perform from {stage.target} t where exists (select from {stage.name} s where {match}) "
            f"order by {order} for no key update;"
        )
        lines.append(f"get diagnostics m{at} = row_count;")
    lines.append("end if;")
    for shape in stage.load.shapes:
        present = {column.name for column in shape.columns}
        required = [column.name for column in stage.load.info.columns.values() if column.required]
        absent = [name for name in required if name not in present]
        if absent:
            lines.append(
                f"select min(s.line), min(s.line) into first_line, last_line from {stage.name} s where "
                f"s.shape = {shape.number} and not exists (select from {stage.target} t where {match});"
            )
            lines.append(_refuse(stage, "missing", "first_line is not null", column=absent[0]))
    return lines


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
            lines.append(_refuse(stage, "identity", "first_line is not null", column=column.name))
    return lines


def _groups(stages: list[Stage]) -> list[list[Stage]]:
    """Stages in the order of their tables' foreign keys; those of a cycle together."""
    by_name: dict[str, list[Stage]] = {}
    for stage in stages:
        by_name.setdefault(str(stage.load.info.oid), []).append(stage)
    before = {
        name: {
            str(foreign.target)
            for stage in group
            for foreign in stage.load.info.foreign_keys
            if str(foreign.target) in by_name and set(foreign.columns) & stage.load.referring
        }
        for name, group in by_name.items()
    }
    return [[stage for name in part for stage in by_name[name]] for part in components(list(by_name), before)]


def _write(group: list[Stage]) -> list[str]:
    """Update and insert a group of stages: by one statement where rows may refer to one another, else one by one."""
    oids = {stage.load.info.oid for stage in group}
    knotted = any(
        foreign.target in oids and set(foreign.columns) & stage.load.referring
        for stage in group
        for foreign in stage.load.info.foreign_keys
    )
    if not knotted:
        return [line for stage in group for line in _apart(stage)]
    matched = " + ".join(f"m{stage.index}" for stage in group)
    return [
        f"if {matched} > 0 then",
        _together(group, matched=True),
        "else",
        _together(group, matched=False),
        "end if;",
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
            name = f"i{stage.index}_{shape.number}"
            parts.append(f"{name} as ({_insert(stage, shape, matched=matched)} returning 1)")
            sums.setdefault(f"i{stage.index}", []).append(name)
    totals = [" + ".join(f"(select count(*) from {name})" for name in names) for names in sums.values()]
    return f"with {', '.join(parts)} select {', '.join(totals)} into {', '.join(sums)};"


def _update(stage: Stage, shape: Shape) -> str | None:
    key = stage.load.key
    if key is None or stage.load.table.mode == "missing":
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


def _sequences(stage: Stage) -> list[str]:
    """Move a sequence behind the values that rows brought themselves: never down."""
    lines = []
    leading = {key.columns[0] for key in stage.load.info.keys}
    for column in stage.load.staged():
        if column.sequence is None or column.type.name not in _INTEGERS:
            continue
        most = (
            f"(select max({quote(column.name)}) from {stage.target})"
            if column.name in leading
            else f"(select max({stage.cell(column)}) from {stage.name} s)"
        )
        lines += [
            f"if i{stage.index} + u{stage.index} > 0 then",
            (
                f"perform setval({literal(column.sequence)}, top.value) from {column.sequence} q, pg_sequence p, "
                f"lateral (select {most}::bigint as value) top "
                f"where p.seqrelid = {literal(column.sequence)}::regclass "
                "and p.seqincrement > 0 and top.value between p.seqmin and p.seqmax "
                "and (q.last_value < top.value or (q.last_value = top.value and not q.is_called));"
            ),
            "end if;",
        ]
    return lines
