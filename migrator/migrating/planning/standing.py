"""The migrations' part of `migrate status`."""

from collections.abc import Sequence

from migrator.config import Config
from migrator.errors import StateError
from migrator.events.status import MigrationStatus
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.notes import JournalEntry
from migrator.migrating.files import folder
from migrator.migrating.files.migration import Migration
from migrator.migrating.files.reading import read_migrations
from migrator.migrating.planning.refusals import accepting, problems
from migrator.migrating.planning.states import Standing, assess


def read_all(config: Config) -> tuple[Migration, ...]:
    """Every migration of the configured folders, read and checked; raises `InputError`."""
    return read_migrations(folder.find(config.migrations))


def statuses(
    migrations: Sequence[Migration], known: Ledger, *, out_of_order: bool = False
) -> tuple[MigrationStatus, ...]:
    """A line for every migration of the files and of the ledger, in the order in which they apply. Pure.

    A post-apply file has a line only while the last `up` owes it. With `out_of_order`, late ones are no problem.
    """
    standings = assess(migrations, known)
    wrong = problems(standings, out_of_order=out_of_order)
    # a file that holds what was applied under another id is told with that one
    regular = (_status(each, wrong.get(each.id)) for each in standings if each.before is None)
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


def _status(standing: Standing, problem: StateError | None) -> MigrationStatus:
    note = standing.loose or (standing.entry.journal if standing.entry else None)
    files = standing.migration or standing.now
    total = len(files.up.statements) if files is not None else (note.total if note else 0)
    if standing.loose is not None:
        done, total = standing.loose.done, max(standing.loose.done, _total(files, standing.loose))
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
        code=_code(standing, problem),
        hint=_hint(standing, problem),
        renamed_to=None if standing.now is None else standing.now.id,
        problem=problem,
    )


def _total(files: Migration | None, note: JournalEntry) -> int:
    """How many statements a file that stopped on its way has by now: those behind what is done may be edited."""
    script = None if files is None else files.up if note.direction == "up" else files.down
    return note.total if script is None else len(script.statements)


NOTES = {
    "modified": "edited after it was applied",
    "missing": "its file is gone",
    "unknown": "applied by another tool or project, and has no file",
    "ahead": "applied by a newer release",
    "partial": "stopped on the way",
}


def _note(standing: Standing) -> str | None:
    if standing.loose is not None and standing.loose.direction == "down":
        return "its rollback stopped on the way"
    if standing.comments_only:
        return "comments were edited after it was applied"
    if _needs_yoyo(standing):
        return "only `yoyo` can run it"
    if standing.now is not None:
        return f"its file is called `{standing.now.id}` now"
    if standing.below is not None:
        return f"comes before `{standing.below}`, which is applied"
    return NOTES.get(standing.state)


def _hint(standing: Standing, problem: StateError | None) -> str | None:
    if problem is not None:
        return problem.hint
    if standing.loose is not None:
        return f"`migrate up` goes on at statement {standing.loose.done + 1}"
    return accepting(standing) if standing.comments_only else None


def _code(standing: Standing, problem: StateError | None) -> str | None:
    if problem is not None:
        return problem.code
    if standing.comments_only:
        return "comments-edited"
    if _needs_yoyo(standing):
        return "python-migration"
    return {"ahead": "database-ahead", "late": "migration-late"}.get(standing.state)


def _needs_yoyo(standing: Standing) -> bool:
    return standing.state == "pending" and standing.migration is not None and standing.migration.python
