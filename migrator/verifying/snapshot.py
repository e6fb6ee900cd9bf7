"""`migrate snapshot`: the live schema as a folder of files, of which none is left that says something else."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrator.config import Config
from migrator.database.connect import connect
from migrator.errors import InputError
from migrator.events import Emit, ignore
from migrator.events.snapshot import SnapshotResult
from migrator.migrating.books import ledger
from migrator.migrating.books.scope import scope
from migrator.migrating.guards import database_info
from migrator.schema import reading
from migrator.schema.folder import HEAD, MARK, ROOMS, files, head
from migrator.schema.objects import Schema
from migrator.schema.placing import SUFFIX
from migrator.source import shown
from migrator.verifying.verify import refuse_old


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of the files, by number."""

    written: int
    unchanged: int
    removed: int


async def snapshot(config: Config, folder: Path, *, emit: Emit = ignore) -> SnapshotResult:
    """Write the live schema into a folder; the same schema gives the same bytes. Writes nothing to the database.

    Files of objects that are gone are removed; files that `migrate snapshot` did not write are left alone. While it
    reads the definitions of views it holds ACCESS SHARE locks, as every query does. A folder whose writing was cut off
    says so, and is refused by whoever reads it until it is written whole.

    Args:
        config: which database.
        folder: is made where it is not there; one that holds other things is refused.
        emit: hears which server was started for it.

    Raises:
        InputError: the folder is not ours, or cannot be written.
        UnavailableError: no connection, no right to read the ledger, or a schema that does not keep still.
    """
    refuse_foreign(folder)
    async with connect(config, emit) as session:
        refuse_old(session)
        known = await ledger.read(session, config, emit=emit)
        live = await reading.read(session, scope(config, known))
        info = database_info(session, known, config)
    done = write(folder, live)
    return SnapshotResult(
        database=info,
        path=shown(folder),
        objects=live.counts(),
        written=done.written,
        unchanged=done.unchanged,
        removed=done.removed,
        left_out=dict(live.unmodelled),
    )


def refuse_foreign(folder: Path) -> None:
    """Raise `InputError` where a folder is not ours to write: it holds other things, or is none."""
    try:
        if not os.path.lexists(folder) or _is_ours(folder / HEAD) or (folder.is_dir() and not any(folder.iterdir())):
            return
    except OSError as error:
        raise _unwritable(folder, error) from None
    what = "holds other things, and no snapshot" if folder.is_dir() else "is no folder"
    raise InputError(
        f"`{shown(folder)}` {what}",
        code="snapshot-folder",
        outcome="nothing was written",
        hint="name an empty folder, or one that `migrate snapshot` wrote",
    )


def write(folder: Path, schema: Schema) -> Written:
    """Make the folder hold this schema and no older file of ours; other files stay as they are.

    Raises `InputError` where a file that is not ours is in the way, or one cannot be written.
    """
    wanted = {folder / place: text.encode() for place, text in files(schema).items()}
    first = folder / HEAD
    try:
        old = [path for path in _ours(folder) if path not in wanted]
        new = {path: data for path, data in wanted.items() if not _holds(path, data)}
        for path in new:
            _refuse_in_the_way(path, folder)
        if old or new:
            folder.mkdir(parents=True, exist_ok=True)
            first.write_bytes(head(schema, unfinished=True).encode())
            for path in old:
                path.unlink()
            _prune(folder)
            for path, data in new.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                if path != first:
                    path.write_bytes(data)
            first.write_bytes(wanted[first])
    except OSError as error:
        raise _unwritable(folder, error) from error
    return Written(written=len(new), unchanged=len(wanted) - len(new), removed=len(old))


def _is_ours(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK.encode()


def _ours(folder: Path) -> Iterator[Path]:
    for room in ROOMS:
        for place, _, names in os.walk(folder / room):
            paths = (Path(place, name) for name in names if name.endswith(SUFFIX))
            yield from filter(_is_ours, paths)


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == data


def _refuse_in_the_way(path: Path, folder: Path) -> None:
    """Neither the file nor a folder on its way may be something that is not ours: a link leads elsewhere."""
    for part in (path, *path.parents):
        if part == folder:
            return
        if os.path.lexists(part) and not (_is_ours(part) if part == path else part.is_dir() and not part.is_symlink()):
            raise InputError(
                f"`{shown(part)}` is in the way: `migrate snapshot` did not write it",
                code="snapshot-folder",
                outcome="nothing was written",
                hint="move it away, or name another folder",
            )


def _prune(folder: Path) -> None:
    """Take away folders that have become empty."""
    for room in ROOMS:
        for place, _, _ in os.walk(folder / room, topdown=False):
            with contextlib.suppress(OSError):  # there is something in it
                Path(place).rmdir()


def _unwritable(folder: Path, error: OSError) -> InputError:
    at = folder if error.filename is None else Path(os.fsdecode(error.filename))
    return InputError(
        f"`{shown(at)}` cannot be written: {error.strerror or error}",
        code="unwritable-file",
        outcome="the snapshot is not whole; nothing was changed in the database",
    )
