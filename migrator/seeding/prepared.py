"""Files read and checked against the tables that they name, before anything is written."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.events import Emit, Noticed
from migrator.seeding.books import tables
from migrator.seeding.books.snapshot import rolled_back, set_locally
from migrator.seeding.files import headers
from migrator.seeding.files.folders import SeedFile
from migrator.seeding.files.nodes import NOWHERE, Table
from migrator.seeding.files.rows import read_tables
from migrator.seeding.preparing.auth.accounts import read_accounts, with_identities
from migrator.seeding.preparing.declared import refuse_undeclared
from migrator.seeding.preparing.prepare import Preparation
from migrator.seeding.preparing.shapes import FileLoad
from migrator.seeding.preparing.spool import Spool


async def prepare(config: Config, session: Session, files: list[SeedFile], spool: Spool, emit: Emit) -> list[FileLoad]:
    """Read and check every file."""
    catalog = tables.Catalog()
    names = [name for file in files for name in headers.table_names(file) if name[:1] != "$"]
    async with _settings(session):
        await catalog.read(session, with_identities(names))
        others = await tables.names(session) if None in catalog.named.values() else []
    for name, info in catalog.named.items():
        if info is not None and info.row_security:
            message = f"row level security applies to this role on `{name}`: rows that it hides seem not to be there"
            emit(Noticed(severity="WARNING", message=message))
    accounts = await read_accounts(session, catalog, files, config.environ)
    while True:
        preparation = Preparation(catalog, others, spool, config.environ, accounts)
        loads = await _read_all(preparation, files)
        if not preparation.unread:
            break
        async with _settings(session):
            await catalog.read(session, preparation.unread)
    await refuse_undeclared(session, preparation.ids, catalog)
    return loads


async def _read_all(preparation: Preparation, files: list[SeedFile]) -> list[FileLoad]:
    """Read every file, in a thread, so that a signal is heard meanwhile."""

    def read() -> list[FileLoad]:
        loads = [preparation.read(file) for file in files if file.table is None]
        # a CSV file whose rows another file takes is no seed by itself
        taken = {load.includes.path(name) for load in loads for name in load.includes.digests}
        loads += [preparation.read(file) for file in files if file.table is not None and file.path not in taken]
        loads.sort(key=lambda load: load.file.name)
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


async def writers(
    session: Session, loads: list[FileLoad], unchanged: list[SeedFile]
) -> dict[int, list[tuple[SeedFile, Table]]]:
    """What files that are loaded already write to the tables that this run syncs; reads them only for that."""
    synced = {load.info.oid for file in loads for load in file.tables if load.table.where is not None}
    if not synced or not unchanged:
        return {}
    written = [(file, table) for file in unchanged for table in _tables(file)]
    catalog = tables.Catalog()
    async with _settings(session):
        await catalog.read(session, [table.name for _, table in written])
    found: dict[int, list[tuple[SeedFile, Table]]] = {}
    for file, table in written:
        info = catalog.named[table.name]
        if info is not None and info.oid in synced:
            found.setdefault(info.oid, []).append((file, table))
    return found


def _tables(file: SeedFile) -> list[Table]:
    if file.has_tables:
        return read_tables(file.path, file.shown)
    return [Table(name=file.table, place=NOWHERE)] if file.table is not None else []


@asynccontextmanager
async def _settings(session: Session) -> AsyncIterator[None]:
    """Names mean what they mean under the settings of the address, such as its search_path."""
    if not session.target.settings:
        yield
        return
    async with rolled_back(session, ["begin read only", set_locally(session, {})]):
        yield
