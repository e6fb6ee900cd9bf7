"""What every run that writes begins with: whether it may, the tables, and what its transactions share."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import replace

from migrator.config import Config
from migrator.database import own
from migrator.database.connect import describe
from migrator.database.session import Session
from migrator.errors import StateError, UnavailableError
from migrator.events.database import DatabaseInfo
from migrator.migrating import entries, journal
from migrator.migrating.ledger import Ledger
from migrator.migrating.message import Frame, Step
from migrator.migrating.migration import Migration


def database_info(session: Session, known: Ledger, config: Config) -> DatabaseInfo:
    """The database at the other end, with what only the ledger's query could tell."""
    supabase = known.supabase if config.supabase is None else config.supabase
    return replace(describe(session), supabase=supabase, protected=known.protected)


def refuse_pooler(session: Session, *, allowed: bool) -> None:
    """Raise `UnavailableError` behind a pooler that shares sessions: a session's lock belongs to anybody there."""
    if session.target.kind == "transaction-pooler" and not allowed:
        raise UnavailableError(
            f"`{session.target}` is a pooler in transaction mode, where no session lock holds",
            code="transaction-pooler",
            outcome="nothing was changed",
            hint="use the direct address or the session mode of the pooler (on Supabase: port 5432), "
            "or run on the ledger's own fence with `--allow-transaction-pooler`",
        )


def refuse_protected(known: Ledger, what: str) -> None:
    """Raise `StateError` when the database is marked as protected."""
    if known.protected:
        raise StateError(
            f"this database is protected against `migrate {what}`",
            code="protected",
            outcome="nothing was changed",
            hint="`migrate protect --off` takes the mark away",
        )


async def prepare(session: Session, config: Config, known: Ledger) -> None:
    """Make the tables that a run writes to, where they are missing. One transaction; the caller holds the lock."""
    if not known.ready:
        sql = f"{own.creation(config)}; {entries.creation_closed(known.schema, config.readers)}"
        await own.create(session, sql, what=f"the schema `{config.schema}` and the ledger in `{known.schema}`")


def adoption(config: Config, known: Ledger, migrations: Sequence[Migration]) -> list[str]:
    """SQL that takes what another tool applied as what the files hold now, and removes a dead lock row of ours."""
    parts = [journal.remove_dead_lock(config.schema, known.schema)]
    for migration in migrations:
        entry = known.applied.get(migration.id)
        if entry is not None and entry.journal is None and not migration.python:
            parts.append(journal.taken(config.schema, known.schema, migration, state="adopted"))
    return parts


def frame(session: Session, config: Config, known: Ledger, steps: Sequence[Step], *, farewell: str = "") -> Frame:
    """What the transactions of this run share."""
    regular = [index for index, step in enumerate(steps) if not step.migration.post_apply]
    return Frame(
        ledger=known.schema,
        own=config.schema,
        nonce=secrets.token_hex(8),
        pid=os.getpid(),
        lock_timeout=config.lock_timeout,
        role=config.role,
        settings=session.target.settings,
        owed=tuple(step.migration for step in steps if step.migration.post_apply),
        owed_by=regular[-1] if regular else -1,
        watchful=known.watchful,
        last=len(steps) - 1,
        farewell=farewell,
    )
