"""Which seed files are in the database as they are, and which a run has to load. Reads no YAML but headers."""

import os
from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from pathlib import Path

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import InputError
from migrator.events.status import SeedSummary
from migrator.seeding.books import ledger
from migrator.seeding.books.ledger import Known, Ledger
from migrator.seeding.files import headers
from migrator.seeding.files.folders import SeedFile, find


@dataclass(slots=True)
class Pending:
    """The files of a run, told apart by the ledger.

    Attributes:
        unchanged: those that are in the database as they are.
        pending: those that are to be loaded.
        changed: the names of pending ones that were loaded before.
    """

    unchanged: list[SeedFile] = field(default_factory=list)
    pending: list[SeedFile] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)


def told_apart(config: Config, files: Iterable[SeedFile], known: Ledger | None, *, force: bool) -> Pending:
    """Files by what the ledger says of them; those of other environments are left out. `force`: none is unchanged."""
    told = Pending()
    files = tuple(files)
    taken = taken_by_others(files, known.files if known is not None else {}, config.env)
    for file in files:
        if file.path in taken:
            continue
        before = known.files.get(file.name) if known is not None else None
        if before is not None and not force and before.is_current(file):
            told.unchanged.append(file)
        elif _applies(file, config.env):
            told.pending.append(file)
            if before is not None:
                told.changed.add(file.name)
    return told


async def summary(session: Session, config: Config) -> SeedSummary:
    """How many seed files are in the database as they are, changed since, or new.

    One round trip; neither locks nor writes; reads no YAML but a header. A folder that is not there has no files. Must
    not be called inside a transaction.
    """
    found = await ledger.read(session, config)
    known = found.files if found is not None else {}
    existing = tuple(folder for folder in config.seeds if (config.root / folder).exists())
    if not existing:
        return SeedSummary(current=0, changed=0, new=0)
    found_files = find(replace(config, seeds=existing))
    taken = taken_by_others(found_files, known, config.env)
    files = [
        file
        for file in found_files
        if file.path not in taken
        and ((file.name in known and known[file.name].sha256 == file.sha256) or _applies(file, config.env))
    ]
    return ledger.compare(files, known)


def taken_by_others(files: tuple[SeedFile, ...], known: Map[str, Known], env: str) -> set[Path]:
    """CSV files that are no seeds, because a file takes their rows that is loaded already or is not for `env`.

    What the files of a run take, is known when they are read.
    """
    if not any(file.table is not None for file in files):
        return set()
    taken: set[Path] = set()
    for file in (file for file in files if file.has_tables):
        before = known.get(file.name)
        if before is not None and before.is_current(file):
            names = list(before.included)
        elif not _applies(file, env):
            from migrator.seeding.files.rows import read_tables

            names = [table.file for table in read_tables(file.path, file.shown) if table.file is not None]
        else:
            continue
        taken |= {Path(os.path.abspath(file.path.parent / name)) for name in names}  # noqa: PTH100 - not following links
    return taken


def _applies(file: SeedFile, env: str) -> bool:
    """A file whose header cannot be read counts: the reading that follows tells what is wrong with it."""
    try:
        return headers.applies(file, env)
    except InputError:
        return True
