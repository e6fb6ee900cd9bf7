"""`migrate seed`: which files, in which order, and what became of them.

What reads YAML is imported by the functions that do, so that `migrate status` may ask for a summary without it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from migrator.config import Config
from migrator.database import own, protection
from migrator.database.connect import connect, describe
from migrator.database.role import refuse_role
from migrator.database.session import Session
from migrator.errors import InputError
from migrator.events import Emit, FileSkipped, Noticed, ignore
from migrator.events.seeding import SeedEdge, SeedOutcome, SeedPlanResult, SeedResult
from migrator.events.status import SeedSummary
from migrator.seeding.books import ledger, tables
from migrator.seeding.books.ledger import Ledger
from migrator.seeding.files import headers
from migrator.seeding.files.folders import SeedFile, find
from migrator.seeding.preparing.spool import Spool

if TYPE_CHECKING:
    from migrator.seeding.files.nodes import Table
    from migrator.seeding.preparing.prepare import Preparation
    from migrator.seeding.preparing.shapes import FileLoad


@dataclass(slots=True)
class _Pending:
    """The files of a run, told apart by the ledger."""

    unchanged: list[SeedFile] = field(default_factory=list)
    pending: list[SeedFile] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)


async def seed(
    config: Config,
    *,
    paths: tuple[Path, ...] = (),
    force: bool = False,
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
        confirmed: the name of the database, for one that is protected.
        emit: told what happens.

    Raises `InputError` when files are wrong, `ProtectedError` for a protected database (nothing was loaded), and
    `WorkError` when a file failed: its `done` names the files that are loaded.
    """
    from migrator.seeding.loading.connections import connections
    from migrator.seeding.loading.failed import failed
    from migrator.seeding.loading.language import plpgsql_needed
    from migrator.seeding.loading.load import Loader
    from migrator.seeding.ordering.order import announce_cycles, order, refuse_second_copy, refuse_shared_sync

    files = find(config, paths, emit)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(connect(config, emit))
        known = await ledger.read(session, config)
        told = _told_apart(config, files, known, force=force)
        outcomes = {file.shown: _unchanged(file, emit) for file in told.unchanged}
        if told.pending:
            await protection.admit(session, config.schema, "seed", confirmed=confirmed)
            spool = stack.enter_context(Spool())
            more = await stack.enter_async_context(connections(session, config, len(told.pending), emit))
            loads = await _prepare(config, session, told.pending, spool, emit)
            refuse_second_copy(loads, told.changed, force=force)
            refuse_shared_sync(loads, await _writers(session, loads, told.unchanged))
            units = order(loads, files)
            announce_cycles(units, loads, emit)
            await refuse_role(session, config)
            async with plpgsql_needed(session, config):
                if known is None or not known.complete:
                    await own.ensure(session, config, emit)
                loader = Loader(config, spool, emit, force=force, confirmed=confirmed)
                await loader.run(units, {load.file.name: load for load in loads}, more)
                outcomes |= loader.outcomes
                if loader.errors:
                    failure = failed(loader.errors, outcomes)
                    failure.result = _result(session, files, outcomes)
                    raise failure
        return _result(session, files, outcomes)


def _result(session: Session, files: tuple[SeedFile, ...], outcomes: dict[str, SeedOutcome]) -> SeedResult:
    told = tuple(outcomes[file.shown] for file in files if file.shown in outcomes)
    return SeedResult(database=describe(session), files=told)


async def plan(config: Config, *, paths: tuple[Path, ...] = (), emit: Emit = ignore) -> SeedPlanResult:
    """What `seed` would do: the files in an order that works, and why each waits for another.

    Reads and checks every file that is new or changed; writes and locks nothing. Raises `InputError` as `seed` does.
    """
    from migrator.seeding.ordering.order import order, refuse_second_copy, refuse_shared_sync

    files = find(config, paths, emit)
    async with connect(config, emit) as session:
        told = _told_apart(config, files, await ledger.read(session, config), force=False)
        outcomes = [SeedOutcome(path=file.shown, state="unchanged", reason="in the ledger") for file in told.unchanged]
        edges: tuple[SeedEdge, ...] = ()
        if told.pending:
            with Spool() as spool:
                loads = await _prepare(config, session, told.pending, spool, emit)
            refuse_second_copy(loads, told.changed, force=False)
            refuse_shared_sync(loads, await _writers(session, loads, told.unchanged))
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


async def summary(session: Session, config: Config) -> SeedSummary:
    """How many seed files are in the database as they are, changed since, or new.

    One round trip; neither locks nor writes; reads no YAML but a header. A folder that is not there has no files. Must
    not be called inside a transaction.
    """
    found = await ledger.read(session, config)
    known = found.files if found is not None else {}
    if not any((config.root / folder).exists() for folder in config.seeds):
        return SeedSummary(current=0, changed=0, new=0)
    existing = tuple(folder for folder in config.seeds if (config.root / folder).exists())
    files = [
        file
        for file in find(replace(config, seeds=existing))
        if (known[file.name].sha256 == file.sha256 if file.name in known else False) or _applies(file, config.env)
    ]
    return ledger.compare(files, known)


def _applies(file: SeedFile, env: str) -> bool:
    """A file whose header cannot be read counts: the reading that follows tells what is wrong with it."""
    try:
        return headers.applies(file, env)
    except InputError:
        return True


def _told_apart(config: Config, files: tuple[SeedFile, ...], known: Ledger | None, *, force: bool) -> _Pending:
    told = _Pending()
    for file in files:
        before = known.files.get(file.name) if known is not None else None
        if before is not None and not force and before.is_current(file):
            told.unchanged.append(file)
        elif _applies(file, config.env):
            told.pending.append(file)
            if before is not None:
                told.changed.add(file.name)
    return told


def _unchanged(file: SeedFile, emit: Emit) -> SeedOutcome:
    reason = "it is in the database as it is"
    emit(FileSkipped(path=file.shown, state="unchanged", reason=reason))
    return SeedOutcome(path=file.shown, state="unchanged", reason=reason)


async def _prepare(
    config: Config, session: Session, files: list[SeedFile], spool: Spool, emit: Emit
) -> "list[FileLoad]":
    """Read and check every file."""
    from migrator.seeding.preparing import declared
    from migrator.seeding.preparing.prepare import Preparation

    catalog = tables.Catalog()
    names = [name for file in files for name in headers.table_names(file) if name[:1] != "$"]
    async with _settings(session):
        await catalog.read(session, names)
        others = await tables.names(session) if None in catalog.named.values() else []
    for name, info in catalog.named.items():
        if info is not None and info.row_security:
            message = f"row level security applies to this role on `{name}`: rows that it hides seem not to be there"
            emit(Noticed(severity="WARNING", message=message))
    while True:
        preparation = Preparation(catalog, others, spool, config.environ)
        loads = await _read_all(preparation, files)
        if not preparation.unread:
            break
        async with _settings(session):
            await catalog.read(session, preparation.unread)
    await declared.refuse_undeclared(session, preparation.ids, catalog)
    return loads


async def _read_all(preparation: "Preparation", files: list[SeedFile]) -> "list[FileLoad]":
    """Read every file, in a thread, so that a signal is heard meanwhile."""

    def read() -> "list[FileLoad]":
        loads = [preparation.read(file) for file in files]
        if not preparation.unread:
            preparation.finish(loads)
        return loads

    work = asyncio.ensure_future(asyncio.to_thread(read))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        preparation.stop.set()
        await asyncio.wait([work])
        work.exception()
        raise


async def _writers(
    session: Session, loads: "list[FileLoad]", unchanged: list[SeedFile]
) -> "dict[int, list[tuple[SeedFile, Table]]]":
    """What files that are loaded already write to the tables that this run syncs; reads them only for that."""
    synced = {load.info.oid for file in loads for load in file.tables if load.table.where is not None}
    if not synced or not unchanged:
        return {}
    from migrator.seeding.files.rows import read_tables

    written = [(file, table) for file in unchanged for table in read_tables(file.path, file.shown)]
    catalog = tables.Catalog()
    async with _settings(session):
        await catalog.read(session, [table.name for _, table in written])
    found: dict[int, list[tuple[SeedFile, Table]]] = {}
    for file, table in written:
        info = catalog.named[table.name]
        if info is not None and info.oid in synced:
            found.setdefault(info.oid, []).append((file, table))
    return found


@asynccontextmanager
async def _settings(session: Session) -> AsyncIterator[None]:
    """Names mean what they mean under the settings of the address, such as its search_path."""
    if not session.target.settings:
        yield
        return
    from migrator.seeding.loading.load import set_locally

    await session.run(f"begin read only; {set_locally(session, {})}")
    try:
        yield
    except BaseException:
        await session.give_up()
        raise
    await session.run("rollback")
