"""What one transaction of a seeding run consists of: its opening, the rows, the merge, the ledger."""

import json
from collections.abc import Callable, Sequence

from migrator.config import Config
from migrator.database import protection
from migrator.database.sessions.notice import Notice
from migrator.database.sessions.session import Session
from migrator.errors import ServerError
from migrator.events import Emit, FileLoading
from migrator.seeding.books import ledger
from migrator.seeding.books.snapshot import as_role, set_locally
from migrator.seeding.files.scripts import Script
from migrator.seeding.loading import merge
from migrator.seeding.loading.filling import fill
from migrator.seeding.loading.merge import PREFIX
from migrator.seeding.loading.pruning import DELETES, deleting
from migrator.seeding.loading.scripts import run_script
from migrator.seeding.loading.staging import Stage
from migrator.seeding.loading.straight import go_straight, is_empty
from migrator.seeding.preparing.shapes import FileLoad
from migrator.seeding.preparing.spool import Spool

SETTINGS = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # the server notices within a second that we are gone, and lets go of our locks
    "client_connection_check_interval": "1s",
}
"""Of our transactions: a long load is no mistake, and waiting for another seeder is none either."""

LOCK_CLASS = 0x6D696773
"""The first half of the advisory locks of seeding; the second is the table's oid, or 0 for seeding as such."""


class Steps:
    """The steps, as statements to send and as rows to copy; whoever takes them begins and commits.

    Args:
        config: schema of the ledger, environment, role, lock timeout.
        spool: the rows.
        emit: told of rows that are sent, and of rows that are about to be deleted.
        force: files in the ledger are loaded again.
        confirmed: the name of the database, where somebody gave it; without it no file is loaded into a protected one.
    """

    def __init__(self, config: Config, spool: Spool, emit: Emit, *, force: bool, confirmed: str | None) -> None:
        self._config = config
        self._spool = spool
        self._emit = emit
        self._force = force
        self._confirmed = confirmed

    def opening(self, session: Session, members: Sequence[FileLoad], stages: Sequence[Stage]) -> list[str]:
        """BEGIN, settings, the locks of all tables in one order for every run, and what may end it at once."""
        config = self._config
        statements = ["begin isolation level read committed read write", set_locally(session, SETTINGS)]
        # a script may write any table, so nobody else seeds beside it; first, because it comes before every table
        shared = "" if any(load.script is not None for load in members) else "_shared"
        statements.append(f"select pg_advisory_xact_lock{shared}({LOCK_CLASS}, 0)")
        oids = sorted({stage.load.info.oid for stage in stages})
        statements += [f"select pg_advisory_xact_lock({LOCK_CLASS}, {oid}::oid::int8::bit(32)::int4)" for oid in oids]
        if not self._force:
            statements.append(ledger.stop_if_loaded(config, [(load.file, load.includes.digests) for load in members]))
        if self._confirmed is None:
            statements.append(protection.stop_if_protected(config.schema))
        return [*statements, *as_role(config)]

    def _lock_timeout(self) -> str:
        """How long a statement may wait for somebody else's lock, from where ours are held."""
        return f"set local lock_timeout = {round(self._config.lock_timeout * 1000)}"

    def announce(self, members: Sequence[FileLoad]) -> None:
        """Tell that files begin; their locks may still have to be waited for."""
        for load in members:
            self._emit(FileLoading(path=load.file.shown, rows=0, total=load.rows))

    async def copy(self, session: Session, members: Sequence[FileLoad], stages: Sequence[Stage]) -> None:
        """Send the rows of every stage into its staging table, telling how many."""
        tells = {load.file.name: self._teller(load) for load in members}
        for stage in stages:
            await fill(session, stage, self._spool, tells[stage.load.file.name])

    def _teller(self, load: FileLoad) -> Callable[[int], None]:
        """Tells how many rows of a file were sent, when it is told of more."""
        sent = 0

        def tell(rows: int) -> None:
            nonlocal sent
            sent += rows
            self._emit(FileLoading(path=load.file.shown, rows=sent, total=load.rows))

        return tell

    async def straight(
        self, session: Session, members: Sequence[FileLoad], stages: Sequence[Stage], opening: Sequence[str]
    ) -> list[list[int]] | None:
        """Open, copy straight into the table, commit; None where it is not so simple: the transaction is open then."""
        if not await is_empty(session, stages[0], [*opening, self._lock_timeout()]):
            return None
        try:
            ending = [*self.recording(members), "commit"]
            return [await go_straight(session, stages[0], ending, self._teller(members[0]))]
        except ServerError:
            await session.rollback()
            self.announce(members)
            await session.run("; ".join(opening))
            return None

    async def merged(self, session: Session, stages: Sequence[Stage], then: Sequence[str]) -> list[list[int]]:
        """Merge the stages and run what comes behind it in the same message; returns each stage's counts."""
        by_index = {stage.index: stage for stage in stages}
        told: list[str] = []

        def hear(notice: Notice) -> None:
            if notice.severity == "INFO" and notice.message.startswith(PREFIX):
                told.append(notice.message.removeprefix(PREFIX))
            elif notice.severity == "INFO" and notice.message.startswith(DELETES):
                index, rows = json.loads(notice.message.removeprefix(DELETES))
                self._emit(deleting(by_index[index].load, rows))

        with session.listening(hear):
            await session.run("; ".join([self._lock_timeout(), merge.block(list(stages)), *then]))
            await session.settle()
        counts: list[list[int]] = json.loads(told[-1])
        return counts

    async def script(self, session: Session, script: Script) -> None:
        """Run a script in the transaction that is open, and make the session as new."""
        await session.run(self._lock_timeout())
        await run_script(session, script)

    def again(self, session: Session) -> list[str]:
        """What a transaction goes on with behind a script, which took all of its settings back."""
        return [set_locally(session, SETTINGS), *as_role(self._config)]

    def recording(self, members: Sequence[FileLoad]) -> list[str]:
        """The rows of the ledger; our own table belongs to who logged in, not to the role that owns the others."""
        config = self._config
        reset = ["reset role"] if config.role is not None else []
        return [*reset, *(ledger.record(config, load.file, load.rows, load.includes.digests) for load in members)]
