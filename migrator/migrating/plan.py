"""Files against ledger: what state each migration is in, and what a run has to do. Pure.

`assess` tells every migration's state; `plan_up`, `plan_down` and `resolve` turn that and the user's wish into steps,
or refuse with the exact repair before anything is sent.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrator.errors import InputError, MigratorError, StateError
from migrator.events.status import MigrationState
from migrator.migrating.folder import natural
from migrator.migrating.ledger import JournalEntry, Ledger, LedgerEntry
from migrator.migrating.message import Step
from migrator.migrating.migration import Migration, Script

NOTHING_CHANGED = "nothing was changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A migration, where it stands.

    Attributes:
        id: its name.
        state: see docs/status.md.
        migration: its files; None when they are gone.
        entry: its entry in the ledger; None while it is not applied.
        loose: the note of a file that stopped on its way up or down.
        comments_only: it was edited since it was applied, but only in comments and white space.
    """

    id: str
    state: MigrationState
    migration: Migration | None
    entry: LedgerEntry | None
    loose: JournalEntry | None = None
    comments_only: bool = False


def _state_of_applied(migration: Migration, entry: LedgerEntry) -> tuple[MigrationState, bool]:
    note = entry.journal
    if note is None or note.sha256 is None or note.sha256 == migration.sha256:
        return "applied", False
    if note.sha256_without_comments == migration.sha256_without_comments:
        return "applied", True
    return "modified", False


def assess(migrations: Sequence[Migration], ledger: Ledger) -> tuple[Standing, ...]:
    """Every migration of the files (in topological order) and of the ledger, with its state; no post-apply files."""
    migrations = [migration for migration in migrations if not migration.post_apply]
    highest = max((index for index, each in enumerate(migrations) if ledger.entry(each.id)), default=-1)
    found = []
    for index, migration in enumerate(migrations):
        entry, loose = ledger.entry(migration.id), ledger.note(migration.id)
        comments_only = False
        state: MigrationState
        if loose is not None:
            state = "partial"
        elif entry is not None:
            state, comments_only = _state_of_applied(migration, entry)
        else:
            state = "late" if index < highest else "pending"
        found.append(
            Standing(
                id=migration.id,
                state=state,
                migration=migration,
                entry=entry,
                loose=loose,
                comments_only=comments_only,
            )
        )
    return _with_strangers(found, ledger)


def _with_strangers(found: list[Standing], ledger: Ledger) -> tuple[Standing, ...]:
    """Put entries without a file where their names sort: behind all files they are `ahead`, else `unknown`."""
    known = {ledger.entries.key(standing.id) for standing in found}
    newest = max((natural(standing.id) for standing in found), default=())
    strangers = [entry for key, entry in ledger.applied.items() if key not in known]
    for entry in sorted(strangers, key=lambda each: natural(each.id)):
        place = natural(entry.id)
        state: MigrationState = "ahead" if found and place > newest else "unknown"
        stranger = Standing(id=entry.id, state=state, migration=None, entry=entry)
        index = next((i for i, standing in enumerate(found) if natural(standing.id) > place), len(found))
        found.insert(index, stranger)
    return tuple(found)


def unapplied(standings: Iterable[Standing]) -> tuple[str, ...]:
    """The ids that are still to apply, in order."""
    return tuple(standing.id for standing in standings if standing.state in {"pending", "late"})


def resolve(wanted: str, ids: Iterable[str]) -> str:
    """The id that the user means: exact, or a prefix that only one id has. Raises `InputError` otherwise."""
    ids = list(ids)
    if wanted in ids:
        return wanted
    matches = [id_ for id_ in ids if id_.startswith(wanted)] if wanted else []
    if len(matches) == 1:
        return matches[0]
    if matches:
        listed = ", ".join(f"`{match}`" for match in matches[:5])
        raise InputError(f"`{wanted}` could be {listed}", code="ambiguous-migration", hint="give more of the id")
    near = difflib.get_close_matches(wanted, ids, n=1, cutoff=0.4)
    raise InputError(
        f"there is no migration `{wanted}`",
        code="unknown-migration",
        hint=f"the nearest is `{near[0]}`" if near else "`migrate status` lists them",
    )


def _together(problems: list[MigratorError], what: str) -> MigratorError:
    if len(problems) == 1:
        return problems[0]
    return StateError(
        f"{len(problems)} migrations {what}", code=problems[0].code, outcome=NOTHING_CHANGED, causes=tuple(problems)
    )


def _problem(standing: Standing) -> StateError | None:
    """Why `up` must not run while a migration is in this state; None where it may."""
    id_, path = standing.id, standing.migration.path if standing.migration else None
    if standing.state == "modified":
        return StateError(
            f"`{id_}` was edited after it was applied",
            code="migration-modified",
            migration=id_,
            where=standing.migration.up.source.span(0) if standing.migration else None,
            outcome=NOTHING_CHANGED,
            hint=f"restore `{path}` and put the change into a new migration; or, where the database has the change "
            f"already, accept the file with `migrate mark {id_} --applied`",
        )
    if standing.state == "unknown":
        return StateError(
            f"`{id_}` is applied, but its file is gone",
            code="migration-unknown",
            migration=id_,
            outcome=NOTHING_CHANGED,
            hint="restore the file from version control; or, where the database no longer has its changes, forget it "
            f"with `migrate mark {id_} --pending`",
        )
    if standing.state == "partial" and standing.loose is not None:
        done, total = standing.loose.done, standing.loose.total
        way = "its rollback" if standing.loose.state == "undoing" else "it"
        return StateError(
            f"`{id_}` is half done: {way} stopped after statement {done} of {total}",
            code="migration-partial",
            migration=id_,
            outcome=f"statements 1-{done} are committed" if done else "none of its statements is known to be committed",
            hint=f"finish it by hand and `migrate mark {id_} --applied`, or undo it by hand and "
            f"`migrate mark {id_} --pending`",
        )
    return None


def refuse_up(standings: Sequence[Standing], *, out_of_order: bool, strict: bool) -> None:
    """Raise `StateError` when the database and the files disagree in a way that `up` must not build upon."""
    problems: list[MigratorError] = [problem for each in standings if (problem := _problem(each)) is not None]
    if problems:
        raise _together(problems, "disagree with the database")
    ahead = [standing.id for standing in standings if standing.state == "ahead"]
    if ahead and strict:
        raise StateError(
            f"the database is ahead of these files: `{ahead[-1]}` is applied and has no file",
            code="database-ahead",
            migration=ahead[-1],
            outcome=NOTHING_CHANGED,
            hint="deploy the release that has it, or leave out `--strict`",
        )
    late = [standing for standing in standings if standing.state == "late"]
    if late and not out_of_order:
        highest = [standing.id for standing in standings if standing.entry and standing.migration][-1]
        raise StateError(
            f"`{late[0].id}` is not applied, but `{highest}`, which comes after it, is",
            code="migration-late",
            migration=late[0].id,
            outcome=NOTHING_CHANGED,
            hint=f"rename it to come after `{highest}`, or apply it now with `migrate up --out-of-order`",
        )


def plan_up(
    standings: Sequence[Standing], *, to: str | None = None, out_of_order: bool = False, strict: bool = False
) -> tuple[Step, ...]:
    """What `up` has to apply, in order, up to and including `to` (an id or its unique prefix).

    Raises `StateError` for a disagreement and `InputError` for an unknown `to` or a migration that only yoyo can run.
    """
    refuse_up(standings, out_of_order=out_of_order, strict=strict)
    chosen: list[Migration] = []
    last = None if to is None else resolve(to, [each.id for each in standings if each.migration is not None])
    for standing in standings:
        if standing.migration is not None and standing.entry is None:
            chosen.append(standing.migration)
        if standing.id == last:
            break
    for migration in chosen:
        if migration.python:
            raise InputError(
                f"`{migration.path}` is a Python migration, which only `yoyo` can run",
                code="python-migration",
                migration=migration.id,
                outcome="nothing was applied",
                hint="write it as SQL, or apply it once with `yoyo apply`; this command then knows it by its id",
            )
    return tuple(Step(migration=each, direction="up", script=each.up) for each in chosen)


def plan_down(
    standings: Sequence[Standing], *, steps: int = 1, to: str | None = None, everything: bool = False
) -> tuple[Step, ...]:
    """What `down` has to roll back, newest first: `steps` of them, or all behind `to` (which stays), or everything.

    Raises `InputError` before anything runs when one of them has no rollback file, and `StateError` when its migration
    file is gone or it is half done.
    """
    applied = [standing for standing in standings if standing.entry is not None or standing.loose is not None]
    if to is not None:
        last = resolve(to, [each.id for each in applied])
        chosen = applied[[each.id for each in applied].index(last) + 1 :]
    else:
        chosen = applied if everything else applied[max(0, len(applied) - steps) :]
    plan = []
    for standing in reversed(chosen):
        if standing.state == "partial" and (problem := _problem(standing)) is not None:
            raise problem
        if standing.migration is None:
            raise StateError(
                f"`{standing.id}` is applied, but its file is gone",
                code="migration-unknown",
                migration=standing.id,
                outcome=NOTHING_CHANGED,
                hint="restore its files, or forget it with "
                f"`migrate mark {standing.id} --pending` once you have undone it by hand",
            )
        plan.append(Step(migration=standing.migration, direction="down", script=_rollback(standing.migration)))
    return tuple(plan)


def _rollback(migration: Migration) -> Script:
    if migration.down is None:
        raise InputError(
            f"`{migration.id}` has no rollback file",
            code="no-rollback",
            migration=migration.id,
            outcome="nothing was rolled back",
            hint=f"write `{migration.rollback_path}`; an empty file is a rollback that does nothing",
        )
    return migration.down
