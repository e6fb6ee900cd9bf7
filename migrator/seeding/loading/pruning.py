"""`mode: sync`: rows of the table that are not in the file go, within the condition that the file gives."""

from migrator.events import Noticed
from migrator.seeding.loading.staging import Stage, refuse
from migrator.seeding.preparing.shapes import TableLoad
from migrator.sql.expression import in_parentheses
from migrator.sql.names import literal

DELETES = "migrator-seed-deletes:"
"""Begins the INFO message that tells how many rows of a table are about to be deleted."""


def keys_table(stage: Stage) -> list[str]:
    """The statement for the table of a synced stage's keys, to which those of unchanged rows belong, too."""
    key = stage.load.key
    if stage.load.table.where is None or key is None:
        return []
    columns = ", ".join(f"k{index} {column.base}" for index, column in enumerate(stage.key_columns(key)))
    return [f"create temporary table {stage.name}_keys (line int4, {columns}) on commit drop"]


def keep_keys(stage: Stage) -> list[str]:
    """Remember the keys of all staged rows, before anything leaves staging."""
    key = stage.load.key
    if stage.load.table.where is None or key is None:
        return []
    return [
        f"insert into {stage.name}_keys select s.line, {stage.key_cells(key)} from {stage.name} s where s.shape >= 0;"
    ]


def prune(stage: Stage) -> list[str]:
    """Delete what the file does not have, telling the number before; refuse rows of the file outside the condition.

    Runs when everything of the unit is written: rows that referred to what goes may refer to something else by now.
    """
    key, where = stage.load.key, stage.load.table.where
    if where is None or key is None:
        return []
    condition, keys = in_parentheses(where), f"{stage.name}_keys"
    mine = [f"k.k{index}" for index in range(len(key.columns))]
    match = stage.match(key, mine)
    doomed = f"{condition} and not exists (select from {keys} k where {match})"
    outside = f"select from {stage.target} t where {match} and {condition} is not true"
    return [
        f"select min(k.line), min(k.line) into first_line, last_line from {keys} k where exists ({outside});",
        refuse(stage, "outside", "first_line is not null"),
        f"select count(*) into d{stage.index} from {stage.target} t where {doomed};",
        f"if d{stage.index} > 0 then",
        f"raise info '%', {literal(DELETES)} || json_build_array({stage.index}, d{stage.index})::text;",
        f"delete from {stage.target} t where {doomed};",
        f"get diagnostics d{stage.index} = row_count;",
        "end if;",
    ]


def deleting(load: TableLoad, rows: int) -> Noticed:
    """What is told before rows are deleted."""
    some = "1 row" if rows == 1 else f"{rows:,} rows"
    return Noticed(
        severity="INFO",
        message=f"`{load.file.shown}` deletes {some} of `{load.table.name}`: in its `where`, and not in the file",
    )
