"""The second half of a run: files into the database, each in one transaction on a connection of its own.

A file starts when everything that it refers to is committed, and takes a connection only then. What fails rolls back
alone: files that wait for it are skipped by name, the others go on. The only TaskGroup of the project.
"""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from graphlib import TopologicalSorter

from migrator.config import Config
from migrator.database import protection
from migrator.database.session import Notice, Session, settings
from migrator.errors import ConnectionLostError, MigratorError, ServerError, ServerReport
from migrator.events import Emit, FileFailed, FileLoaded, FileLoading, FileSkipped
from migrator.events.seeding import Counts, SeedOutcome
from migrator.seeding.books import ledger
from migrator.seeding.books.ledger import LOADED_MEANWHILE
from migrator.seeding.loading import merge
from migrator.seeding.loading.blame import explain
from migrator.seeding.loading.connections import Connections
from migrator.seeding.loading.merge import PREFIX
from migrator.seeding.loading.pruning import DELETES, deleting
from migrator.seeding.loading.staging import Stage
from migrator.seeding.ordering.graph import Graph
from migrator.seeding.preparing.shapes import FileLoad
from migrator.seeding.preparing.spool import Spool, source
from migrator.sql.names import quote

REPLAYED = frozenset({"40P01", "40001", "55P03", protection.PROTECTED_MEANWHILE})
"""Deadlock, serialization failure, lock not available: the other side is done in a moment, so the file goes again."""

REPLAYS = 3
SETTINGS = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # the server notices within a second that we are gone, and lets go of our locks
    "client_connection_check_interval": "1s",
}
"""Of our transactions: a long load is no mistake, and waiting for another seeder is none either."""

LOCK_CLASS = 0x6D696773
"""The first half of the advisory locks of seeding; the second is the table's oid."""


def _passes(report: ServerReport, stages: list[Stage]) -> bool:
    """Whether the file may go through the next time: somebody was in the way, or inserted our key meanwhile."""
    if report.sqlstate == "23505":
        return report.constraint in {stage.load.key.name for stage in stages if stage.load.key is not None}
    return report.sqlstate in REPLAYED


def set_locally(session: Session, ours: Mapping[str, str]) -> str:
    """The statement that gives a transaction the settings of its address, and these."""
    wanted = {**dict(session.target.settings), **ours}
    return f"select {settings(tuple(wanted.items()), local=True)}"


class Loader:
    """One run of loads.

    Args:
        config: schema of the ledger, environment, role, lock timeout.
        spool: the rows.
        emit: told what happens.
        force: files in the ledger are loaded again.
        confirmed: the name of the database, where somebody gave it; without it no file is loaded into a protected one.
    """

    def __init__(self, config: Config, spool: Spool, emit: Emit, *, force: bool, confirmed: str | None = None) -> None:
        self._config = config
        self._spool = spool
        self._emit = emit
        self._force = force
        self._confirmed = confirmed
        self.outcomes: dict[str, SeedOutcome] = {}
        self.errors: dict[str, MigratorError] = {}

    async def run(self, graph: Graph, loads: dict[str, FileLoad], connections: Connections) -> None:
        """Load every unit of the graph; `outcomes` and `errors`, by the shown path, tell what became of each file."""
        sorter = TopologicalSorter(graph.waits)
        sorter.prepare()
        finished: asyncio.Queue[int] = asyncio.Queue()
        failed: dict[int, str] = {}
        running = 0
        async with asyncio.TaskGroup() as group:
            while sorter.is_active():
                ready = sorter.get_ready()
                for unit in ready:
                    broken = sorted(failed[before] for before in graph.waits[unit] if before in failed)
                    if broken:
                        self._skip(graph.units[unit], loads, broken[0])
                        failed[unit] = loads[graph.units[unit][0]].file.shown
                        sorter.done(unit)
                        continue
                    members = [loads[path] for path in graph.units[unit]]
                    group.create_task(self._unit(unit, members, connections, finished))
                    running += 1
                if running:
                    unit = await finished.get()
                    running -= 1
                    broken_path = next(
                        (loads[p].file.shown for p in graph.units[unit] if loads[p].file.shown in self.errors), None
                    )
                    if broken_path is not None:
                        failed[unit] = broken_path
                    sorter.done(unit)

    def _skip(self, paths: tuple[str, ...], loads: dict[str, FileLoad], broken: str) -> None:
        for path in paths:
            shown = loads[path].file.shown
            reason = f"it needs `{broken}`, which is not loaded"
            self.outcomes[shown] = SeedOutcome(path=shown, state="skipped", reason=reason)
            self._emit(FileSkipped(path=shown, state="skipped", reason=reason))

    async def _unit(
        self, unit: int, members: list[FileLoad], connections: Connections, finished: "asyncio.Queue[int]"
    ) -> None:
        try:
            await self._somewhere(members, connections)
        except MigratorError as error:
            for load in members:
                shown = load.file.shown
                self.errors[shown] = error
                self.outcomes[shown] = SeedOutcome(path=shown, state="failed", reason=error.detail or error.message)
                self._emit(FileFailed(path=shown, error=error))
        finally:
            finished.put_nowait(unit)

    async def _somewhere(self, members: list[FileLoad], connections: Connections) -> None:
        """On any connection; on the next one, where a pooler had no connection of the server before we could begin."""
        while True:
            try:
                async with connections.session() as session:
                    await self._attempts(session, members)
            except ConnectionLostError as error:
                if error.code != "pooler-full" or not connections.in_use:
                    raise
            else:
                return

    async def _attempts(self, session: Session, members: list[FileLoad]) -> None:
        started = time.monotonic()
        stages = [
            Stage(index=index, load=load) for index, load in enumerate(load for file in members for load in file.tables)
        ]
        for attempt in range(REPLAYS + 1):
            try:
                counts = await self._once(session, members, stages)
            except BaseException as error:
                await session.give_up()
                if not isinstance(error, ServerError):
                    raise
                if error.report.sqlstate == LOADED_MEANWHILE:
                    self._loaded_meanwhile(members)
                    return
                if error.report.sqlstate == protection.PROTECTED_MEANWHILE:  # unless it is unprotected again
                    await protection.admit(session, self._config.schema, "seed", confirmed=None)
                if not _passes(error.report, stages) or attempt == REPLAYS:
                    raise explain(error, stages, self._spool) from error
            else:
                self._loaded(members, stages, counts, time.monotonic() - started)
                return
            await asyncio.sleep(random.uniform(0.02, 0.2) * (attempt + 1))  # noqa: S311 - jitter needs no secrecy

    async def _once(self, session: Session, members: list[FileLoad], stages: list[Stage]) -> list[list[int]]:
        """One attempt: open, copy, merge and commit."""
        config = self._config
        opening = ["begin isolation level read committed read write", set_locally(session, SETTINGS)]
        oids = sorted({stage.load.info.oid for stage in stages})
        opening += [f"select pg_advisory_xact_lock({LOCK_CLASS}, {oid}::oid::int8::bit(32)::int4)" for oid in oids]
        if not self._force:
            opening.append(ledger.stop_if_loaded(config, [(load.file, load.includes.digests) for load in members]))
        if self._confirmed is None:
            opening.append(protection.stop_if_protected(config.schema))
        opening += [f"set local role {quote(config.role)}"] if config.role is not None else []
        opening += merge.creations(stages)
        for load in members:
            self._emit(FileLoading(path=load.file.shown, rows=0, total=load.rows))
        await session.run("; ".join(opening))
        sent = {load.file.name: 0 for load in members}
        totals = {load.file.name: load.rows for load in members}
        for stage in stages:
            file = stage.load.file

            def tell(rows: int, name: str = file.name, shown: str = file.shown) -> None:
                sent[name] += rows
                self._emit(FileLoading(path=shown, rows=sent[name], total=totals[name]))

            rows = source(self._spool, stage.load.start, stage.load.end, stage.load.layouts(), tell)
            await session.copy(stage.name, stage.columns(), rows)
        return await self._merge(session, members, stages)

    async def _merge(self, session: Session, members: list[FileLoad], stages: list[Stage]) -> list[list[int]]:
        config = self._config
        closing = [f"set local lock_timeout = {round(config.lock_timeout * 1000)}"]
        closing.append(merge.block(stages))
        # our own table belongs to who logged in, not to the role that owns what migrations make
        closing += ["reset role"] if config.role is not None else []
        closing += [ledger.record(config, load.file, load.rows, load.includes.digests) for load in members]
        closing.append("commit")
        told: list[str] = []

        def hear(notice: Notice) -> None:
            if notice.severity == "INFO" and notice.message.startswith(PREFIX):
                told.append(notice.message.removeprefix(PREFIX))
            elif notice.severity == "INFO" and notice.message.startswith(DELETES):
                index, rows = json.loads(notice.message.removeprefix(DELETES))
                self._emit(deleting(stages[index].load, rows))

        with session.listening(hear):
            await session.run("; ".join(closing))
            await session.settle()
        counts: list[list[int]] = json.loads(told[-1])
        return counts

    def _loaded(self, members: list[FileLoad], stages: list[Stage], counts: list[list[int]], duration: float) -> None:
        for load in members:
            tables = {
                stage.load.table.name: Counts(inserted=inserted, updated=updated, unchanged=unchanged, deleted=deleted)
                for stage, (inserted, updated, unchanged, deleted) in zip(stages, counts, strict=True)
                if stage.load.file.name == load.file.name
            }
            shown = load.file.shown
            self.outcomes[shown] = SeedOutcome(path=shown, state="loaded", tables=tables, duration=duration)
            self._emit(FileLoaded(path=shown, tables=tables, duration=duration))

    def _loaded_meanwhile(self, members: list[FileLoad]) -> None:
        for load in members:
            reason = "another run has loaded it meanwhile"
            self.outcomes[load.file.shown] = SeedOutcome(path=load.file.shown, state="unchanged", reason=reason)
            self._emit(FileSkipped(path=load.file.shown, state="unchanged", reason=reason))
