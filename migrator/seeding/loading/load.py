"""The second half of a run: files into the database, each in one transaction on a connection of its own.

A file starts when everything that it refers to is committed, and takes a connection only then. What fails rolls back
alone: files that wait for it are skipped by name, the others go on. The only TaskGroup of the project.
"""

import asyncio
import time
from graphlib import TopologicalSorter

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import ConnectionLostError, MigratorError
from migrator.events import Emit, FileFailed, FileLoaded, FileSkipped
from migrator.events.seeding import SeedOutcome
from migrator.seeding.loading import merge
from migrator.seeding.loading.connections import Connections
from migrator.seeding.loading.replay import loaded, loaded_meanwhile, replayed
from migrator.seeding.loading.scripts import end_script
from migrator.seeding.loading.staging import Stage, stages_of
from migrator.seeding.loading.steps import Steps
from migrator.seeding.loading.straight import may_go_straight
from migrator.seeding.ordering.graph import Graph
from migrator.seeding.preparing.shapes import FileLoad
from migrator.seeding.preparing.spool import Spool


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
        self._steps = Steps(config, spool, emit, force=force, confirmed=confirmed)
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
        stages, steps = stages_of(members), self._steps

        straight = may_go_straight(stages)

        async def once() -> list[list[int]]:
            """Open, copy, merge and commit."""
            nonlocal straight
            steps.announce(members)
            script = members[0].script
            if script is not None:
                await session.run("; ".join(steps.opening(session, members, stages)))
                await steps.script(session, script)
                await end_script(session, script, [*steps.recording(members), "commit"])
                return []
            opening = [*steps.opening(session, members, stages), *merge.creations(stages)]
            if straight:
                straight = False
                done = await steps.straight(session, members, stages, opening)
                if done is not None:
                    return done
            else:
                await session.run("; ".join(opening))
            await steps.copy(session, members, stages)
            return await steps.merged(session, stages, [*steps.recording(members), "commit"])

        counts = await replayed(once, session, stages, self._spool, self._config.schema)
        if counts is None:
            self._loaded_meanwhile(members)
        else:
            self._loaded(members, stages, counts, time.monotonic() - started)

    def _loaded(self, members: list[FileLoad], stages: list[Stage], counts: list[list[int]], duration: float) -> None:
        for load in members:
            outcome = loaded(load, stages, counts, duration)
            self.outcomes[load.file.shown] = outcome
            self._emit(FileLoaded(path=load.file.shown, tables=outcome.tables, duration=duration))

    def _loaded_meanwhile(self, members: list[FileLoad]) -> None:
        for load in members:
            self.outcomes[load.file.shown] = loaded_meanwhile(load, self._emit)
