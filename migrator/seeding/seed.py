"""`migrate seed`: which files, in which order, and what became of them.

What reads YAML is imported by the functions that do, so that `migrate status` may ask for a summary without it.
"""

from contextlib import AsyncExitStack
from pathlib import Path

from migrator.config import Config
from migrator.database import own, protection
from migrator.database.connect import connect, describe
from migrator.database.role import refuse_role
from migrator.database.sessions.session import Session
from migrator.errors import StateError
from migrator.events import Emit, FileSkipped, ignore
from migrator.events.seeding import SeedOutcome, SeedResult
from migrator.seeding.books import ledger
from migrator.seeding.files.folders import SeedFile, find
from migrator.seeding.pending import told_apart
from migrator.seeding.preparing.spool import Spool


async def seed(
    config: Config,
    *,
    paths: tuple[Path, ...] = (),
    force: bool = False,
    atomic: bool = False,
    allow_remote: bool = True,
    confirmed: str | None = None,
    emit: Emit = ignore,
) -> SeedResult:
    """Load every seed file that is new or changed: concurrently, each in one transaction, parents before children.

    Everything that can be told beforehand is checked in all files before anything is written. Writes; locks the tables
    of a file against other seeding runs (advisory) while it loads; a file that meets a deadlock, a serialization
    failure or a lock is loaded again, three times.

    Args:
        config: database, folders, environment, pool size.
        paths: files or folders to seed instead of the configured folders.
        force: load files that are in the ledger already, too.
        atomic: load all files in one transaction, one after the other: all or nothing.
        allow_remote: also where the database is not on this machine. The command line says no on a terminal.
        confirmed: the name of the database, for one that is protected.
        emit: told what happens.

    Raises `InputError` when files are wrong, `StateError` for a database elsewhere and `ProtectedError` for a protected
    one (nothing was loaded), and `WorkError` when a file failed: its `done` names the files that are loaded.
    """
    files = find(config, paths, emit)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(connect(config, emit))
        known = await ledger.read(session, config)
        told = told_apart(config, files, known, force=force)
        outcomes = {file.shown: _unchanged(file, emit) for file in told.unchanged}
        if told.pending:  # the most frequent run has nothing to load, and needs none of this
            from migrator.seeding.loading.atomic import load_atomically
            from migrator.seeding.loading.connections import connections
            from migrator.seeding.loading.failed import failed
            from migrator.seeding.loading.language import plpgsql_needed
            from migrator.seeding.loading.load import Loader
            from migrator.seeding.loading.steps import Steps
            from migrator.seeding.ordering.order import announce_cycles, order, refuse_second_copy, refuse_shared_sync
            from migrator.seeding.prepared import prepare, writers

            if not allow_remote and not session.target.is_local:
                raise _not_here(session)
            await protection.admit(session, config.schema, "seed", confirmed=confirmed)
            spool = stack.enter_context(Spool())
            wanted = 1 if atomic else len(told.pending)
            more = await stack.enter_async_context(connections(session, config, wanted, emit))
            loads = await prepare(config, session, told.pending, spool, emit)
            refuse_second_copy(loads, told.changed, force=force)
            refuse_shared_sync(loads, await writers(session, loads, told.unchanged))
            units = order(loads, files)
            announce_cycles(units, loads, emit)
            await refuse_role(session, config)
            async with plpgsql_needed(session, config):
                if known is None or not known.complete:
                    await own.ensure(session, config, emit)
                by_name = {load.file.name: load for load in loads}
                if atomic:
                    steps = Steps(config, spool, emit, force=force, confirmed=confirmed)
                    outcomes |= await load_atomically(session, units, by_name, config, spool, steps, emit)
                    return _result(session, files, outcomes)
                loader = Loader(config, spool, emit, force=force, confirmed=confirmed)
                await loader.run(units, by_name, more)
                outcomes |= loader.outcomes
                if loader.errors:
                    failure = failed(loader.errors, outcomes)
                    failure.result = _result(session, files, outcomes)
                    raise failure
        return _result(session, files, outcomes)


def _not_here(session: Session) -> StateError:
    return StateError(
        f"`{session.target}` is not on this machine, and seeding it from a terminal has to be meant",
        code="remote-database",
        outcome="nothing was loaded",
        hint="give `--allow-remote`, or the address of a database of your own",
    )


def _result(session: Session, files: tuple[SeedFile, ...], outcomes: dict[str, SeedOutcome]) -> SeedResult:
    told = tuple(outcomes[file.shown] for file in files if file.shown in outcomes)
    return SeedResult(database=describe(session), files=told)


def _unchanged(file: SeedFile, emit: Emit) -> SeedOutcome:
    reason = "it is in the database as it is"
    emit(FileSkipped(path=file.shown, state="unchanged", reason=reason))
    return SeedOutcome(path=file.shown, state="unchanged", reason=reason)
