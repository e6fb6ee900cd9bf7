"""From staging tables to their targets: one block of SQL for a unit, which compares, updates, inserts and counts.

Tables are gone through in the order of their foreign keys, those of a cycle together. Rows that are in the target as
they are leave staging first, so that they cost no WAL, fire no trigger and burn no sequence. What is left is updated
where its key is there and inserted, in key order, where it is not.
"""

from migrator.seeding.loading.comparing import compare
from migrator.seeding.loading.pruning import keep_keys, keys_table, prune
from migrator.seeding.loading.resolving import analyze, lookups, refuse_unresolved, resolve
from migrator.seeding.loading.sequences import move_sequences
from migrator.seeding.loading.staging import Stage
from migrator.seeding.loading.waves import in_waves, late_tables, waiting
from migrator.seeding.loading.writing import write
from migrator.seeding.ordering.graph import components
from migrator.sql.names import literal

PREFIX = "migrator-seed:"
"""Begins the INFO message with which a unit tells its counts."""

WORTH_ANALYZING = 1000
"""From how many new or changed rows on a table's statistics are renewed; autovacuum would come a minute later."""


def block(stages: list[Stage]) -> str:
    """The DO statement that merges a unit's stages and tells what became of them in one INFO message."""
    names = [f"{letter}{stage.index}" for stage in stages for letter in "uinmd"]
    lines = ["#variable_conflict use_column", "declare"]
    lines += [f"  {name} bigint := 0;" for name in names]
    lines += [
        "  first_line int4; last_line int4; affected bigint; held bigint; wrong json; expression text; places tid[];"
    ]
    lines += ["begin"]
    order = groups(stages)
    for group in order:
        waits = {(stage.index, shape.number) for stage, shape in waiting(group)}
        at_once = [
            (stage, lookup, shape.number)
            for stage in group
            for shape, lookup in lookups(stage)
            if (stage.index, shape.number) not in waits
        ]
        lines += analyze(group) if at_once else []
        for found in at_once:
            lines += resolve(*found)
        lines += refuse_unresolved(at_once)
        if waits:
            lines += in_waves(group, write)
            continue
        for stage in group:
            lines += keep_keys(stage)
            lines += compare(stage)
        lines += write(group)
    for group in reversed(order):
        for stage in reversed(group):
            lines += prune(stage)
    emptied = {stage.index for group in order if waiting(group) for stage in group}
    for stage in stages:
        lines += move_sequences(stage, emptied=stage.index in emptied)
        lines.append(renew_statistics(stage))
    counts = ", ".join(f"array[i{stage.index}, u{stage.index}, n{stage.index}, d{stage.index}]" for stage in stages)
    lines.append(f"raise info '{PREFIX}%', to_json(array[{counts}]::bigint[]);")
    lines.append("end")
    return "do " + literal("\n".join(lines))


def renew_statistics(stage: Stage) -> str:
    """Renew the statistics of a table in which much has changed."""
    changed = f"i{stage.index} + u{stage.index} + d{stage.index}"
    return f"if {changed} >= {WORTH_ANALYZING} then analyze (skip_locked) {stage.target}; end if;"


def creations(stages: list[Stage]) -> list[str]:
    """The statements that make a unit's temporary tables."""
    made = [statement for stage in stages for statement in (stage.creation(), *keys_table(stage))]
    return [*made, *(statement for group in groups(stages) for statement in late_tables(group))]


def groups(stages: list[Stage]) -> list[list[Stage]]:
    """Stages in the order of their tables' foreign keys; those of a cycle together."""
    by_name: dict[str, list[Stage]] = {}
    for stage in stages:
        by_name.setdefault(str(stage.load.info.oid), []).append(stage)
    before = {
        name: {str(target) for stage in group for _, target in stage.load.refers_to() if str(target) in by_name}
        for name, group in by_name.items()
    }
    return [[stage for name in part for stage in by_name[name]] for part in components(list(by_name), before)]
