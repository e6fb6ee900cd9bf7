"""Rollbacks tried out: each must take back what its migration made, no more and no less."""

from collections.abc import Sequence
from dataclasses import replace

from migrator.errors import MigratorError
from migrator.events.verifying import Finding
from migrator.migrating.files.migration import Migration
from migrator.schema import unified
from migrator.schema.compare import Difference, compare
from migrator.schema.gathering import Gathered, gathered
from migrator.schema.objects import Schema
from migrator.source import Span
from migrator.verifying.replaying.rehearsal import Rehearsal
from migrator.verifying.telling.drift import spoken
from migrator.verifying.trying.failing import finding, findings_of

CODE = "V501"
NAMED = 3
"""How many objects a message names."""

MAY_STAY = frozenset({"extension", "extension version"})
"""Classes of what is often left on purpose: another migration may need it, and `create ... if not exists` finds it."""

_VERBS = {"extra": "leaves {} behind", "missing": "loses {}", "changed": "leaves {} changed"}


async def applied(rehearsal: Rehearsal, migrations: Sequence[Migration], undone: Sequence[Migration]) -> list[Schema]:
    """Apply everything; what the schema was before each migration of `undone`, the newest of them, and at the end."""
    first = len(migrations) - len(undone)
    seen: list[Schema] = []
    if undone:
        if first:
            await rehearsal.up(migrations[first - 1].id)
        for migration in undone:
            seen.append(await rehearsal.schema())
            await rehearsal.step_up(migration)
    await rehearsal.up()
    return [*seen, await rehearsal.schema()]


async def undone_and_redone(
    rehearsal: Rehearsal, undone: Sequence[Migration], seen: Sequence[Schema]
) -> tuple[list[Finding], bool]:
    """Roll these migrations back, the newest first, and apply them again.

    `seen` is what `applied` gave. Gives what is wrong, and whether the database is again what it was.
    """
    found: list[Finding] = []
    known: tuple[Difference, ...] = ()
    try:
        for migration, before in reversed(list(zip(undone, seen, strict=False))):
            await rehearsal.step_down()
            after = await rehearsal.schema()
            differences = compare(before, after).differences
            fresh = tuple(each for each in differences if each not in known)
            if fresh:
                found.append(_incomplete(migration, gathered(fresh, before, after)))
            known = differences
    except MigratorError as error:
        found += findings_of(CODE, error)
    try:
        await rehearsal.up()
    except MigratorError as error:
        if not found:
            found += (_not_again(each) for each in findings_of(CODE, error))
        return found, False
    differences = compare(seen[-1], await rehearsal.schema()).differences
    if differences and not found:
        found.append(_not_the_same(undone[0], differences))
    return found, not differences


def _incomplete(migration: Migration, whole: Sequence[Gathered]) -> Finding:
    """The schema after the rollback is not what it was before the migration."""
    differences = [each.difference for each in whole]
    parts = [
        _VERBS[change].format(_named(chosen))
        for change in _VERBS
        if (chosen := [each for each in differences if each.change == change])
    ]
    message = f"the rollback of `{migration.id}` {' and '.join(parts)}"
    hint = f"make `{migration.rollback_path}` undo all that `{migration.path}` does, and nothing else"
    found = finding(CODE, message, subject=migration.id)
    if all(each.kind in MAY_STAY and each.change == "extra" for each in differences):
        found = replace(found, severity="warning")
    return replace(found, where=_place(migration), hint=hint, diff=diff(differences))


def _not_again(found: Finding) -> Finding:
    return replace(found, message=f"after a rollback that leaves no trace in the schema, {found.message}")


def _not_the_same(migration: Migration, differences: Sequence[Difference]) -> Finding:
    message = f"rolled back to before `{migration.id}` and applied again, the migrations make another schema"
    return replace(finding(CODE, message, subject=migration.id), where=_place(migration), diff=diff(differences))


def _place(migration: Migration) -> Span | None:
    script = migration.down
    if script is None or not script.statements:
        return None
    return script.source.span(script.statements[0].start, script.statements[0].end)


def _named(differences: Sequence[Difference]) -> str:
    names = [f"the {spoken(each)}" for each in differences[:NAMED]]
    if len(differences) > NAMED:
        names.append(f"{len(differences) - NAMED} more")
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def diff(differences: Sequence[Difference]) -> str:
    """A unified diff of the objects' definitions."""
    return "\n".join(
        unified.diff(each, expected="before the migration:", found="after its rollback:") for each in differences
    )
