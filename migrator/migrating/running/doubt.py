"""What a statement outside of transactions has left behind, asked of the catalog: whether, and how, it has to run.

A crash between such a statement and its note leaves a doubt. Where the catalog shows what the statement makes, that
settles it. What can be run twice is run again; for the rest resume.py asks a person.
"""

from collections.abc import Callable

from migrator.database.sessions.session import Session
from migrator.errors import WorkError
from migrator.migrating.running.indexes import Indexes
from migrator.sql.indexes import Detachment, IndexBuild, detachment, dropped_index, index_build, reindexed
from migrator.sql.names import literal
from migrator.sql.statement import Statement


class Doubt:
    """Settles the doubts of one session; nothing here runs in a transaction that lasts.

    `tell` hears what is done about an index that is in the way; others who work on it take the session's patience.
    """

    def __init__(self, session: Session, *, tell: Callable[[str], None]) -> None:
        self._session = session
        self._indexes = Indexes(session, tell=tell)
        self._tell = tell

    async def settle(self, statement: Statement, *, name: str, unsure: bool) -> str | None:
        """The SQL to run for the statement, which is of the kind `name`; None where it has run already.

        `unsure`: an earlier run ended while it ran. Drops what an earlier try has left half built. Raises
        `UnavailableError` (`locked`) when somebody else works on that until the patience is spent.
        """
        match name:
            case "CREATE INDEX CONCURRENTLY" if build := index_build(statement):
                return None if await self._built(build, unsure=unsure) else statement.text
            case "REINDEX CONCURRENTLY" if target := reindexed(statement):
                await self._indexes.clear_rebuilt(*target)
            case "DROP INDEX CONCURRENTLY" if unsure and (index := dropped_index(statement)):
                return statement.text if await self._exists(index) else None
            case "ALTER TABLE ... DETACH CONCURRENTLY" if parts := detachment(statement):
                return await self._detached(statement, parts, unsure=unsure)
        return statement.text

    async def confirm(self, statement: Statement, *, name: str) -> None:
        """Raise `WorkError` (`index-invalid`) where the statement that has run left an INVALID index."""
        broken = await self.invalid(statement, name=name)
        if broken is None:
            return
        raise WorkError(
            f"the index `{broken}` is INVALID although `CREATE INDEX CONCURRENTLY` did not fail",
            code="index-invalid",
            where=statement.span,
            hint="run the command again: it drops the index and builds it anew",
        )

    async def invalid(self, statement: Statement, *, name: str) -> str | None:
        """The name of the INVALID index that a CREATE INDEX CONCURRENTLY has left."""
        build = index_build(statement) if name == "CREATE INDEX CONCURRENTLY" else None
        return None if build is None else await self._indexes.invalid(build)

    async def _built(self, build: IndexBuild, *, unsure: bool) -> bool:
        if unsure and (found := await self._indexes.same(build)):
            self._tell(f"the index `{found}` was complete before the run that built it ended")
            return True
        await self._indexes.clear(build)
        return False

    async def _exists(self, relation: str) -> bool:
        (found,) = await self._session.read(f"select to_jsonb(to_regclass({literal(relation)}) is not null)")
        return bool(found)

    async def _detached(self, statement: Statement, parts: Detachment, *, unsure: bool) -> str | None:
        """Detached, half detached (its first transaction is committed, the second is not), or not at all."""
        pending = await self._session.read(
            "select to_jsonb(inhdetachpending) from pg_catalog.pg_inherits "
            f"where inhrelid = to_regclass({literal(parts.partition)}) "
            f"and inhparent = to_regclass({literal(parts.parent)})"
        )
        if pending == [True]:
            self._tell(f"the partition {parts.partition} is half detached: this is finished now")
            return f"alter table {parts.parent} detach partition {parts.partition} finalize"
        return None if unsure and not pending else statement.text
