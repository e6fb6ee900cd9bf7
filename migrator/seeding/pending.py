"""Which seed files are in the database as they are, and which a run has to load. Reads no YAML but headers."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from migrator.config import Config
from migrator.database.sessions.session import Session
from migrator.errors import InputError
from migrator.events.status import SeedSummary
from migrator.seeding.books import ledger
from migrator.seeding.books.ledger import Ledger
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
    for file in files:
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
