"""The files of the migrations folders: which there are, in which order, and whether their names make sense.

Reading is cheap on purpose: nothing is parsed here. A deploy that changes nothing compares hashes and is done.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from migrator.errors import InputError, UnavailableError
from migrator.source import shown

ROLLBACK = ".rollback.sql"
POST_APPLY = "post-apply"
SUPABASE_NAME = re.compile(r"(\d+)_.*\.sql")
NUMBER = re.compile(r"(\d+)")
PIECE = 65_536
"""Bytes that are read at once: most files are smaller."""

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationFile:
    """A file of a migrations folder, read but not looked into: enough to see whether anything has changed.

    Attributes:
        id: the file name without its ending.
        path: the file.
        shown: the path as the user would write it.
        data: its bytes.
        sha256: of the bytes with line ends made one, so that a checkout with CRLF is the same file.
        rollback: the file that rolls it back, if there is one.
        post_apply: it runs after every `up` that had work.
        python: a migration that only the `yoyo` command can run.
    """

    id: str
    path: Path
    shown: str
    data: bytes
    sha256: bytes
    rollback: Path | None = None
    post_apply: bool = False
    python: bool = False

    @property
    def text(self) -> str:
        """The file as text, for a comparison: what is not UTF-8 is replaced."""
        return self.data.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")


@cache
def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """A sort key in which numbers count as numbers: `V1_5_2` comes before `V1_10_0`."""
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in NUMBER.split(name) if part)


def is_supabase(folder: Path) -> bool:
    """The folder belongs to the Supabase CLI, which applies every `.sql` file in it."""
    return folder.name == "migrations" and folder.parent.name == "supabase"


def _is_migration(name: str) -> bool:
    # what editors, Python and `yoyo new` leave beside migrations
    return name.endswith((".sql", ".py")) and not name.startswith((".", "_tmp_yoyonew")) and name != "__init__.py"


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _is_migration(entry.name) and entry.is_file()]
    except FileNotFoundError:
        raise InputError(
            f"there is no folder `{shown(folder)}`",
            code="no-migrations-folder",
            hint="`migrate new NAME` makes it with a first migration; `--migrations DIR` names another",
        ) from None
    except OSError as error:
        raise InputError(
            f"the folder `{shown(folder)}` cannot be read: {error.strerror}", code="unreadable-folder"
        ) from None
    return sorted(names, key=natural)


def _rollbacks(folder: Path, names: list[str]) -> dict[str, Path]:
    """Rollback files by the id of the migration that they belong to."""
    inside = [name for name in names if name.endswith(ROLLBACK)]
    if not is_supabase(folder):
        return {name.removesuffix(ROLLBACK): folder / name for name in inside}
    if inside:
        raise InputError(
            f"`{shown(folder / inside[0])}` would be applied by the Supabase CLI as a migration",
            code="rollback-in-supabase-folder",
            hint=f"move it to `supabase/rollbacks/{inside[0].removesuffix(ROLLBACK)}.sql`",
        )
    beside = folder.parent / "rollbacks"
    return {path.stem: path for path in sorted(beside.glob("*.sql"))}


@asynccontextmanager
async def while_connecting(read: Callable[[], Read]) -> AsyncIterator[asyncio.Task[Read]]:
    """Read files in a thread, while the block connects: far away that takes as long as a thousand files.

    Where there is no connection, what is wrong with the files is raised instead.
    """
    task = asyncio.create_task(asyncio.to_thread(read))
    try:
        yield task
    except UnavailableError:
        await task
        raise
    finally:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # nobody else may have asked: another error was there first


def read_bytes(path: Path) -> bytes:
    """The file's bytes; raises `InputError` where it cannot be read.

    A deploy that changes nothing reads every file and little else, and Python's file objects would double its cost.
    """
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            return b"".join(iter(lambda: os.read(file, PIECE), b""))
        finally:
            os.close(file)
    except OSError as error:
        raise InputError(f"`{shown(path)}` cannot be read: {error.strerror}", code="unreadable-file") from None


def digest(data: bytes) -> bytes:
    """The sha256 of a file's content, the same for every style of line ends and with or without a byte order mark."""
    return hashlib.sha256(data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")).digest()


def _found(folder: Path) -> list[MigrationFile]:
    names = _names(folder)
    rollbacks = _rollbacks(folder, names)
    label = shown(folder)
    files = []
    for name in names:
        if name.endswith(ROLLBACK):
            continue
        path = folder / name
        data = read_bytes(path)
        name_alone = name.rpartition(".")[0]
        files.append(
            MigrationFile(
                id=name_alone,
                path=path,
                shown=f"{label}/{name}",
                data=data,
                sha256=digest(data),
                rollback=rollbacks.pop(name_alone, None),
                post_apply=name.startswith(POST_APPLY),
                python=name.endswith(".py"),
            )
        )
    for orphan in rollbacks.values():
        raise InputError(
            f"`{shown(orphan)}` rolls back nothing: there is no migration of that name beside it",
            code="orphan-rollback",
            hint="rename it after its migration, or remove it",
        )
    if is_supabase(folder):
        _refuse_one_version_twice(files)
    return files


def _refuse_one_version_twice(files: list[MigrationFile]) -> None:
    """The Supabase CLI knows a migration by the digits before its first underscore."""
    seen: dict[str, MigrationFile] = {}
    for file in files:
        named = SUPABASE_NAME.fullmatch(file.path.name)
        if named and seen.setdefault(named.group(1), file) is not file:
            raise _twice(f"the version `{named.group(1)}`", seen[named.group(1)], file)


def _twice(what: str, first: MigrationFile, second: MigrationFile) -> InputError:
    return InputError(
        f"two files have {what}: `{first.shown}` and `{second.shown}`",
        code="duplicate-migration",
        outcome="nothing was applied",
        hint="rename the one that is not applied anywhere yet",
    )


def find(folders: tuple[Path, ...]) -> tuple[MigrationFile, ...]:
    """Every migration of the folders, in the order of folders and natural file names; post-apply files included.

    Raises `InputError` for a folder or file that cannot be read, for two files of one id and for a rollback file
    without its migration.
    """
    seen: dict[str, MigrationFile] = {}
    for folder in folders:
        for file in _found(folder):
            if seen.setdefault(file.id, file) is not file:
                raise _twice(f"the id `{file.id}`", seen[file.id], file)
    return tuple(seen.values())
