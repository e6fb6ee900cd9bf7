"""What every run that writes begins with: the tables, what to adopt, and what its transactions share."""

import os
import secrets
from collections.abc import Sequence

from migrator.config import Config
from migrator.database import own
from migrator.database.session import Session
from migrator.migrating import journal
from migrator.migrating.ledger import Ledger
from migrator.migrating.message import Frame, Step
from migrator.migrating.migration import Migration
from migrator.sql.names import quote


def creation(config: Config, known: Ledger) -> str:
    """SQL that makes the tables that a run writes to, where they are missing."""
    return f"{own.creation(config)}; {known.entries.creation()}"


async def prepare(session: Session, config: Config, known: Ledger) -> None:
    """Make the tables that a run writes to, where they are missing. One transaction; the caller holds the lock."""
    if not known.ready:
        what = f"the schema `{config.schema}` and the ledger in `{known.entries.schema}`"
        await own.create(session, creation(config, known), what=what)


def adoption(config: Config, known: Ledger, migrations: Sequence[Migration]) -> list[str]:
    """SQL that adopts what another tool applied, removes a dead lock row of ours, and lets `readers` read."""
    parts = known.entries.remove_dead_lock(config.schema)
    if config.readers:  # somebody may have joined since the tables were made
        tables = [quote(config.schema, name) for name in own.TABLES] + known.entries.tables
        parts += own.grants(config.schema, tables, config.readers)
    for migration in migrations:
        entry = known.entry(migration.id)
        if entry is not None and entry.journal is None and not migration.python:
            parts.append(journal.taken(config.schema, known.entries, migration, state="adopted"))
    return parts


def frame(session: Session, config: Config, known: Ledger, steps: Sequence[Step], *, farewell: str = "") -> Frame:
    """What the transactions of this run share."""
    regular = [index for index, step in enumerate(steps) if not step.migration.post_apply]
    return Frame(
        entries=known.entries,
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
        server=session.version[0],
    )
