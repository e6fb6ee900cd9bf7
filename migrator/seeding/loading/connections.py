"""The connections of a run: the one that is open already, and as many more as its files can use at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from migrator.config import Config
from migrator.database.connect import Pool, pool
from migrator.database.session import Session
from migrator.errors import MigratorError, UnavailableError
from migrator.events import Emit, Noticed

MOST = 8
"""Of a run, where nothing else is configured."""

MOST_ON_A_SESSION_POOLER = 4
"""Session-mode poolers let few clients in at a time, and the application is one of them."""


class Connections:
    """Sessions to borrow, one for each file that is ready. Made by `connections()`."""

    def __init__(self, first: Session, more: Pool | None, emit: Emit) -> None:
        self._pool = more
        self._emit = emit
        self._told = False
        self._free: asyncio.Queue[Session | None] = asyncio.Queue()
        self._free.put_nowait(first)
        for _ in range(more.size if more is not None else 0):
            self._free.put_nowait(None)

    async def warm_up(self) -> None:
        """Open the connections of the pool while there is something else to do; what fails here is told later."""
        if self._pool is None:
            return
        async with AsyncExitStack() as stack:
            opening = [stack.enter_async_context(self._pool.session()) for _ in range(self._pool.size)]
            await asyncio.gather(*opening, return_exceptions=True)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Borrow one, in no transaction; it must come back so.

        Where the server admits no more connections, a run goes on with those that it has.
        """
        async with AsyncExitStack() as stack:
            while True:
                slot = await self._free.get()
                if slot is not None or self._pool is None:
                    break
                try:
                    borrowed = await stack.enter_async_context(self._pool.session())
                except UnavailableError as error:
                    self._tell(error)
                    continue
                except BaseException:
                    self._free.put_nowait(slot)
                    raise
                stack.callback(self._free.put_nowait, None)
                yield borrowed
                return
            if slot is not None:
                stack.callback(self._free.put_nowait, slot)
                yield slot

    def _tell(self, error: MigratorError) -> None:
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
    size = min(config.pool_size or most, files)
    if size <= 1:
        yield Connections(session, None, emit)
        return
    async with pool(session.target, size - 1) as more:
        found = Connections(session, more, emit)
        warming = asyncio.create_task(found.warm_up())
        try:
            yield found
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
