"""Files against ledger: what state each migration is in. Pure.

What is applied and has a file is `applied` or `modified`. What is applied and has none is `renamed` (a file that waits
holds what it was), `ahead` (behind all files), `missing` (we have seen its file) or `unknown` (we have not). What is
not applied is `pending`, or `late` where something is applied that comes after it. What stopped is `partial`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from migrator.migrating.books.ledger import Ledger, LedgerEntry
from migrator.migrating.books.notes import JournalEntry
from migrator.migrating.files.folder import natural
from migrator.migrating.files.migration import Migration
from migrator.migrating.planning import content

if TYPE_CHECKING:
    from migrator.events.status import MigrationState


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A migration, where it stands.

    Attributes:
        id: its name.
        state: see docs/status.md.
        migration: its files; None when they are gone.
        entry: its entry in the ledger; None while it is not applied.
        loose: the note of a file that stopped on its way up or down.
        comments_only: it was edited since it was applied, but only in comments and white space.
        now: of a renamed one, the file that holds what was applied.
        before: of a file that holds what was applied under another id, that id. It is `renamed` as well, but has no
            line of its own.
        below: of a late one, the applied migration that it comes before.
        needed: of a late one, `below` depends on it.
    """

    id: str
    state: MigrationState
    migration: Migration | None
    entry: LedgerEntry | None
    loose: JournalEntry | None = None
    comments_only: bool = False
    now: Migration | None = None
    before: str | None = None
    below: str | None = None
    needed: bool = False


def assess(migrations: Sequence[Migration], ledger: Ledger) -> tuple[Standing, ...]:
    """Every migration of the files (in topological order) and of the ledger, with its state; no post-apply files.

    What has no file stands where its name sorts.
    """
    migrations = [migration for migration in migrations if not migration.post_apply]
    strangers = _strangers(migrations, ledger)
    before = {each.now.id: each.id for each in strangers if each.now is not None}
    late = _late(migrations, ledger, [each.id for each in strangers if each.state == "ahead"])
    found = []
    for migration in migrations:
        entry, loose = ledger.entry(migration.id), ledger.note(migration.id)
        below, needed = late.get(migration.id, (None, False))
        state: MigrationState
        comments_only = False
        if loose is not None:
            state = "partial"
        elif entry is not None:
            likeness = content.likeness(entry, migration)
            state, comments_only = "modified" if likeness == "other" else "applied", likeness == "comments"
        elif migration.id in before:
            state = "renamed"
        else:
            state = "late" if below is not None else "pending"
        found.append(
            Standing(
                id=migration.id,
                state=state,
                migration=migration,
                entry=entry,
                loose=loose,
                comments_only=comments_only,
                before=before.get(migration.id) if state == "renamed" else None,
                below=below if state == "late" else None,
                needed=needed and state == "late",
            )
        )
    return tuple(_merged(found, strangers))


def unapplied(standings: Iterable[Standing]) -> tuple[str, ...]:
    """The ids that are still to apply, in order."""
    return tuple(standing.id for standing in standings if standing.state in {"pending", "late"})


def _folder(migration: Migration) -> str:
    return migration.path.rpartition("/")[0]


def _strangers(migrations: Sequence[Migration], ledger: Ledger) -> list[Standing]:
    """What the database knows and has no file, in the order of the names."""
    keys = {ledger.entries.key(migration.id) for migration in migrations}
    stopped = {key: note for key, note in ledger.loose.items() if key not in keys and note.state != "owed"}
    gone = {entry.id: entry for key, entry in ledger.applied.items() if key not in keys and key not in stopped}
    undoing = {key: ledger.applied.get(key) for key in stopped}
    waiting = [each for each in migrations if ledger.entry(each.id) is None and ledger.note(each.id) is None]
    names = content.renamed(gone.values(), waiting)
    is_ahead = _Ahead(migrations, ledger)
    found = []
    for id_ in sorted(gone.keys() | stopped.keys(), key=natural):
        entry, note, now = gone.get(id_) or undoing.get(id_), stopped.get(id_), names.get(id_)
        state: MigrationState
        if note is not None or entry is None:
            state = "partial"
        elif now is not None:
            state = "renamed"
        elif is_ahead(entry):
            state = "ahead"
        else:
            state = "unknown" if entry.journal is None else "missing"
        found.append(Standing(id=id_, state=state, migration=None, entry=entry, loose=note, now=now))
    return found


class _Ahead:
    """Tells whether an entry without a file is of a newer release: its name sorts behind all files.

    With several folders a newer file of one may sort between those of another. Then it is enough to sort behind one
    folder's, where it was also applied after everything that has a file.
    """

    def __init__(self, migrations: Sequence[Migration], ledger: Ledger) -> None:
        newest: dict[str, tuple[tuple[int, int | str], ...]] = {}
        for migration in migrations:
            folder, place = _folder(migration), natural(migration.id)
            newest[folder] = max(newest.get(folder, place), place)
        self._newest = newest.values()
        times = [entry.applied_at for each in migrations if (entry := ledger.entry(each.id)) is not None]
        self._last = max((time for time in times if time is not None), default=None)

    def __call__(self, entry: LedgerEntry) -> bool:
        place = natural(entry.id)
        if not self._newest:  # a folder that is empty is more often the wrong one than an old one
            return False
        if place > max(self._newest):
            return True
        later = entry.applied_at is not None and self._last is not None and entry.applied_at > self._last
        return later and place > min(self._newest)


def _late(migrations: Sequence[Migration], ledger: Ledger, ahead: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """Files that come before something that is applied: what that is, and whether it depends on them.

    Names give an order within a folder, `-- depends:` everywhere; two folders are otherwise free of each other. A file
    that its dependencies have moved behind files of later names says nothing about these.
    """
    by_id = {migration.id: migration for migration in migrations}
    applied = {migration.id for migration in migrations if ledger.entry(migration.id) is not None}
    reached: set[str] = set()
    found: dict[str, tuple[str, bool]] = {}
    for migration in migrations:
        if migration.id not in applied:
            continue
        stack = [each for each in migration.depends if each not in reached]
        while stack:
            id_ = stack.pop()
            reached.add(id_)
            if id_ not in applied:
                found[id_] = (migration.id, True)
            stack += [each for each in by_id[id_].depends if each not in reached] if id_ in by_id else []
    highest: dict[str, str] = {}
    if ahead and len({_folder(migration) for migration in migrations}) == 1:
        highest[_folder(migrations[0])] = ahead[-1]
    for migration in reversed(migrations):
        folder = _folder(migration)
        if migration.id in applied:
            highest[folder] = max(highest.get(folder, migration.id), migration.id, key=natural)
        elif folder in highest and natural(migration.id) < natural(highest[folder]):
            found.setdefault(migration.id, (highest[folder], False))
    return found


def _merged(found: Sequence[Standing], strangers: Sequence[Standing]) -> Iterator[Standing]:
    """Both in one row: each stranger before the first file whose name sorts behind its own."""
    highest = list(accumulate((natural(standing.id) for standing in found), max))
    done = 0
    for stranger in strangers:
        place = bisect_right(highest, natural(stranger.id))
        yield from found[done:place]
        done = max(done, place)
        yield stranger
    yield from found[done:]
