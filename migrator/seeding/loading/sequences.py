"""The sequences behind columns for which rows brought their own values."""

from migrator.seeding.books.tables import Column
from migrator.seeding.loading.staging import Stage
from migrator.sql.names import literal, quote

_INTEGERS = frozenset({"smallint", "integer", "bigint"})


def move_sequences(stage: Stage, *, emptied: bool) -> list[str]:
    """Move a sequence behind the values that rows brought themselves: never down.

    `emptied`: staging has no rows any more that could tell, so the table is asked.
    """
    lines = []
    leading = {key.columns[0] for key in stage.load.info.keys}
    for column in stage.load.staged():
        if not isinstance(column, Column) or column.sequence is None or column.type.name not in _INTEGERS:
            continue
        most = (
            f"(select max({quote(column.name)}) from {stage.target})"
            if emptied or column.name in leading
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
