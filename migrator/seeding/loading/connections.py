"""The connections of a run: the one that is open already, and as many more as its files can use at once.

A pooler may let a client in and give it a connection of the server only when another client has gone, be it the one
that is open already. So a connection counts when the server has answered on it, and a file that is ready takes
whichever is free first.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from migrator.config import Config
from migrator.database.sessions.opening import Pool, pool
from migrator.database.sessions.session import Session
from migrator.errors import MigratorError
from migrator.events import Emit, Noticed

MOST = 8
"""Of a run, where nothing else is configured."""

MOST_ON_A_SESSION_POOLER = 4
"""Session-mode poolers let few clients in at a time, and the application is one of them."""


class Connections:
    """Sessions to borrow, one for each file that is ready. Made by `connections()`.

    Args:
        first: the session that is open already.
        more: where others come from.
        stack: ends what was opened.
        emit: told where there are fewer than wanted.
    """

    def __init__(self, first: Session, more: Pool, stack: AsyncExitStack, emit: Emit) -> None:
        self._pool = more
        self._stack = stack
        self._emit = emit
        self._free = deque([first])
        self._lent = 0
        self._opening = 0
        self._changed = asyncio.Event()
        self._failed: MigratorError | None = None
        self._told = False

    @property
    def in_use(self) -> int:
        """How many are lent."""
        return self._lent

    async def open_more(self, count: int) -> None:
        """Open so many while there is something else to do; what fails here is told when a file has to wait for it."""
        await asyncio.gather(*(self._try_open() for _ in range(count)))

    async def _try_open(self) -> None:
        try:
            await self._open()
        except MigratorError as error:
            self._failed = error
            self._notify()

    async def _open(self) -> None:
        self._opening += 1
        try:
            session = await self._stack.enter_async_context(self._pool.session())
            if session.pooled:
                try:
                    await session.read("select to_jsonb(pg_catalog.pg_backend_pid())")
                except BaseException:
                    session.abandon()  # a pooler that has not answered yet will not confirm that we gave up either
                    raise
            self._free.append(session)
        finally:
            self._opening -= 1
            self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Borrow one, in no transaction; it must come back so.

        Where the server admits no more connections, a run goes on with those that it has. One that was lost is
        replaced when no other is left.
        """
        session = await self._borrow()
        self._lent += 1
        try:
            yield session
        finally:
            self._lent -= 1
            if not session.closed:
                self._free.append(session)
            self._notify()

    async def _borrow(self) -> Session:
        while True:
            while self._free:
                session = self._free.popleft()
                if not session.closed:  # a server or a pooler may end one that idles
                    return session
            if self._failed is not None:
                self._tell(self._failed)
            if self._lent or self._opening:
                await self._changed.wait()
            else:
                await self._open()

    def _tell(self, error: MigratorError) -> None:
        self._failed = None
        if not self._told:
            self._told = True
            message = f"fewer connections than wanted, so fewer files at once: {error.message}"
            self._emit(Noticed(severity="WARNING", message=message, hint="set `pool_size` to what the server admits"))


@asynccontextmanager
async def connections(session: Session, config: Config, files: int, emit: Emit) -> AsyncIterator[Connections]:
    """The connections for a run of so many files: `config.pool_size`, else 8, or 4 where a session pooler may be.

    They are opened in the background, so that files which are ready need not wait for them.
    """
    most = MOST_ON_A_SESSION_POOLER if session.target.kind in {"session-pooler", "pooler"} else MOST
    size = max(1, min(config.pool_size or most, files))
    async with pool(session.target, size) as more, AsyncExitStack() as stack:
        found = Connections(session, more, stack, emit)
        opening = asyncio.create_task(found.open_more(size - 1))
        try:
            yield found
        finally:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
