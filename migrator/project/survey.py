"""`migrate status`: the server's version, every migration, and how many seed files are in the database."""

from migrator.config import Config
from migrator.database.connect import connect
from migrator.events import Emit, ignore
from migrator.events.status import StatusResult
from migrator.migrating.books import ledger
from migrator.migrating.files.folder import while_connecting
from migrator.migrating.guards import database_info, refuse_unversioned
from migrator.migrating.planning.standing import read_all, statuses
from migrator.seeding import summary


async def status(config: Config, *, check: bool = False, emit: Emit = ignore) -> StatusResult:
    """Tell where the database stands. Never writes, never locks: two reads.

    Args:
        config: where and what.
        check: the caller wants an exit code; kept in the result for the renderer.
        emit: hears which server was started for it.

    Raises:
        InputError: a migration's file is wrong.
        UnavailableError: no connection, or no right to read the ledger.
    """
    async with while_connecting(lambda: read_all(config)) as reading, connect(config, emit) as session:
        known = await ledger.read(session, config, emit=emit)
        migrations = await reading
        refuse_unversioned(known, migrations)
        seeds = await summary(session, config)
        return StatusResult(
            database=database_info(session, known, config),
            migrations=statuses(migrations, known, out_of_order=config.out_of_order),
            seeds=seeds,
            check=check,
        )
