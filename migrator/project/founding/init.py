"""`migrate init`: look, plan, write what lacks, tell what became of each file and how to go on."""

import os
import shlex
from pathlib import Path

from migrator.config import Config
from migrator.database.postgres.programs import INSTALL
from migrator.errors import InputError
from migrator.events import Emit, ignore
from migrator.events.founding import InitFile, InitResult
from migrator.project.founding.addresses import STANDARD
from migrator.project.founding.found import Ground, look
from migrator.project.founding.plan import Piece, pieces
from migrator.project.founding.write import holds, put, refuse_in_the_way
from migrator.source import shown


async def init(config: Config, *, ci: bool | None = None, dry_run: bool = False, emit: Emit = ignore) -> InitResult:  # noqa: ARG001 - as every command
    """Write what a project begins with and is not there yet; never overwrites a file. Needs no database, changes none.

    Each file is put in place whole, so that a run that was killed is completed by another.

    Args:
        config: what options and variables say, made by `migrator.config.without_file`; its `root` is where to look.
        ci: write the workflow; None means unless the repository uses another system.
        dry_run: only tell.
        emit: hears nothing so far.

    Raises `InputError` for a configuration that cannot be read, an address that cannot be read, something else in the
    place of a folder or a file, and what the system refuses to write.
    """
    try:
        ground = look(config)
        wanted = pieces(ground, ci=ci)
        for piece in wanted:
            refuse_in_the_way(piece)
    except OSError as error:
        raise _unreadable(error) from None
    done: list[InitFile] = []
    for piece in wanted:
        try:
            done.append(_settle(piece, dry_run=dry_run))
        except OSError as error:
            raise _unwritable(piece, error, done) from None
    return InitResult(files=tuple(done), found=ground.traces, next=_next(ground, wanted), dry_run=dry_run)


def _settle(piece: Piece, *, dry_run: bool) -> InitFile:
    path = shown(piece.path)
    if piece.content is None:
        return InitFile(path=path, state="kept" if piece.kept else "skipped", reason=piece.reason)
    if piece.before is None and os.path.lexists(piece.path):
        return _there(piece)
    if dry_run:
        return InitFile(path=path, state="planned", reason=piece.reason)
    if put(piece):
        return InitFile(path=path, state="written", reason=piece.reason)
    if piece.before is not None:
        return InitFile(path=path, state="kept", reason="it was changed just now; run it again")
    return _there(piece)


def _there(piece: Piece) -> InitFile:
    if holds(piece):
        return InitFile(path=shown(piece.path), state="unchanged")
    lost = piece.path.is_symlink() and not piece.path.exists()
    reason = "it is a link that leads nowhere" if lost else "it is there already, and says something else"
    return InitFile(path=shown(piece.path), state="kept", reason=reason)


def _unreadable(error: OSError) -> InputError:
    return InputError(
        f"`{shown(Path(str(error.filename)))}` cannot be read: {error.strerror}",
        code="unreadable-file",
        outcome="nothing was written",
        hint="give yourself the right to read it, or run `migrate init` as somebody who has it",
    )


def _unwritable(piece: Piece, error: OSError, done: list[InitFile]) -> InputError:
    written = [file.path for file in done if file.state == "written"]
    before = ", ".join(f"`{path}`" for path in written)
    return InputError(
        f"`{shown(piece.path)}` cannot be written: {error.strerror}",
        code="unwritable-file",
        outcome=f"{before} {'was' if len(written) == 1 else 'were'} written before"
        if written
        else "nothing was written",
        hint="give yourself the right to write there and run `migrate init` again: it goes on where it stopped",
        done=tuple(written),
    )


def _next(ground: Ground, wanted: tuple[Piece, ...]) -> tuple[str, ...]:
    said = []
    if ground.server_of_ours and not ground.embedded:
        said.append(INSTALL)
    if ground.configuration is None and ground.database.missing is not None:
        said.append(f"export {STANDARD}={shlex.quote(ground.database.missing)}")
    if ground.configuration is None and ground.database.start is not None:
        said.append(ground.database.start)
    others = any(piece.kept and piece.path.is_dir() for piece in wanted)
    return (*said, *(("migrate status",) if others else ()), "migrate up", "migrate seed", "migrate status")
