"""`migrate down` and `migrate redo`: run rollback files, newest first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from migrator.config import Config
from migrator.database import protection
from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.events import Emit, ignore
from migrator.events.migrating import Done, RunResult
from migrator.migrating.books import ledger
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.files.migration import Migration
from migrator.migrating.guards import database_info, refuse_unversioned
from migrator.migrating.planning.plan import plan_down
from migrator.migrating.planning.refusals import changed
from migrator.migrating.planning.standing import read_all
from migrator.migrating.planning.states import assess, unapplied
from migrator.migrating.planning.step import Step
from migrator.migrating.running.attempts import Attempts, Planner
from migrator.migrating.running.sharing import refuse_pooler


async def down(
    config: Config,
    *,
    steps: int = 1,
    to: str | None = None,
    everything: bool = False,
    dry_run: bool = False,
    confirmed: str | None = None,
    expected: Sequence[str] | None = None,
    emit: Emit = ignore,
) -> RunResult:
    """Roll back applied migrations by their rollback files, newest first, dependants before what they depend on.

    Each runs in one transaction with the erasure of its entry. Takes the ledger's lock, waiting up to `config.wait`
    seconds; a dry run takes none and writes nothing.

    Args:
        config: where and what.
        steps: how many, when neither `to` nor `everything` is given.
        to: roll back everything behind this migration, which stays applied; an id or a unique prefix of one.
        everything: roll back all of them.
        dry_run: tell what would be rolled back.
        expected: the ids that somebody has agreed to, in order; by default those that are found before the lock. Where
            others are found under it, nothing is rolled back.
        confirmed: the name of the database, for one that is protected.
        emit: hears what happens.

    Raises:
        InputError: a rollback file is missing or wrong; nothing was rolled back.
        StateError: a migration's file is gone, it is half done, or (`ProtectedError`) the database is protected.
        UnavailableError: no connection, no right, or the lock was held for too long.
        WorkError: a rollback failed; its migration is still applied; `.done` holds what is rolled back.
    """
    migrations = read_all(config)

    def plan(now: Ledger) -> tuple[Step, ...]:
        return plan_down(assess(migrations, now), steps=steps, to=to, everything=everything)

    async with connect(config, emit, migrating=True) as session:
        return await _run(
            session,
            config,
            migrations,
            plan,
            command="down",
            dry_run=dry_run,
            confirmed=confirmed,
            expected=expected,
            emit=emit,
        )


async def redo(
    config: Config,
    *,
    dry_run: bool = False,
    confirmed: str | None = None,
    expected: Sequence[str] | None = None,
    emit: Emit = ignore,
) -> RunResult:
    """Roll back the newest applied migration and apply it again; raises, writes and locks as `down` and `up` do."""
    migrations = read_all(config)

    def plan(now: Ledger) -> tuple[Step, ...]:
        undone = plan_down(assess(migrations, now), steps=1)
        again = (Step(migration=each.migration, direction="up", script=each.migration.up) for each in undone)
        return (*undone, *again)

    async with connect(config, emit, migrating=True) as session:
        return await _run(
            session,
            config,
            migrations,
            plan,
            command="redo",
            dry_run=dry_run,
            confirmed=confirmed,
            expected=expected,
            emit=emit,
        )


async def _run(
    session: Session,
    config: Config,
    migrations: Sequence[Migration],
    plan: Planner,
    *,
    command: Literal["down", "redo"],
    dry_run: bool,
    confirmed: str | None,
    expected: Sequence[str] | None,
    emit: Emit,
) -> RunResult:
    known = await ledger.read(session, config, emit=emit)
    refuse_unversioned(known, migrations)
    steps = plan(known)
    if dry_run or not steps:
        planned = tuple(step.migration.id for step in steps)
        database = database_info(session, known, config)
        return RunResult(command=command, database=database, dry_run=dry_run, planned=planned)

    agreed = _ids(steps) if expected is None else list(expected)

    def admitted(now: Ledger) -> tuple[Step, ...]:
        protection.refuse(session, now.database, command, protected=now.protected, confirmed=confirmed)
        planned = plan(now)
        if _ids(planned) != agreed:
            raise changed(agreed, _ids(planned))
        return planned

    admitted(known)  # and again when the lock is held, which `migrate protect` may have had meanwhile
    await refuse_pooler(session)
    attempts = Attempts(
        session=session, config=config, plan=admitted, migrations=migrations, emit=emit, planned_once=True
    )
    done = await attempts.carry_out(known)
    # what is committed is known; a connection that is lost in one more question would say otherwise
    after = attempts.after or _undone(attempts.seen or known, done)
    applied = {each.id for each in done if each.direction == "up"}
    pending = tuple(id_ for id_ in unapplied(assess(migrations, after)) if id_ not in applied)
    database = database_info(session, known, config)
    return RunResult(command=command, database=database, done=done, pending=pending, drift_before=attempts.drift or 0)


def _ids(steps: Sequence[Step]) -> list[str]:
    """What a plan is about, in order; `redo` names each of its migrations twice."""
    return list(dict.fromkeys(step.migration.id for step in steps))


def _undone(now: Ledger, done: Sequence[Done]) -> Ledger:
    """The ledger without what was rolled back since it was read."""
    last = {now.entries.key(each.id): each.direction for each in done}
    return replace(
        now,
        applied={key: entry for key, entry in now.applied.items() if last.get(key) != "down"},
        loose={key: note for key, note in now.loose.items() if key not in last},
    )
