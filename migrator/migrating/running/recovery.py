"""A run that lost its connection, or that was cancelled: what is told of it, once the ledger has been asked.

The run never goes on by itself. Whoever started it starts it again; what is committed is not run twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError, MigratorError, WorkError
from migrator.events import Applied, Emit, Told
from migrator.events.migrating import Done
from migrator.events.running import Halted
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.notes import JournalEntry
from migrator.migrating.planning.resume import by_hand, doubtful, stays
from migrator.migrating.planning.step import Step
from migrator.migrating.running.aftermath import Aftermath, ask, asked, look
from migrator.migrating.running.blame import Culprit, before_it, what
from migrator.migrating.running.turns import RunLostError, Trail

PATIENCE = 15.0
"""Seconds, at most, for a server to come back and to end the old session; `--wait` may make it less. It notices within
one second that its client is gone, where its platform can."""

STOPPING = 3.0
"""Seconds for a server to stop and roll back when a run is cancelled: who sent the signal waits."""

AFTER_STOPPING = 1.0
"""Seconds to ask another connection then, where the first one is dead."""

COMMITTED = "the connection was lost, and the ledger says that all is committed"
BUILD_AN_INDEX = frozenset({"CREATE INDEX CONCURRENTLY", "REINDEX CONCURRENTLY"})
"""Commands that leave an INVALID index where they are cancelled while they build."""

STATUS = (
    "when the server can be reached, `migrate status` tells what is committed; then run the command again: nothing is "
    "run twice"
)

Asked = Callable[[Session], Awaitable[tuple[Ledger, bool]]]


async def recover(
    lost: RunLostError, session: Session, config: Config, emit: Emit, *, earlier: Sequence[Done]
) -> tuple[list[Done], Aftermath]:
    """What the run has committed, `earlier` attempts included, where that is all that it had to do.

    Emits `Applied` for what was not seen. Raises `ConnectionLostError` where nothing of the run is committed, and
    `WorkError` where something is, or may be.
    """
    trail, error = lost.trail, lost.error
    emit(Told(code="asking-ledger", message=f"{error.message}; asking the ledger what is committed"))
    try:
        with session.patience.waiting():
            found = await ask(session.target, config, trail, patience=min(session.patience.left, PATIENCE))
    except MigratorError as refused:
        raise _unasked(lost, refused, [*earlier, *trail.seen]) from error
    except asyncio.CancelledError:
        emit(_unknown(trail))
        raise
    committed = found.found(trail)
    for each in committed[len(trail.seen) :]:
        emit(Applied(id=each.id, direction=each.direction, duration=each.duration, statements=each.statements))
    done = [*earlier, *committed]
    if found.committed < len(trail.steps):
        raise _incomplete(lost, found, done) from error
    emit(Told(code="connection-lost", message=COMMITTED))
    return done, found


async def recover_mark(
    error: ConnectionLostError, session: Session, emit: Emit, *, busy: str, question: Asked
) -> Ledger:
    """The ledger behind a `mark` that is committed, although its connection was lost.

    `question` gives the ledger and whether it says so. Raises `ConnectionLostError` where it does not, and `WorkError`
    where it cannot be asked.
    """
    emit(Told(code="asking-ledger", message=f"{error.message}; asking the ledger what is committed"))
    try:
        with session.patience.waiting():
            (after, committed), over = await asked(
                session.target, busy, question, patience=min(session.patience.left, PATIENCE)
            )
    except MigratorError as refused:
        found = error.after_work()
        found.outcome = f"the ledger could not be asked ({refused.message}): all of it may be committed, or nothing"
        found.hint = STATUS
        raise found from error
    if not committed:
        error.outcome = "nothing was changed" if over else "the server still runs it, so it may yet be committed"
        raise error
    emit(Told(code="connection-lost", message=COMMITTED))
    return after


def _failure(
    lost: RunLostError, message: str, *, outcome: str, hint: str, at: Culprit, done: Sequence[Done], worked: bool
) -> MigratorError:
    step = lost.trail.steps[at.step]
    kind = WorkError if worked or done else ConnectionLostError
    return kind(
        f"{message}: the connection was lost",
        code="connection-lost",
        detail=lost.error.message,
        outcome=outcome,
        hint=hint,
        sqlstate=lost.error.sqlstate,
        migration=step.migration.id,
        statement=at.statement if 0 < at.statement <= step.total else None,
        done=tuple(each.id for each in done),
    )


def _at(trail: Trail, number: int) -> tuple[Culprit, str]:
    """Where step `number` was when the connection was lost, in words; marks may be lost with it."""
    step, reached = trail.steps[number], trail.reached
    if reached is not None and reached.step == number:
        at = Culprit(step=number, statement=reached.statement)
        return at, what(step, at)
    undone = "applied" if step.direction == "up" else "rolled back"
    return Culprit(step=number, statement=0), f"`{step.migration.id}` was not {undone}"


def _incomplete(lost: RunLostError, found: Aftermath, done: Sequence[Done]) -> MigratorError:
    trail = lost.trail
    step = trail.steps[found.committed]
    at, message = _at(trail, found.committed)
    id_, verb = step.migration.id, step.direction
    kept = _kept(found, step)
    outcome = f"`{id_}` was rolled back" if verb == "up" else f"`{id_}` is still applied"
    left = [each for each in trail.steps[found.committed :] if each.direction == "down"]
    again = f"`migrate {verb}`" if verb == "up" else "`migrate redo`"
    if verb == "down" and len(left) == len(trail.steps) - found.committed:
        again = f"`migrate down --steps {len(left)}`"  # all of what was asked for would go further than that
    hint = f"run {again} again: what is committed is not run twice"
    if not found.over:
        outcome = f"the server still runs what it was sent, so `{id_}` may yet be committed"
        hint = f"`migrate status` tells what is committed; run `migrate {verb}` again: nothing is run twice"
    elif kept is not None:
        outcome, hint = kept
    before = before_it(step, [each.id for each in done])
    taken = [each.id for each in trail.seen[found.committed :]]
    if taken:
        before += f"; the crash of the server took back {', '.join(f'`{each}`' for each in taken)}"
    worked = kept is not None or not found.over
    return _failure(lost, message, outcome=f"{outcome}; {before}", hint=hint, at=at, done=done, worked=worked)


def _kept(found: Aftermath, step: Step) -> tuple[str, str] | None:
    """What stays of a file without a transaction, and the way out; None where nothing of it does."""
    note = found.ledger.note(step.migration.id)
    if step.script.transactional or note is None or not (note.done or note.unsure):
        return None
    kept = stays(step.migration.id, note.done, note.total, step.direction, unsure=note.unsure)
    if not note.unsure:
        return kept, f"run `migrate {step.direction}` again: it goes on at statement {note.done + 1}"
    if unsettled(step, note):
        return (
            f"{kept}; whether statement {note.done + 1} has run cannot be told",
            f"look at the database; then {by_hand(step.migration.id, step.direction)}",
        )
    return (
        f"{kept}; whether statement {note.done + 1} has run is not known yet",
        f"run `migrate {step.direction}` again: it finds out, and goes on there",
    )


def _unasked(lost: RunLostError, refused: MigratorError, done: Sequence[Done]) -> MigratorError:
    trail = lost.trail
    number = min(len(trail.seen), len(trail.steps) - 1)
    at, message = _at(trail, number)
    seen = (
        f"{len(done)} of this run {'was' if len(done) == 1 else 'were'} seen committed" if done else "nothing was seen"
    )
    id_ = trail.steps[number].migration.id
    return _failure(
        lost,
        message,
        outcome=f"the ledger could not be asked ({refused.message}): {seen}, and `{id_}` may be committed, too",
        hint=STATUS,
        at=at,
        done=done,
        worked=True,
    )


def unsettled(step: Step, note: JournalEntry) -> bool:
    """It was cut off in a statement that commits for itself and leaves no trace that we know, such as CALL."""
    statements = step.script.statements
    return note.unsure and note.done < len(statements) and doubtful(statements[note.done])


async def after_cancel(session: Session, config: Config, trail: Trail, emit: Emit) -> None:
    """Roll back, and tell by events what is committed all the same, for a COMMIT may be faster than a cancellation.

    Takes a few seconds at most, also where nobody answers any more.
    """
    found = await _after_cancel(session, config, trail)
    if found is None:
        emit(_unknown(trail))
        return
    committed = found.found(trail)
    for each in committed[len(trail.seen) :]:
        emit(Applied(id=each.id, direction=each.direction, duration=each.duration, statements=each.statements))
    if found.committed < len(trail.steps):
        step = trail.steps[found.committed]
        note = found.ledger.note(step.migration.id)
        number = note.done if note is not None and not step.script.transactional else 0
        statements = step.script.statements
        builds = number < len(statements) and statements[number].name in BUILD_AN_INDEX
        building = builds and trail.reached is not None and trail.reached.step == found.committed
        emit(
            Halted(
                id=step.migration.id,
                direction=step.direction,
                stays=number if found.over else None,
                total=step.total,
                building=building,
                unsure=note is not None and unsettled(step, note),
            )
        )


def _unknown(trail: Trail) -> Halted:
    step = trail.steps[min(len(trail.seen), len(trail.steps) - 1)]
    return Halted(id=step.migration.id, direction=step.direction)


async def _after_cancel(session: Session, config: Config, trail: Trail) -> Aftermath | None:
    try:
        async with session.within(STOPPING):
            await session.rollback()
            return await look(session, config, trail)
    except MigratorError:
        try:
            return await ask(session.target, config, trail, patience=AFTER_STOPPING)
        except MigratorError:
            return None
