"""What a run has to do: the states of all migrations and the user's wish become steps. Pure.

`plan_up`, `plan_down` and `resolve` refuse before anything is sent where that cannot be done.
"""

from collections.abc import Iterable, Sequence

from migrator.errors import InputError
from migrator.migrating.books.notes import JournalEntry
from migrator.migrating.files.migration import Migration, Script
from migrator.migrating.planning.refusals import gone, partial, refuse_up
from migrator.migrating.planning.resume import step
from migrator.migrating.planning.states import Standing
from migrator.migrating.planning.step import Step

_SHOWN = 5
"""Ids that are named where a prefix fits several; the others are counted."""


def resolve(wanted: str, ids: Iterable[str]) -> str:
    """The id that the user means: exact, its whole version, or a prefix that only one id has.

    So `1` is `1.first` where there is a `10.tenth`, too. Raises `InputError` otherwise.
    """
    ids = list(ids)
    if wanted in ids:
        return wanted
    matches = [id_ for id_ in ids if id_.startswith(wanted)] if wanted else []
    whole = [id_ for id_ in matches if not id_[len(wanted)].isalnum()]
    for found in (matches, whole):
        if len(found) == 1:
            return found[0]
    if matches:
        listed = ", ".join(f"`{match}`" for match in matches[:_SHOWN])
        if len(matches) > _SHOWN:
            listed += f" and {len(matches) - _SHOWN} more"
        raise InputError(f"`{wanted}` could be {listed}", code="ambiguous-migration", hint="give more of the id")
    import difflib  # only for who has mistyped something

    near = difflib.get_close_matches(wanted, ids, n=1, cutoff=0.4)
    raise InputError(
        f"there is no migration `{wanted}`",
        code="unknown-migration",
        hint=f"the nearest is `{near[0]}`" if near else "`migrate status` lists them",
    )


def plan_up(
    standings: Sequence[Standing], *, to: str | None = None, out_of_order: bool = False, strict: bool = False
) -> tuple[Step, ...]:
    """What `up` has to apply, in order, up to and including `to` (an id or its unique prefix).

    Raises `StateError` for a disagreement and `InputError` for an unknown `to` or a migration that only yoyo can run.
    """
    refuse_up(standings, out_of_order=out_of_order, strict=strict)
    chosen: list[tuple[Migration, JournalEntry | None]] = []
    last = None if to is None else resolve(to, [each.id for each in standings if each.migration is not None])
    for standing in standings:
        if standing.migration is not None and standing.entry is None and standing.before is None:
            chosen.append((standing.migration, standing.loose))
        if standing.id == last:
            break
    for migration, _ in chosen:
        if migration.python:
            raise InputError(
                f"`{migration.path}` is a Python migration, which only `yoyo` can run",
                code="python-migration",
                migration=migration.id,
                outcome="nothing was applied",
                hint="write it as SQL, or apply it once with `yoyo apply`; this command then knows it by its id",
            )
    return tuple(step(migration, migration.up, "up", note) for migration, note in chosen)


def plan_down(
    standings: Sequence[Standing], *, steps: int = 1, to: str | None = None, everything: bool = False
) -> tuple[Step, ...]:
    """What `down` has to roll back, newest first: `steps` of them, or all behind `to` (which stays), or everything.

    Raises `InputError` before anything runs when one of them has no rollback file, and `StateError` when its migration
    file is gone, or it is half done and cannot go on.
    """
    applied = [standing for standing in standings if standing.entry is not None or standing.loose is not None]
    if to is not None:
        last = resolve(to, [each.id for each in applied])
        chosen = applied[[each.id for each in applied].index(last) + 1 :]
    else:
        chosen = applied if everything else applied[max(0, len(applied) - steps) :]
    plan = []
    for standing in reversed(chosen):
        if standing.state == "partial" and (problem := partial(standing, "down")) is not None:
            raise problem
        if standing.migration is None:
            raise gone(standing)
        plan.append(step(standing.migration, _rollback(standing.migration), "down", standing.loose))
    return tuple(plan)


def _rollback(migration: Migration) -> Script:
    if migration.python:
        raise InputError(
            f"`{migration.path}` is a Python migration, which only `yoyo` can roll back",
            code="python-migration",
            migration=migration.id,
            outcome="nothing was rolled back",
            hint=f"roll it back with `yoyo rollback --revision {migration.id}`",
        )
    if migration.down is None:
        raise InputError(
            f"`{migration.id}` has no rollback file",
            code="no-rollback",
            migration=migration.id,
            outcome="nothing was rolled back",
            hint=f"write `{migration.rollback_path}`; an empty file is a rollback that does nothing",
        )
    return migration.down
