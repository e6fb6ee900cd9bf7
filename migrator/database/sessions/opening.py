"""Sessions and pools on a target, opened without patience."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from migrator.database.address.target import SessionAttributes, Target
from migrator.database.network import verdicts
from migrator.database.network.bounds import bounded
from migrator.database.network.dialling import reach
from migrator.database.network.failures import refused_setting
from migrator.database.sessions.patience import Patience
from migrator.database.sessions.session import Session, settings
from migrator.errors import MigratorError, ServerError, UnavailableError

CLOSE_TIMEOUT = 5.0


async def _open(target: Target) -> "asyncpg.Connection[Any]":
    """Connect to the first of the hosts that will do. Raises our errors."""
    wanted = target.session_attributes
    rounds: tuple[SessionAttributes, ...] = ("standby", "any") if wanted == "prefer-standby" else (wanted,)
    causes: list[MigratorError] = []
    for attributes in rounds:
        causes = []
        for host in target.hosts:
            try:
                return await reach(target, host, attributes)
            except UnavailableError as error:
                if error.code not in verdicts.NEXT_HOST:
                    raise
                causes.append(error)
    raise verdicts.together(causes)


async def open_session(target: Target, patience: Patience | None = None) -> Session:
    """Connect once; what the session waits for later is taken from `patience`.

    Raises `UnavailableError` with what to do about it, `InputError` for a missing certificate.
    """
    return Session(await _open(target), target, patience)


async def apply_settings(session: Session) -> None:
    """Set what the address's `options` ask for, in one round trip; not where a pooler would hand it on to others."""
    target = session.target
    if not target.settings or session.pooled:
        return
    # whether this is the server itself, the server alone can tell
    here = f"pg_catalog.pg_backend_pid() = {session.pid}"
    given = f"case when {here} then row({settings(target.settings, local=False)}) is null end"
    try:
        ((backend, _),) = await session.read(f"select jsonb_build_array(pg_catalog.pg_backend_pid(), {given})")
    except ServerError as error:
        raise refused_setting(target, error) from error
    session.answered_by(backend)


class Pool:
    """Up to `size` sessions, opened when they are needed."""

    def __init__(self, pool: "asyncpg.Pool[Any]", target: Target, size: int) -> None:
        self._pool = pool
        self.target = target
        self.size = size

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Borrow a session; it goes back as it is, so whoever borrows leaves nothing but what `SET LOCAL` made.

        Raises what `open_session` raises when it has to be opened first.
        """
        async with self._pool.acquire() as borrowed:
            # asyncpg takes a connection that ends away from who has borrowed it, and then even asking whether it has
            # ended is an error
            connection: asyncpg.Connection[Any] = borrowed._con  # type: ignore[attr-defined] # noqa: SLF001 - no other way
            yield Session(connection, self.target)


async def _keep(connection: "asyncpg.Connection[Any]") -> None:
    """Leave a returned connection as it is: behind a pooler asyncpg's own reset would release other people's locks."""


@asynccontextmanager
async def pool(target: Target, size: int) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections, none of them opened before it is needed, all closed at the end.

    A login that was refused is not tried again: whoever needs a connection afterwards is told the same.
    """
    refused: UnavailableError | None = None

    async def opened(*_arguments: object, **_keywords: object) -> "asyncpg.Connection[Any]":
        nonlocal refused
        if refused is not None:
            raise refused
        try:
            return await _open(target)
        except UnavailableError as error:
            if error.code in verdicts.REFUSED_LOGINS:
                refused = error
            raise

    inner = asyncpg.create_pool(connect=opened, min_size=0, max_size=size, reset=_keep)
    await inner
    try:
        yield Pool(inner, target, size)
    finally:
        try:
            async with bounded(CLOSE_TIMEOUT):
                await inner.close()
        except TimeoutError:
            inner.terminate()
