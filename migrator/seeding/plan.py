"""`migrate seed --plan`: in which order files would load, and why."""

from pathlib import Path

from migrator.config import Config
from migrator.database.connect import connect, describe
from migrator.events import Emit, ignore
from migrator.events.seeding import SeedEdge, SeedOutcome, SeedPlanResult
from migrator.seeding.books import ledger
from migrator.seeding.files.folders import find
from migrator.seeding.ordering.order import order, refuse_second_copy, refuse_shared_sync
from migrator.seeding.pending import told_apart
from migrator.seeding.prepared import prepare, writers
from migrator.seeding.preparing.spool import Spool


async def plan_seeds(config: Config, *, paths: tuple[Path, ...] = (), emit: Emit = ignore) -> SeedPlanResult:
    """What `seed` would do: the files in an order that works, and why each waits for another.

    Reads and checks every file that is new or changed; writes and locks nothing. Raises `InputError` as `seed` does.
    """
    files = find(config, paths, emit)
    async with connect(config, emit) as session:
        told = told_apart(config, files, await ledger.read(session, config), force=False)
        outcomes = [SeedOutcome(path=file.shown, state="unchanged", reason="in the ledger") for file in told.unchanged]
        edges: tuple[SeedEdge, ...] = ()
        if told.pending:
            with Spool() as spool:
                loads = await prepare(config, session, told.pending, spool, emit)
            refuse_second_copy(loads, told.changed, force=False)
            refuse_shared_sync(loads, await writers(session, loads, told.unchanged))
            units = order(loads, files)
            by_name = {load.file.name: load for load in loads}
            for name in (name for unit in units.units for name in unit):
                shown = by_name[name].file.shown
                outcomes.append(SeedOutcome(path=shown, state="changed" if name in told.changed else "new"))
            edges = tuple(
                SeedEdge(
                    before=by_name[edge.before].file.shown, after=by_name[edge.after].file.shown, reason=edge.reason
                )
                for edge in units.edges
            )
        return SeedPlanResult(database=describe(session), files=tuple(outcomes), edges=edges)
