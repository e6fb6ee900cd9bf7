"""`$sql` in cells: expressions that the server evaluates, for rows that are about to be inserted."""

from collections.abc import Iterator

from migrator.seeding.loading.staging import REFUSED, Stage
from migrator.sql.names import literal


def evaluate(stage: Stage) -> Iterator[str]:
    """Fill the columns of expressions, in the rows that are not in the table yet: once for each different text.

    A row that is there keeps what it has, because `now()` would differ in every run. Rows are gone to by their place,
    so that many different texts cost no search each.
    """
    key = stage.load.key
    beside = f" and not exists (select from {stage.target} t where {stage.match(key)})" if key is not None else ""
    for shape in stage.load.shapes:
        for column, part in shape.expressions():
            text, where = stage.cell(part), f"s.shape = {shape.number}{beside}"
            update = f"update {stage.name} s set {stage.place(column)} = (%s\n) where s.ctid = any ($1)"
            yield (
                f"for expression, first_line, places in select {text}, min(s.line), array_agg(s.ctid) "
                f"from {stage.name} s where {where} "
                f"group by 1 order by 2 loop begin execute format({literal(update)}, expression) using places; "
                f"exception when others then raise exception 'refused' using errcode = '{REFUSED}', detail = "
                f"json_build_object('problem', 'expression', 'stage', {stage.index}, 'line', first_line, "
                f"'column', {literal(column.name)}, 'message', sqlerrm, 'sqlstate', sqlstate); end; end loop;"
            )
