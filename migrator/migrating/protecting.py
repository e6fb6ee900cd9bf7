"""`migrate protect`: mark a database, so that what can lose its data asks for its name."""

from dataclasses import replace

from migrator.config import Config
from migrator.database import own, protection
from migrator.database.connect import connect
from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError, ServerError
from migrator.events import Emit, ignore
from migrator.events.protecting import ProtectResult
from migrator.migrating.books import ledger
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.lock import hold
from migrator.migrating.guards import database_info
from migrator.migrating.running.sharing import refuse_pooler


async def protect(config: Config, *, on: bool = True, dry_run: bool = False, emit: Emit = ignore) -> ProtectResult:
    """Mark the database as protected, or take the mark away.

    In a protected database `down`, `redo`, `seed` and `reset` do nothing unless they are given its name. One row is
    written or deleted, in one transaction, under the ledger's lock, waiting for it up to `config.wait` seconds; so a
    run that has begun ends before the mark is there. Our schema is made where it is missing. Where the mark is already
    what it should be nothing is written and nothing locked.

    Args:
        config: where.
        on: set the mark, or take it away.
        dry_run: tell whether something would change.
        emit: hears what happens.

    Raises:
        UnavailableError: no connection, no right, or the lock was held for too long.
        WorkError: the connection was lost while the mark was written, which may be there or not.
    """
    async with connect(config, emit, migrating=True) as session:
        known = await ledger.read(session, config)
        if known.protected == on or dry_run:
            return _result(session, config, known, changed=known.protected != on)
        await refuse_pooler(session)
        async with hold(session, known.entries.schema, emit=emit):
            await refuse_pooler(session)  # the lock may have found one out
            before = await ledger.read(session, config)
            if before.protected != on:
                await _write(session, config, before, on=on, emit=emit)
        return _result(session, config, replace(before, protected=on), changed=before.protected != on)


def _result(session: Session, config: Config, known: Ledger, *, changed: bool) -> ProtectResult:
    return ProtectResult(database=database_info(session, known, config), name=known.database, changed=changed)


async def _write(session: Session, config: Config, known: Ledger, *, on: bool, emit: Emit) -> None:
    if not known.ready:
        await own.ensure(session, config, emit, plpgsql=known.plpgsql)
    try:
        await session.run(protection.marking(config.schema, on=on))
    except ConnectionLostError as error:
        error.outcome = f"the mark may be {'set' if on else 'taken away'}, or not: it is one statement"
        error.hint = "run `migrate protect` again" if on else "run `migrate protect --off` again"
        raise error.after_work() from error
    except ServerError as error:
        await session.rollback()
        own.refuse_unwritable(config.schema, "setting", error, outcome="nothing was changed")
        raise
