"""Giving a session's advisory lock back to the backend that has it, also where a pooler puts another one before us.

That a pooler shares connections by transaction may show only when the lock is held. Its backend is then one of many
that idle in the pool, or works for somebody else. It is not ended, for that client's sake: whatever answers in its
place is kept in a transaction for a moment, so that the pooler has to come to it in the end.
"""

import asyncio
from contextlib import suppress
from typing import Any

from migrator.database.network.bounds import bounded
from migrator.database.sessions.opening import open_session
from migrator.database.sessions.session import FAREWELL, Session
from migrator.errors import MigratorError
from migrator.events import Emit, Noticed

MOST_KEPT = 20
"""How many backends are kept at once: PgBouncer's own default for the size of a pool."""

KEEP = f"begin read only; set local idle_in_transaction_session_timeout = '{2 * FAREWELL:g}s'"
"""Should we be killed, the server ends what we kept."""


async def unlock(session: Session, number: int, backend: int, emit: Emit) -> None:
    """Give the lock of this number back, which `backend` has; must not be called inside a transaction.

    Behind a pooler whoever answers is asked whether he is it; others are kept on connections of our own until he is.
    Takes `FAREWELL` seconds at most, and tells through `emit` where the lock stays after that. Raises `MigratorError`
    where the session itself fails.
    """
    if not session.pooled:
        await session.run(f"select pg_catalog.pg_advisory_unlock({number})")
        return
    if await _asked(session, number, backend) or await _sought(session, number, backend):
        return
    emit(
        Noticed(
            severity="WARNING",
            message=f"the lock of this run stays with backend {backend}, which the pooler at `{session.target}` has "
            "given to another client",
            hint=f"until it is free no other run can begin: `select pg_terminate_backend({backend})` frees it",
        )
    )


async def _asked(session: Session, number: int, backend: int) -> bool:
    mine = f"pg_catalog.pg_backend_pid() = {backend}"
    unlocked = f"case when {mine} then pg_catalog.pg_advisory_unlock({number}) end"
    rows: list[Any] = await session.read(f"select jsonb_build_array({unlocked} is not null)")
    ((found,),) = rows
    return bool(found)


async def _sought(session: Session, number: int, backend: int) -> bool:
    kept: list[Session] = []
    try:
        async with bounded(FAREWELL / 2):
            while len(kept) < MOST_KEPT:
                other = await open_session(session.target)
                kept.append(other)
                await other.run(KEEP)
                if await _asked(other, number, backend):
                    return True
    except (TimeoutError, MigratorError):  # a pool that is spent, and the one that we look for is not free
        pass
    finally:
        await asyncio.gather(*map(_let_go, kept))
    return False


async def _let_go(other: Session) -> None:
    # a pooler closes the server's connection where a client leaves it in a transaction
    with suppress(MigratorError):
        async with other.within(1):
            await other.run("rollback")
    other.abandon()
