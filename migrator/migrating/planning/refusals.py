"""What `up` must not build upon, in words: why, and the exact way out. Pure."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from migrator.errors import MigratorError, StateError
from migrator.events.migrating import Direction
from migrator.migrating.files.folder import ROLLBACK, is_supabase, natural
from migrator.migrating.files.migration import Migration
from migrator.migrating.files.naming import behind
from migrator.migrating.planning.resume import marking, stays, unfinished
from migrator.migrating.planning.states import Standing
from migrator.migrating.planning.step import Step
from migrator.source import Span

NOTHING_CHANGED = "nothing was changed"


def problems(standings: Sequence[Standing], *, out_of_order: bool = False) -> dict[str, StateError]:
    """By id, in their order, why `up` must not run while a migration stands as it does.

    With `out_of_order` late ones are welcome.
    """
    renaming = _Renaming(standings)
    found = {}
    for standing in standings:
        if standing.state == "late":
            problem = None if out_of_order else renaming.problem(standing)
        else:
            problem = _problem(standing)
        if problem is not None:
            found[standing.id] = problem
    return found


def refuse_up(standings: Sequence[Standing], *, out_of_order: bool, strict: bool) -> None:
    """Raise `StateError` when the database and the files disagree in a way that `up` must not build upon.

    Everything that is wrong is told at once.
    """
    if not any(standing.migration for standing in standings) and len(standings) > 1:
        raise StateError(
            f"there is no migration file, but the database has {len(standings)} migrations applied",
            code="no-migration-files",
            outcome=NOTHING_CHANGED,
            hint="`--migrations DIR` names another folder; `migrate status` lists what is applied",
        )
    found: list[MigratorError] = list(problems(standings, out_of_order=out_of_order).values())
    ahead = [standing.id for standing in standings if standing.state == "ahead"]
    if ahead and strict:
        found.append(_ahead(ahead))
    if len(found) == 1:
        raise found[0]
    if found:
        codes = {each.code for each in found}
        raise StateError(
            f"{len(found)} migrations disagree with the database",
            code=codes.pop() if len(codes) == 1 else "migrations-disagree",
            outcome=NOTHING_CHANGED,
            causes=tuple(found),
        )


def gone(standing: Standing) -> StateError:
    """Why a migration that is applied and has no file cannot be rolled back."""
    id_, mark = standing.id, marking(standing.id, "pending")
    if standing.now is not None:
        return _renamed(standing, standing.now)
    known = standing.entry is not None and standing.entry.journal is not None
    return StateError(
        f"`{id_}` is applied, but its file is gone",
        code="migration-missing" if known else "migration-unknown",
        migration=id_,
        outcome=NOTHING_CHANGED,
        hint=f"restore its files, or forget it with {mark} once you have undone it by hand",
    )


def gone_meanwhile(step: Step) -> StateError:
    """Why the rest of a rollback does not go on: somebody else has rolled back the next one."""
    return StateError(
        f"`{step.migration.id}` was rolled back by somebody else meanwhile",
        code="plan-changed",
        migration=step.migration.id,
        hint="`migrate status` shows what is applied now",
    )


def changed(agreed: Sequence[str], now: Sequence[str]) -> StateError:
    """Why a rollback does not begin: it would be another one than that which was agreed to."""
    shown, found = (", ".join(f"`{id_}`" for id_ in ids) or "nothing" for ids in (agreed, now))
    return StateError(
        f"what is applied has changed meanwhile: this would roll back {found}, not {shown}",
        code="plan-changed",
        outcome=NOTHING_CHANGED,
        hint="`migrate status` shows what is applied now; run the command again if that is what you want",
    )


def accepting(standing: Standing) -> str:
    """How to take a file as it is now for what was applied."""
    return f"{marking(standing.id, 'applied')} takes the file as it is now"


def _problem(standing: Standing) -> StateError | None:
    """Why `up` must not run while a migration is in this state; None where it may, or where it is late."""
    id_ = standing.id
    if standing.state == "modified" and standing.migration is not None:
        return _modified(id_, standing.migration)
    if standing.now is not None:
        return _renamed(standing, standing.now)
    if standing.state == "missing":
        return StateError(
            f"`{id_}` is applied, but its file is gone",
            code="migration-missing",
            migration=id_,
            outcome=NOTHING_CHANGED,
            hint="restore the file from version control; or, where the database no longer has its changes, forget it "
            f"with {marking(id_, 'pending')}",
        )
    if standing.state == "unknown":
        return StateError(
            f"`{id_}` is in the ledger, but it has no file and was applied by another tool or project",
            code="migration-unknown",
            migration=id_,
            outcome=NOTHING_CHANGED,
            hint="restore its file if it belongs here; let another project keep its ledger in a schema of its own "
            f"(`search_path`); or, where nothing needs it any more, forget it with {marking(id_, 'pending')}",
        )
    if standing.state == "partial":
        return partial(standing, "up")
    return None


def _modified(id_: str, migration: Migration) -> StateError:
    return StateError(
        f"`{id_}` was edited after it was applied",
        code="migration-modified",
        migration=id_,
        where=migration.up.source.span(0),
        outcome=NOTHING_CHANGED,
        hint=f"restore `{migration.path}` and put the change into a new migration; or, where the database has the "
        f"change already, accept the file with {marking(id_, 'applied')}",
    )


def partial(standing: Standing, direction: Direction) -> StateError | None:
    """Why a run in this direction cannot go on with a file that has stopped on its way; None where it can."""
    note = standing.loose
    if note is None:
        return None
    if standing.migration is not None:
        return unfinished(standing.migration, note, direction)
    id_ = standing.id
    way = "it" if note.direction == "up" else "its rollback"
    return StateError(
        f"`{id_}` is half done: {way} stopped after statement {note.done} of {note.total}, and its file is gone",
        code="migration-partial",
        migration=id_,
        outcome=stays(id_, note.done, note.total),
        hint=f"restore its file; or undo it by hand and {marking(id_, 'pending')}",
    )


def _renamed(standing: Standing, now: Migration) -> StateError:
    old, new = standing.id, now.id
    # a row of the Supabase CLI may hold no more than the version
    nameless = old.isdecimal() and is_supabase(Path(now.path).parent)
    back = f"{old}_{new.partition('_')[2]}" if nameless else old
    return StateError(
        f"`{old}` is applied, and its file is called `{new}` now",
        code="migration-renamed",
        migration=old,
        where=now.up.source.span(0),
        outcome=NOTHING_CHANGED,
        # the new name first: so no `up` between the two can apply it once more
        hint=f"rename it back: {_move(now, back)}; or take the new name: {marking(new, 'applied')}, then "
        f"{marking(old, 'pending')}",
    )


def _move(migration: Migration, id_: str) -> str:
    """The commands that give a migration's files another id."""
    pairs = [(migration.path, f"{id_}{Path(migration.path).suffix}")]
    if migration.down is not None:
        supabase = not migration.rollback_path.endswith(ROLLBACK)
        pairs.append((migration.rollback_path, f"{id_}.sql" if supabase else f"{id_}{ROLLBACK}"))
    moves = (shlex.join(["mv", path, str(Path(path).with_name(name))]) for path, name in pairs)
    return f"`{' && '.join(moves)}`"


class _Renaming:
    """Gives late files new names, each behind the one before."""

    def __init__(self, standings: Sequence[Standing]) -> None:
        self._ids = sorted((standing.id for standing in standings), key=natural)
        self._ahead = {standing.id for standing in standings if standing.state == "ahead"}
        self._dependants: dict[str, list[str]] = {}
        for standing in standings:
            for id_ in standing.migration.depends if standing.migration is not None else ():
                self._dependants.setdefault(id_, []).append(standing.id)

    def problem(self, standing: Standing) -> StateError:
        """Why `up` must not run while this one is late, with the name that would not be."""
        return StateError(
            f"`{standing.id}` is not applied, but `{standing.below}`, which comes after it, is",
            code="migration-late",
            migration=standing.id,
            where=self._place(standing),
            outcome=NOTHING_CHANGED,
            hint=f"{self._way_out(standing)}, or apply it now with `migrate up --out-of-order`",
        )

    @staticmethod
    def _place(standing: Standing) -> Span | None:
        return None if standing.migration is None else standing.migration.up.source.span(0)

    def _way_out(self, standing: Standing) -> str:
        if standing.needed or standing.migration is None:
            return f"take it out of what `{standing.below}` depends on"
        supabase = is_supabase(Path(standing.migration.path).parent)
        name = behind(self._ids, standing.id, supabase=supabase)
        if name is None:
            return f"rename it to come after `{standing.below}`"
        self._ids.append(name)
        needed = ", ".join(f"`{each}`" for each in self._dependants.get(standing.id, ()))
        also = f" (and in what {needed} depends on)" if needed else ""
        # a file of a later name without those before it would make these missing
        first = f"get the release that has `{standing.below}`, then " if standing.below in self._ahead else ""
        return f"{first}rename it to come after `{standing.below}`: {_move(standing.migration, name)}{also}"


def _ahead(ids: Sequence[str]) -> StateError:
    names = ", ".join(f"`{id_}`" for id_ in ids)
    state = "is applied and has" if len(ids) == 1 else "are applied and have"
    return StateError(
        f"the database is ahead of these files: {names} {state} no file",
        code="database-ahead",
        migration=ids[-1],
        outcome=NOTHING_CHANGED,
        hint=f"deploy the release that has {'it' if len(ids) == 1 else 'them'}, or leave out `--strict`",
    )
