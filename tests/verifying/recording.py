"""Making the schema as it is the record, without a run."""

from migrator.config import Config
from migrator.database.connect import connect
from migrator.migrating.books import ledger
from migrator.migrating.books.scope import scope
from migrator.schema import reading, record


async def accept(config: Config) -> None:
    """Make the schema as it is the record."""
    async with connect(config) as session:
        of = scope(config, await ledger.read(session, config))
        await session.run(record.writing(config.schema, await reading.read(session, of), instead_of=None))
