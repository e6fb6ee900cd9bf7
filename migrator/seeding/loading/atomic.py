"""`seed --atomic`: every file in one transaction on one connection, all or nothing."""

import time
from collections.abc import Mapping

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError
from migrator.events import Emit, FileFailed, FileLoaded
from migrator.events.seeding import SeedOutcome
from migrator.seeding.loading import merge
from migrator.seeding.loading.replay import loaded, loaded_meanwhile, replayed
from migrator.seeding.loading.scripts import end_script
from migrator.seeding.loading.staging import stages_of
from migrator.seeding.loading.steps import Steps
from migrator.seeding.ordering.graph import Graph
from migrator.seeding.preparing.shapes import FileLoad
from migrator.seeding.preparing.spool import Spool

ROLLED_BACK = "nothing was loaded: every file of this run was rolled back"


async def load_atomically(
    session: Session,
    graph: Graph,
    loads: Mapping[str, FileLoad],
    config: Config,
    spool: Spool,
    steps: Steps,
    emit: Emit,
) -> dict[str, SeedOutcome]:
    """Load every unit of the graph in its order, and commit once; what became of each file, by its shown path.

    Raises the first failure: nothing is loaded then.
    """
    units = [[loads[path] for path in unit] for unit in graph.units]
    members = [load for unit in units for load in unit]
    stages = stages_of(members)
    ended: dict[str, float] = {}

    async def once() -> list[list[int]]:
        counts: list[list[int]] = []
        await session.run("; ".join(steps.opening(session, members, stages)))
        for unit in units:
            began = time.monotonic()
            names = {load.file.name for load in unit}
            own = [stage for stage in stages if stage.load.file.name in names]
            steps.announce(unit)
            if (script := unit[0].script) is not None:
                await steps.script(session, script)
                await end_script(session, script, steps.again(session))
            if own:
                await session.run("; ".join(merge.creations(own)))
                await steps.copy(session, unit, own)
                counts += await steps.merged(session, own, [])
            ended.update((name, time.monotonic() - began) for name in names)
        await session.run("; ".join([*steps.recording(members), "commit"]))
        return counts

    try:
        counts = await replayed(once, session, stages, spool, config.schema)
    except MigratorError as error:
        error.outcome = ROLLED_BACK
        if error.where is not None:
            emit(FileFailed(path=error.where.path, error=error))
        raise
    if counts is None:
        return {load.file.shown: loaded_meanwhile(load, emit) for load in members}
    outcomes = {}
    for load in members:
        outcome = loaded(load, stages, counts, ended[load.file.name])
        outcomes[load.file.shown] = outcome
        emit(FileLoaded(path=load.file.shown, tables=outcome.tables, duration=ended[load.file.name]))
    return outcomes
