"""Opening sessions and pools on a target, and saying which database is at the other end."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from migrator.config import Config
from migrator.database.servers import locate
from migrator.database.session import Session
from migrator.database.target import Target
from migrator.events import Emit, ignore
from migrator.events.database import DatabaseInfo

# The server of a killed client would otherwise finish and commit its running statement, and keep our lock meanwhile.
SESSION_SETTINGS = "set client_connection_check_interval = '1s'"


def _tls(target: Target) -> ssl.SSLContext | str | bool:
    mode = target.tls.mode or ("disable" if target.is_local else "require")
    return False if mode == "disable" else mode


def _keywords(target: Target) -> dict[str, Any]:
    """What asyncpg is told. The one place where the password leaves its `Secret`."""
    return {
        "host": [host.name for host in target.hosts],
        "port": [host.port for host in target.hosts],
        "user": target.user,
        "password": target.password.reveal() if target.password is not None else None,
        "database": target.database,
        "ssl": _tls(target),
        "timeout": target.connect_timeout,
        "statement_cache_size": 0,
        "server_settings": {"application_name": target.application_name},
    }


async def open_session(target: Target) -> Session:
    """Connect once. Raises `UnavailableError` with what to do about it."""
    return Session(await asyncpg.connect(**_keywords(target)), target)


@asynccontextmanager
async def connect(config: Config, emit: Emit = ignore) -> AsyncIterator[Session]:
    """One session on the configured database, closed at the end; starts the server where the address asks for one."""
    async with locate(config, emit) as target:
        session = await open_session(target)
        try:
            yield session
        finally:
            await session.close()


class Pool:
    """Up to `size` sessions, opened when they are needed."""

    def __init__(self, pool: "asyncpg.Pool[Any]", target: Target, size: int) -> None:
        self._pool = pool
        self.target = target
        self.size = size

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Borrow a session; it goes back as it is, so whoever borrows leaves no state behind but what `SET LOCAL` made."""
        async with self._pool.acquire() as connection:
            yield Session(connection, self.target)


async def _keep(connection: "asyncpg.Connection[Any]") -> None:
    """Leave a returned connection as it is: asyncpg's own reset would release other people's locks behind a pooler."""


@asynccontextmanager
async def pool(target: Target, size: int) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections, none of them opened before it is needed."""
    inner = asyncpg.create_pool(min_size=0, max_size=size, reset=_keep, **_keywords(target))
    async with inner:
        yield Pool(inner, target, size)


def describe(session: Session) -> DatabaseInfo:
    """The database at the other end, as far as the handshake and the address tell: no round trip."""
    number, text = session.version
    return DatabaseInfo(
        address=str(session.target),
        origin=session.target.origin,
        kind=session.target.kind,
        server_version=text,
        server_version_num=number,
    )
