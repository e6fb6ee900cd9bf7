"""`migrate up`: apply every pending migration.

A deploy that changes nothing ends here: it compares hashes, and imports neither yoyo nor anything that plans or runs.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.config import Config
from migrator.database.connect import connect
from migrator.errors import ConnectionLostError, UnavailableError
from migrator.events import Emit, ignore
from migrator.events.migrating import RunResult
from migrator.migrating.books import ledger
from migrator.migrating.files import folder
from migrator.migrating.files.folder import MigrationFile
from migrator.migrating.guards import database_info


async def up(
    config: Config,
    *,
    to: str | None = None,
    dry_run: bool = False,
    with_sql: bool = False,
    strict: bool = False,
    one_by_one: bool = False,
    allow_transaction_pooler: bool = False,
    emit: Emit = ignore,
) -> RunResult:
    """Apply every pending migration, oldest first, up to and including `to` (an id or a unique prefix of one).

    A run with nothing to do and a dry run write nothing and take no lock. Otherwise the run takes the ledger's lock,
    waiting up to `config.wait` seconds, and commits each migration with its entry in the ledger. Nothing is sent before
    all pending files are read and checked.

    Args:
        config: where and what.
        to: the last migration to apply.
        dry_run: tell what would be applied.
        with_sql: with `dry_run`, give the exact messages, too.
        strict: refuse a database that is ahead of the files.
        one_by_one: send a statement at a time.
        allow_transaction_pooler: run behind a transaction pooler, on the ledger's fence alone.
        emit: hears what happens.

    Raises:
        InputError: a file is wrong; nothing was applied.
        StateError: files and database disagree; nothing was changed.
        UnavailableError: no connection, no right, or the lock was held for too long.
        WorkError: a migration failed and was rolled back; `.done` holds what is applied.
    """
    async with _found(config) as finding, connect(config, emit, migrating=True) as session:
        known = await ledger.read(session, config, emit=emit)
        files = await finding
        if to is None and ledger.is_settled(files, known):
            return RunResult(command="up", database=database_info(session, known, config), dry_run=dry_run)
        from migrator.migrating.pending import Wish, apply_pending

        wish = Wish(
            to=to,
            dry_run=dry_run,
            with_sql=with_sql,
            strict=strict,
            one_by_one=one_by_one,
            allow_transaction_pooler=allow_transaction_pooler,
        )
        return await apply_pending(session, config, known, files, wish, emit)


@asynccontextmanager
async def _found(config: Config) -> AsyncIterator[asyncio.Task[tuple[MigrationFile, ...]]]:
    """Find the files while the connection is on its way.

    What is wrong with them, inside, too, is said first, also where there is no connection.
    """
    async with folder.while_connecting(lambda: folder.find(config.migrations)) as task:
        try:
            yield task
        except UnavailableError as error:
            if isinstance(error, ConnectionLostError):  # what a run had sent by then has been told already
                error.outcome = error.outcome or "nothing was changed"
            from migrator.migrating.files.reading import read_migrations

            read_migrations(await task)
            raise
