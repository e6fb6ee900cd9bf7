"""Files put in place whole: written beside their place first, then linked there, which never replaces another file.

A run that is killed leaves a file whole or not at all; its temporary file is removed by the next run.
"""

import contextlib
import os
import re
from pathlib import Path

from migrator.errors import InputError
from migrator.project.founding.plan import Piece
from migrator.source import shown

_MARK = "migrate-init"


def refuse_in_the_way(piece: Piece) -> None:
    """Raise `InputError` where something that is no folder stands where one is needed, or a folder where a file is."""
    for parent in piece.path.parents:
        if os.path.lexists(parent):
            if not parent.is_dir():
                raise _in_the_way(parent, "no folder, and one of that name is needed")
            break
    if piece.content is not None and piece.path.is_dir():
        raise _in_the_way(piece.path, "a folder, and a file of that name is needed")
    if piece.kept and not piece.path.exists():
        raise _in_the_way(piece.path, "a link that leads nowhere")


def _in_the_way(path: Path, what: str) -> InputError:
    return InputError(
        f"`{shown(path)}` is {what}",
        code="path-in-the-way",
        outcome="nothing was written",
        hint="move it, or name other folders with `--migrations DIR` and `--seeds DIR`",
    )


def holds(piece: Piece) -> bool:
    """The file is exactly what it shall be; the style of line ends does not count."""
    try:
        return piece.path.read_bytes().replace(b"\r\n", b"\n") == piece.content
    except OSError:
        return False


def put(piece: Piece) -> bool:
    """Write a piece; False where another file has come into its place meanwhile. Raises `OSError`."""
    content = piece.content or b""
    # a link is followed, so that it stays one
    path = piece.path.resolve() if piece.before is not None else piece.path
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{_MARK}")
    with beside.open("xb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if piece.before is not None:
                return _replace(beside, path, piece.before)
            return _link(beside, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()


def _replace(beside: Path, path: Path, before: bytes) -> bool:
    was = path.stat()
    beside.chmod(was.st_mode & 0o7777)
    if os.geteuid() == 0:
        os.chown(beside, was.st_uid, was.st_gid)
    if path.read_bytes() != before:  # somebody is editing it
        return False
    beside.replace(path)
    return True


def _link(beside: Path, path: Path) -> bool:
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if os.path.lexists(path):
            return False
        beside.rename(path)
    return True


def _sweep(path: Path) -> None:
    """Remove what a killed run has left beside a file."""
    form = re.compile(rf"\.{re.escape(path.name)}\.(\d+)\.{_MARK}")
    for each in path.parent.iterdir():
        found = form.fullmatch(each.name)
        if found and (int(found[1]) == os.getpid() or not _runs(int(found[1]))):
            with contextlib.suppress(FileNotFoundError):
                each.unlink()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
