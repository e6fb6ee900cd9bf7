"""Rows into their staging table: those of the spool, or a CSV file as it is."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator

from migrator.database.sessions.session import Session
from migrator.seeding.files.csvfile import changed_meanwhile
from migrator.seeding.loading.staging import Stage
from migrator.seeding.preparing.spool import Spool, source


async def fill(session: Session, stage: Stage, spool: Spool, sent: Callable[[int], None]) -> None:
    """Copy the rows of a stage; `sent` is told how many each piece had.

    Raises `InputError` for a CSV file that is not what it was when it was checked.
    """
    load, bulk = stage.load, stage.load.bulk
    if bulk is None:
        rows = source(spool, load.start, load.end, load.layouts(), sent)
        await session.copy(stage.name, stage.columns(), rows)
        return
    digest = hashlib.sha256()
    await session.copy(
        stage.name, stage.columns(), told(bulk.file.chunks(digest), bulk.size, load.rows, sent), csv=True
    )
    if digest.digest() != bulk.digest:
        raise changed_meanwhile(bulk.file.shown)


async def told(chunks: Iterator[bytes], size: int, rows: int, sent: Callable[[int], None]) -> AsyncIterator[bytes]:
    """The pieces, as they are copied; where rows end is the server's to find, so their number is told by share."""
    done = before = 0
    for chunk in chunks:
        done += len(chunk)
        now = min(rows, rows * done // max(1, size))
        sent(now - before)
        before = now
        yield chunk
