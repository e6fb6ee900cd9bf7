"""What is left of a run whose connection was lost: the ledger is asked on a new connection, nothing is guessed.

A connection may end while a message is on its way, while the server works, or while the answer to the last COMMIT is on
its way back: the client sees the same. So before anything is told, the server must have ended the old session, whose
transaction may be about to commit; then the ledger is read. Each step's entry in the ledger's log has an id that the
client knows beforehand, so what this run did is told from what another runner did since. Nothing is ever sent again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TypeVar

from migrator.config import Config
from migrator.database.address.target import Target
from migrator.database.sessions.reconnect import ONCE, connect_again
from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError
from migrator.events.migrating import Done
from migrator.migrating.books import ledger
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.lock import held_by, rest
from migrator.migrating.planning.step import Step
from migrator.migrating.running.message import DURABLE, application
from migrator.migrating.running.turns import Trail
from migrator.sql.names import literal

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What the ledger says afterwards.

    Attributes:
        ledger: all of it.
        committed: how many of the attempt's steps are committed, from the first.
        over: the old session has ended, so no more of them will be.
    """

    ledger: Ledger
    committed: int
    over: bool

    def found(self, trail: Trail) -> list[Done]:
        """The steps that are committed; how long one took that was not seen is known from the journal, if at all."""
        unseen = trail.steps[len(trail.seen) : self.committed]
        return [*trail.seen[: self.committed], *(_done(self.ledger, step) for step in unseen)]


async def ask(target: Target, config: Config, trail: Trail, *, patience: float) -> Aftermath:
    """What of an attempt is committed, asked on a new connection; see `asked`."""
    schema = trail.frame.entries.schema
    busy = held_by(schema, trail.backend) if trail.backend is not None else _working(trail.steps)

    async def question(session: Session) -> Aftermath:
        return await look(session, config, trail)

    found, over = await asked(target, busy, question, patience=patience)
    return replace(found, over=over)


async def asked(
    target: Target, busy: str, question: Callable[[Session], Awaitable[Answer]], *, patience: float
) -> tuple[Answer, bool]:
    """Connect again, wait until the old session has ended, and ask; takes no lock.

    `busy` is a query that answers 0 once it has ended: the lock of a session is freed after its transaction has. The
    second value tells whether it had when the time was over. Takes `patience` seconds at most, and a few more for a
    server that answers late. Raises what `connect_again` and the question raise.
    """
    deadline = monotonic() + patience
    while True:
        try:
            async with (
                connect_again(target, patience=deadline - monotonic()) as session,
                session.within(max(0.0, deadline - monotonic()) + ONCE),
            ):
                over = await _has_ended(session, busy, deadline)
                return await question(session), over
        except ConnectionLostError:
            if monotonic() >= deadline:
                raise
            # connecting works, but not the question: without a pause this would be a busy loop
            await rest()


async def look(session: Session, config: Config, trail: Trail) -> Aftermath:
    """Read the ledger in a session that works; what is found committed is on the disk then."""
    after = await ledger.read(session, config)
    number = await _committed(session, trail, after)
    if number:
        await session.run(DURABLE)
    return Aftermath(ledger=after, committed=number, over=True)


async def _has_ended(session: Session, busy: str, deadline: float) -> bool:
    while (await session.read(busy))[0]:
        if monotonic() >= deadline:
            return False
        await rest()
    return True


def _working(steps: Sequence[Step]) -> str:
    """Behind a pooler: is any other session in a transaction of one of these migrations?"""
    names = ", ".join(sorted({literal(application(step)) for step in steps}))
    return (
        f"select to_jsonb(count(*)) from pg_catalog.pg_stat_activity where application_name in ({names}) "
        "and datname = current_database() and state <> 'idle' and pid <> pg_catalog.pg_backend_pid()"
    )


async def _committed(session: Session, trail: Trail, after: Ledger) -> int:
    """How many of an attempt's steps are committed; they were to run in order, so these are the first ones."""
    if after.missing:
        return 0
    ids = [trail.frame.receipt(number) for number in range(len(trail.steps))]
    query = trail.frame.entries.logged(ids)
    if query is None:
        return by_entries(trail.steps, trail.before, after)
    (found,) = await session.read(query)
    return len(found)


def by_entries(steps: Sequence[Step], before: Ledger, after: Ledger) -> int:
    """The same where the ledger keeps no log: by the entries that have come, gone or been made anew. Pure."""
    number = 0
    for step in steps:
        id_ = step.migration.id
        was, now = _identity(before, id_), _identity(after, id_)
        changed = now is not None and now != was
        gone = step.direction == "down" and now is None
        # half done, or owed; a post-apply file has no entry, only the debt that goes when it has run
        if after.note(id_) is not None or not (gone or changed or step.migration.post_apply):
            break
        number += 1
    return number


def _identity(found: Ledger, id_: str) -> tuple[object, object] | None:
    entry = found.entry(id_)
    return None if entry is None else (entry.applied_at, entry.journal.duration if entry.journal else None)


def _done(after: Ledger, step: Step) -> Done:
    id_, duration = step.migration.id, None
    if step.direction == "up" and (entry := after.entry(id_)) is not None and entry.journal is not None:
        duration = entry.journal.duration
    return Done(id=id_, direction=step.direction, duration=duration, statements=step.total)
