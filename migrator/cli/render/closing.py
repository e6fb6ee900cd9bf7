"""The last line of a command that changes something: what it did, how long it took, and to which database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.cli.render import words
from migrator.cli.render.safe import line

if TYPE_CHECKING:
    from migrator.events.migrating import RunResult
    from migrator.events.protecting import ProtectResult
    from migrator.events.pulling import EditorSchemaResult, PullResult
    from migrator.events.seeding import ResetResult, SeedResult
    from migrator.events.server import Waiting
    from migrator.events.snapshot import SnapshotResult


def ran(result: RunResult, took: str) -> str:
    """The closing line of `up`, `down`, `redo` and `mark`."""
    if result.command == "mark":
        return _marked(result)
    where = line(result.database.address)
    parts = []
    for direction, word in (("down", "rolled back"), ("up", "applied")):
        number = sum(done.direction == direction for done in result.done)
        if number:
            parts.append(f"{word} {words.count(number, 'migration')}")
    if parts:
        rest = f"; {len(result.pending)} pending" if result.pending else ""
        return f"{' and '.join(parts)} in {took} at {where}{rest}"
    if result.command == "up":
        pending = words.count(len(result.pending), "migration")
        return f"nothing to apply: {where} {f'has {pending} pending' if result.pending else 'is up to date'}"
    return f"nothing to roll back at {where}"


def _marked(result: RunResult) -> str:
    if not result.marked:
        return f"nothing to mark: the ledger of {line(result.database.address)} says so already"
    return f"marked {words.listing(result.marked)} as {result.marked_as} at {line(result.database.address)}"


def protected(result: ProtectResult) -> str:
    """The closing line of `protect`."""
    where = line(result.database.address)
    if not result.changed:
        return f"nothing to change: {where} is {'' if result.database.protected else 'not '}protected"
    if result.database.protected:
        return f"protected {where}: `down`, `redo`, `seed` and `reset` now ask for its name"
    return f"lifted the protection of {where}"


def seeded(result: SeedResult, took: str) -> str:
    """The closing line of `seed`."""
    if not result.files:
        return "nothing to load: there are no seed files"
    where = line(result.database.address)
    loaded = sum(file.state == "loaded" for file in result.files)
    unchanged = sum(file.state == "unchanged" for file in result.files)
    if loaded:
        rest = f"; {unchanged} unchanged" if unchanged else ""
        return f"loaded {words.count(loaded, 'seed file')} in {took} at {where}{rest}"
    what = "its seed file is" if unchanged == 1 else f"its {unchanged} seed files are"
    return f"nothing to load: {where} is up to date, {what} unchanged"


def reset(result: ResetResult, took: str) -> str:
    """The closing line of `reset`."""
    dropped = f"dropped {words.listing(result.dropped)}, " if result.dropped else ""
    applied = words.count(len(result.up.done), "migration")
    loaded = words.count(sum(file.state == "loaded" for file in result.seed.files), "seed file")
    return f"{dropped}applied {applied} and loaded {loaded} in {took} at {line(result.database.address)}"


def pulled(result: PullResult) -> str:
    """The closing line of `pull`."""
    parts = [f"{words.count(table.rows, 'row')} of {line(table.table)}" for table in result.tables]
    return f"pulled {', '.join(parts)} from {line(result.database.address)}"


def described(result: EditorSchemaResult) -> str:
    """The closing line of `editor-schema`."""
    where = "" if result.path is None else f" in {line(result.path)}"
    return f"described {words.count(result.tables, 'table')} of {line(result.database.address)}{where}"


def snapped(result: SnapshotResult) -> str:
    """The closing line of `snapshot`."""
    where, path = line(result.database.address), line(result.path)
    objects = words.count(sum(result.objects.values()), "object")
    left_out = sum(result.left_out.values())
    rest = f"; {words.count(left_out, 'object')} of kinds that are not compared left out" if left_out else ""
    if not result.written and not result.removed:
        return f"nothing to write: {path} holds the {objects} of {where} as they are{rest}"
    removed = f", removed {result.removed}" if result.removed else ""
    unchanged = f"; {result.unchanged} unchanged" if result.unchanged else ""
    return f"wrote {words.count(result.written, 'file')}{removed} in {path}: {objects} of {where}{unchanged}{rest}"


def waiting(event: Waiting) -> str:
    """For what the command waits, who has it, and for how long it will."""
    what = {"lock": "the lock of another run", "server": "the server to start", "connection": "a connection"}
    holder = [] if event.pid is None else [f"pid {event.pid}"]
    holder += [line(part) for part in (event.application, event.client) if part]
    if event.since is not None:
        holder.append(f"since {words.moment(event.since)} UTC")
    held = f", held by {', '.join(holder)}" if holder else ""
    return f"waiting for {what[event.what]}{held}; giving up in {words.duration(event.patience)}"
