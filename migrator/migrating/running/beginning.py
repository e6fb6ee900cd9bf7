"""What every run that writes begins with: the tables, what to adopt, and what its transactions share."""

import os
import secrets
from collections.abc import Sequence

from migrator.config import Config
from migrator.database import own, rights
from migrator.database.sessions.session import Session
from migrator.events import Emit, ignore
from migrator.migrating.books import journal
from migrator.migrating.books.ledger import Ledger
from migrator.migrating.books.lock import gate
from migrator.migrating.files.migration import Migration
from migrator.migrating.files.stored import likeness
from migrator.migrating.planning.step import Step
from migrator.migrating.running.message import Frame
from migrator.migrating.running.session_state import SessionState
from migrator.sql.names import quote


def creation(config: Config, known: Ledger) -> str:
    """SQL that makes the tables that a run writes to, where they are missing; their rights are still to settle.

    They belong to the role of the configuration where the login has all of its rights, else to the login.
    """
    parts = [own.creation(config), known.entries.creation()]
    if known.entries.kind == "supabase":  # a journal of an earlier version lacks what this ledger needs
        parts.append(f"alter table {quote(config.schema, 'journal')} add column if not exists ledger_row text")
    if config.role is not None and known.plpgsql:
        tables = [*own.tables(config.schema), *known.entries.tables]
        parts.append(rights.owned(tables, own=config.schema, role=config.role))
    return "; ".join(filter(None, parts))


def settled(config: Config, known: Ledger) -> str:
    """SQL that sees to it that who shall read these tables can, and nobody else."""
    entries = known.entries
    tables = [*own.tables(config.schema), *entries.closable]
    others = [table for table in entries.tables if table not in tables]
    if not known.plpgsql:
        return "; ".join(rights.granted(tables, others=others, own=config.schema, readers=config.readers))
    return rights.settled(tables, others=others, own=config.schema, ledger=entries.schema, readers=config.readers)


def what_is_made(config: Config, known: Ledger) -> str:
    """What `creation` makes, in words."""
    return f"the schema `{config.schema}` and the ledger in `{known.entries.schema}`"


async def prepare(session: Session, config: Config, known: Ledger, emit: Emit = ignore) -> None:
    """Make the tables that a run writes to, where they are missing. One transaction; the caller holds the lock."""
    if not known.ready:
        await own.create(
            session,
            f"{creation(config, known)}; {settled(config, known)}",
            what=what_is_made(config, known),
            schema=known.entries.schema,
            emit=emit,
        )


def adoption(config: Config, known: Ledger, migrations: Sequence[Migration]) -> list[str]:
    """SQL that adopts what another tool applied, removes a dead lock row of ours, and settles rights.

    Rights each time: default privileges, another tool, or a new name in `readers` may have changed them. A file that is
    known to be edited since it was applied is not adopted: that it was would be forgotten.
    """
    parts = known.entries.remove_dead_lock(config.schema)
    parts.append(settled(config, known))
    for migration in migrations:
        entry = known.entry(migration.id)
        if entry is None or entry.journal is not None or migration.python:
            continue
        if entry.statements is None or likeness(entry.statements, migration.up.source) == "same":
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
        owed=tuple(step.migration for step in steps if step.migration.post_apply),
        owed_by=regular[-1] if regular else -1,
        last=len(steps) - 1,
        farewell=farewell,
        strays=known.strays,
        session=SessionState(
            server=session.version[0],
            settings=session.target.settings,
            watchful=known.watchful,
            plpgsql=known.plpgsql,
            pooled=session.pooled,
            gate=gate(known.entries.schema) if session.target.kind == "transaction-pooler" else "",
        ),
    )
