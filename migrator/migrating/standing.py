"""The migrations' part of `migrate status`."""

from collections.abc import Sequence

from migrator.config import Config
from migrator.events.status import MigrationStatus
from migrator.migrating import folder
from migrator.migrating.files import read_migrations
from migrator.migrating.ledger import Ledger
from migrator.migrating.migration import Migration
from migrator.migrating.plan import Standing, assess


def read_all(config: Config) -> tuple[Migration, ...]:
    """Every migration of the configured folders, read and checked; raises `InputError`."""
    return read_migrations(folder.find(config.migrations))


def statuses(migrations: Sequence[Migration], known: Ledger) -> tuple[MigrationStatus, ...]:
    """A line for every migration of the files and of the ledger, in the order in which they apply. Pure.

    A post-apply file has a line only while the last `up` owes it.
    """
    regular = map(_status, assess(migrations, known))
    return (*regular, *(_owed(each) for each in migrations if each.post_apply and known.note(each.id) is not None))


def _owed(migration: Migration) -> MigrationStatus:
    return MigrationStatus(
        id=migration.id,
        path=migration.path,
        state="pending",
        applied_at=None,
        steps_done=0,
        steps_total=len(migration.up.statements),
        duration=None,
        transactional=migration.transactional,
        note="owed since the last `up`",
    )


def _status(standing: Standing) -> MigrationStatus:
    note = standing.loose or (standing.entry.journal if standing.entry else None)
    files = standing.migration
    total = len(files.up.statements) if files is not None else (note.total if note else 0)
    if standing.loose is not None:
        done, total = standing.loose.done, standing.loose.total
    elif standing.entry is None:
        done = 0
    else:
        done = total = note.total if note is not None else total
    return MigrationStatus(
        id=standing.id,
        path=files.path if files is not None else None,
        state=standing.state,
        applied_at=standing.entry.applied_at if standing.entry else None,
        steps_done=done,
        steps_total=total,
        duration=note.duration if note is not None and standing.loose is None else None,
        transactional=files.transactional if files is not None else True,
        note=_note(standing),
    )


NOTES = {
    "modified": "edited after it was applied",
    "unknown": "its file is gone",
    "ahead": "applied by a newer release",
    "late": "comes before a migration that is applied",
    "partial": "stopped on the way",
}


def _note(standing: Standing) -> str | None:
    if standing.loose is not None and standing.loose.state == "undoing":
        return "its rollback stopped on the way"
    if standing.comments_only:
        return "comments were edited after it was applied"
    if standing.state == "pending" and standing.migration is not None and standing.migration.python:
        return "only `yoyo` can run it"
    return NOTES.get(standing.state)
