"""An `up` that has, or may have, work: everything read and checked, planned, and either told or carried out."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import StateError
from migrator.events import Emit, Noticed
from migrator.events.migrating import Done, RunResult
from migrator.migrating.books import ledger
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.files.folder import MigrationFile
from migrator.migrating.files.migration import Migration
from migrator.migrating.files.reading import read_migrations
from migrator.migrating.guards import database_info, refuse_unversioned
from migrator.migrating.planning.plan import plan_up
from migrator.migrating.planning.refusals import accepting
from migrator.migrating.planning.states import Standing, assess, unapplied
from migrator.migrating.planning.step import Step
from migrator.migrating.running.alone import alone_from
from migrator.migrating.running.attempts import Attempts
from migrator.migrating.running.beginning import frame
from migrator.migrating.running.execute import groups
from migrator.migrating.running.message import LIMIT, Frame, pack, pieces
from migrator.migrating.running.sharing import refuse_pooler


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the caller of `up` asked for; see there."""

    to: str | None
    dry_run: bool
    with_sql: bool
    strict: bool
    one_by_one: bool
    allow_transaction_pooler: bool


async def apply_pending(
    session: Session, config: Config, known: Ledger, files: Sequence[MigrationFile], wish: Wish, emit: Emit
) -> RunResult:
    """Apply what is pending, or tell what would be; see `up`. `known` was read without the lock."""
    migrations = read_migrations(files)
    refuse_unversioned(known, migrations)

    def plan(now: Ledger) -> tuple[Step, ...]:
        standings = assess(migrations, now)
        steps = plan_up(standings, to=wish.to, out_of_order=config.out_of_order, strict=wish.strict)
        return (*steps, *_afterwards(migrations, now, steps))

    try:
        steps = plan(known)
    except StateError:
        # a file that is half done may be another runner's, which is at it: the lock tells
        if wish.dry_run or not any(note.state != "owed" for note in known.loose.values()):
            raise
        steps = None
    standings = assess(migrations, known)
    _tell_edited(standings, emit)
    if wish.dry_run and steps is not None:
        ids = tuple(step.migration.id for step in steps)
        shared = frame(session, config, known, steps)
        messages: tuple[str, ...] = ()
        if wish.with_sql:
            now = await ledger.read(session, config, observe=True)
            messages = _messages(steps, shared, alone_from=alone_from(steps, now, one_by_one=wish.one_by_one))
        return RunResult(
            command="up",
            database=database_info(session, known, config),
            dry_run=True,
            planned=ids,
            pending=unapplied(standings),
            ahead=_ahead(standings),
            messages=messages,
        )
    done: tuple[Done, ...] = ()
    drift = 0
    if steps is None or steps:
        await refuse_pooler(session, allowed=wish.allow_transaction_pooler)
        attempts = Attempts(
            session=session,
            config=config,
            plan=plan,
            migrations=migrations,
            emit=emit,
            one_by_one=wish.one_by_one,
            allow_transaction_pooler=wish.allow_transaction_pooler,
        )
        done = await attempts.carry_out(known)
        drift = attempts.drift or 0
        # another runner may have applied what was pending before this one had the lock
        standings = assess(migrations, attempts.after or attempts.seen or known)
    applied = {each.id for each in done}
    return RunResult(
        command="up",
        database=database_info(session, known, config),
        done=done,
        pending=tuple(id_ for id_ in unapplied(standings) if id_ not in applied),
        ahead=_ahead(standings),
        drift_before=drift,
    )


def _afterwards(migrations: Sequence[Migration], now: Ledger, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Post-apply files: all of them after work, else those that an earlier run still owes."""
    after = [each for each in migrations if each.post_apply and (steps or now.note(each.id) is not None)]
    return tuple(Step(migration=each, direction="up", script=each.up) for each in after)


def _messages(steps: Sequence[Step], shared: Frame, *, alone_from: int) -> tuple[str, ...]:
    """What a run would send for its migrations, in order; a file without a transaction as its own statements."""
    texts: list[str] = []
    for first, group in groups(steps, alone_from):
        if group[0].script.transactional:
            alone = first >= alone_from
            parts = pieces(group, shared, first=first, marks=not alone)
            texts += [message.text for message in pack(parts, 0 if alone else LIMIT)]
        else:
            source = group[0].script.source.text
            units = group[0].script.statements[group[0].done :]
            texts += [f"{source[unit.start : unit.end]}\n;\n" for unit in units]
    return tuple(texts)


def _tell_edited(standings: Sequence[Standing], emit: Emit) -> None:
    for standing in standings:
        if standing.comments_only and standing.migration is not None:
            emit(
                Noticed(
                    severity="NOTICE",
                    message=f"comments or white space of `{standing.id}` were edited after it was applied",
                    migration=standing.id,
                    where=standing.migration.up.source.span(0),
                    hint=accepting(standing),
                    code="comments-edited",
                )
            )


def _ahead(standings: Sequence[Standing]) -> tuple[str, ...]:
    return tuple(each.id for each in standings if each.state == "ahead")
