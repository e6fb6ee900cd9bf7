"""Which database a command speaks to, and whether its ledger can know the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from migrator.config import Config
from migrator.database.connect import describe
from migrator.database.sessions.session import Session
from migrator.errors import InputError
from migrator.events.database import DatabaseInfo
from migrator.migrating.books.ledger import Ledger

if TYPE_CHECKING:  # a run with nothing to do does without it
    from migrator.migrating.files.migration import Migration


def database_info(session: Session, known: Ledger, config: Config) -> DatabaseInfo:
    """The database at the other end, with what only the ledger's query could tell."""
    supabase = known.supabase if config.supabase is None else config.supabase
    return replace(describe(session), supabase=supabase, protected=known.protected)


def refuse_unversioned(known: Ledger, migrations: Sequence[Migration]) -> None:
    """Raise `InputError` for a file that the ledger has no place for, and for two that it would take for one."""
    seen: dict[str, Migration] = {}
    for migration in migrations:
        if migration.post_apply:
            continue
        reason = known.entries.unfit(migration.id)
        if reason is not None:
            raise InputError(
                f"`{migration.path}` has no place in the ledger `{known.entries.shown}`: {reason}",
                code="unversioned-migration",
                migration=migration.id,
                outcome="nothing was applied",
                hint="rename it to `<digits>_<name>.sql`, or move it out (the Supabase CLI skips it); "
                'or keep a ledger in yoyo\'s tables with `ledger = "yoyo"` in the configuration',
            )
        first = seen.setdefault(known.entries.key(migration.id), migration)
        if first is not migration:
            raise InputError(
                f"`{first.path}` and `{migration.path}` are one migration to the ledger `{known.entries.shown}`",
                code="duplicate-migration",
                migration=migration.id,
                outcome="nothing was applied",
                hint="rename the one that is not applied anywhere yet",
            )
