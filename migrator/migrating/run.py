"""What every run that writes has in common: who may run, the lock, the tables, and the plan made again under it."""

import asyncio
import os
import random
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic

from migrator.config import Config
from migrator.database import own
from migrator.database.connect import describe
from migrator.database.session import Session
from migrator.errors import StateError, UnavailableError
from migrator.events import Emit, Noticed, Planned, Waiting
from migrator.events.database import DatabaseInfo
from migrator.events.migrating import Done
from migrator.migrating import entries, journal, ledger
from migrator.migrating.blame import FenceLostError
from migrator.migrating.entries import LOCK
from migrator.migrating.execute import Execution
from migrator.migrating.ledger import Ledger
from migrator.migrating.lock import POLL, Held, hold
from migrator.migrating.message import LIMIT, Frame, Step
from migrator.migrating.migration import Migration
from migrator.sql.names import quote

Planner = Callable[[Ledger], tuple[Step, ...]]
"""What a run has to do, given what the database knows; called again whenever that may have changed."""


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


def _adoption(config: Config, known: Ledger, migrations: Sequence[Migration]) -> list[str]:
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


@asynccontextmanager
async def _locked(session: Session, config: Config, schema: str, *, emit: Emit) -> AsyncIterator[Held]:
    if session.target.kind == "transaction-pooler":
        # no session to hold a lock: the fence of every migration has to do
        yield Held(release="", released=True)
        return
    async with hold(session, schema, wait=config.wait, emit=emit) as held:
        yield held


async def perform(
    session: Session,
    config: Config,
    known: Ledger,
    plan: Planner,
    *,
    migrations: Sequence[Migration],
    emit: Emit,
    one_by_one: bool = False,
) -> tuple[Done, ...]:
    """Take the lock, plan again, run the plan.

    `known` is what was read without the lock; `migrations` are those to adopt where another tool applied them. Writes;
    waits for the lock and for a yoyo that runs up to `config.wait` seconds; raises `MigratorError` with `.done`.
    """
    deadline = monotonic() + config.wait
    fresh = not known.applied
    while True:
        try:
            async with _locked(session, config, known.schema, emit=emit) as held:
                await prepare(session, config, known)
                # where there were no tables there are no entries: should somebody be faster still, the fence tells
                now = known if known.missing else await ledger.read(session, config, observe=True)
                known = replace(now, missing=False, ready=True)
                steps = plan(now)
                if not steps:
                    return ()
                _refuse_stepwise_behind_pooler(session, steps)
                emit(Planned(direction=steps[-1].direction, ids=tuple(step.migration.id for step in steps)))
                alone = one_by_one or bool(now.observers) or not now.plpgsql
                _tell(steps, now, emit, alone=alone)
                shared = frame(session, config, now, steps, farewell=held.release)
                before = "; ".join(["begin", shared.settings_again, *_adoption(config, now, migrations), "commit"])
                run = Execution(
                    session,
                    steps,
                    shared,
                    emit,
                    limit=0 if alone else LIMIT,
                    fresh=fresh,
                    before=f"{before};\n",
                )
                done = await run.run()
                held.released = True
                return done
        except FenceLostError:
            await _wait_for_other(session, known.schema, config, deadline, emit)


def _refuse_stepwise_behind_pooler(session: Session, steps: Sequence[Step]) -> None:
    stepwise = next((step for step in steps if not step.migration.transactional), None)
    if session.target.kind == "transaction-pooler" and stepwise is not None:
        raise UnavailableError(
            f"`{stepwise.migration.id}` runs without a transaction, which cannot be made safe behind this pooler",
            code="transaction-pooler",
            migration=stepwise.migration.id,
            outcome="nothing was changed",
            hint="use the direct address or the pooler's session mode for this run",
        )


def _tell(steps: Sequence[Step], now: Ledger, emit: Emit, *, alone: bool) -> None:
    if alone and now.observers:
        emit(
            Noticed(
                severity="NOTICE",
                message=f"`{now.observers[0]}` stores the text of every message, so each statement is sent by itself",
            )
        )
    for step in steps:
        for warning in step.migration.warnings if step.direction == "up" else ():
            emit(warning)


async def _wait_for_other(session: Session, schema: str, config: Config, deadline: float, emit: Emit) -> None:
    """Another runner has what we were about to do: a `yoyo` command, or a `migrate` whose lock the pooler lost."""
    rows = await session.read(
        f"select jsonb_build_object('pid', pid, 'age', round(extract(epoch from {entries.UTC_NOW} - ctime))) "
        f"from {quote(schema, LOCK)}"
    )
    if monotonic() >= deadline:
        holder = f"process {rows[0]['pid']}, for {rows[0]['age']} s" if rows else "another session"
        raise UnavailableError(
            f"`yoyo` or another `migrate` holds the lock of the ledger: {holder}",
            code="locked",
            outcome=f"nothing was changed in the {config.wait:g} s that this run waited",
            hint="run the command again when it is done; if that process is dead, `yoyo break-lock` removes its lock",
        )
    emit(Waiting(what="lock", patience=max(0.0, deadline - monotonic())))
    await asyncio.sleep(random.uniform(*POLL) * 2)  # noqa: S311 - jitter needs no secrecy
