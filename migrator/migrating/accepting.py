"""`migrate accept`: make the schema as it is, and the ledger as it is, what later runs and checks compare with."""

import hashlib
from collections.abc import Iterator
from typing import Literal

from migrator.config import Config
from migrator.database import own
from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError, ServerError, StateError
from migrator.events import Emit, ignore
from migrator.events.accepting import AcceptResult, RecordState, SchemaChange
from migrator.migrating.books import ledger
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.lock import hold
from migrator.migrating.books.scope import scope
from migrator.migrating.guards import database_info
from migrator.migrating.running.keeping import counts
from migrator.migrating.running.sharing import refuse_pooler
from migrator.schema import reading, record
from migrator.schema.compare import Change, Comparison, compare
from migrator.schema.gathering import gathered
from migrator.schema.objects import Schema
from migrator.schema.record import Record

_WORDS: dict[Change, Literal["new", "gone", "changed"]] = {"missing": "gone", "extra": "new", "changed": "changed"}


async def accept(
    config: Config, *, dry_run: bool = False, expected: str | None = None, emit: Emit = ignore
) -> AcceptResult:
    """Record the live schema and the ledger as the truth, whatever the record said before.

    For a database that another tool has migrated, after a change by hand that is wanted, after an upgrade of the
    server's major version, and after a run that was cut off. Writes one row, in one transaction under the ledger's
    lock, waiting for it up to `config.wait` seconds; makes our schema where it is missing. Where the record says so
    already nothing is written. A dry run writes and locks nothing.

    Args:
        config: where.
        dry_run: tell what would change.
        expected: the `digest` of the answer that somebody has agreed to; where another one is found nothing is written.
        emit: hears what happens.

    Raises:
        StateError: the schema is not what `expected` was made of.
        UnavailableError: no connection, no right, the schema could not be read, or the lock was held for too long.
    """
    async with connect(config, emit, migrating=True) as session:
        known = await ledger.read(session, config, emit=emit)
        found, live = await _look(session, config, known)
        if dry_run or not found.changed:
            return found
        await refuse_pooler(session)
        async with hold(session, known.entries.schema, emit=emit):
            await refuse_pooler(session)  # the lock may have found one out
            known = await ledger.read(session, config)
            found, live = await _look(session, config, known)
            if expected is not None and found.digest != expected:
                raise StateError(
                    "the schema is no longer what was shown: another session has changed it, or the ledger, since",
                    code="plan-changed",
                    outcome="nothing was recorded",
                    hint="run `migrate accept` again, and look at what it shows",
                )
            if found.changed:
                await _write(session, config, known, live, emit)
        return found


async def _look(session: Session, config: Config, known: Ledger) -> tuple[AcceptResult, Schema]:
    """What accepting would change, and the schema that it would record."""
    recorded = await record.load(session, config.schema)
    live = await reading.read(session, scope(config, known))
    comparable = recorded is not None and recorded.readable
    made = compare(recorded.schema, live) if recorded is not None and comparable else Comparison(differences=())
    state = _state(recorded, live)
    same = recorded is not None and recorded.schema.objects == live.objects
    version = None if recorded is None else recorded.schema.server_version_num
    result = AcceptResult(
        database=database_info(session, known, config),
        before=state,
        head=live.head,
        recorded_head=None if recorded is None else recorded.schema.head,
        objects=len(live.objects),
        changes=() if recorded is None else tuple(_changes(made, recorded.schema, live)),
        moved=made.platform,
        changed=state != "current" or not same or version != live.server_version_num,
        digest=hashlib.sha256(f"{live.ledger} {live.supabase}".encode() + record.packed(live)).hexdigest(),
    )
    return result, live


def _changes(made: Comparison, before: Schema, live: Schema) -> Iterator[SchemaChange]:
    for each in gathered(made.differences, before, live):
        for one in (each.difference, each.renamed):
            if one is not None:
                yield SchemaChange(change=_WORDS[one.change], kind=one.kind, subject=one.identity)


def _state(recorded: Record | None, live: Schema) -> RecordState:
    if recorded is None:
        return "absent"
    if not recorded.readable or recorded.schema.supabase != live.supabase:
        return "other"
    return "current" if counts(recorded, live) else "stale"


async def _write(session: Session, config: Config, known: Ledger, live: Schema, emit: Emit) -> None:
    await own.ensure(session, config, emit, plpgsql=known.plpgsql)
    sql = record.writing(config.schema, live, instead_of=None)
    try:
        await session.run(sql)
    except ConnectionLostError as error:
        error.outcome = "the record may be written, or not: it is one statement"
        error.hint = "run `migrate accept` again"
        raise error.after_work() from error
    except ServerError as error:
        await session.rollback()
        own.refuse_unwritable(config.schema, record.TABLE, error, outcome="nothing was recorded")
        raise
