"""A second connection to where the first one was lost, for as long as it may take a server to come back."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.database.address.target import Target
from migrator.database.network import verdicts
from migrator.database.network.bounds import bounded
from migrator.database.sessions.opening import apply_settings, open_session
from migrator.database.sessions.session import Session
from migrator.errors import UnavailableError

_MAY_PASS = (verdicts.PASSES | verdicts.NEXT_HOST | {"too-many-connections"}) - {"session-attributes"}
_PAUSE = (0.1, 0.3)
"""Seconds between two attempts."""

ONCE = 2.0
"""Seconds for an attempt, where there is less patience than that."""


@asynccontextmanager
async def connect_again(target: Target, *, patience: float) -> AsyncIterator[Session]:
    """A session on the target of one that was lost, with the settings of its address; abandoned at the end.

    Tries for `patience` seconds, and once for a few seconds where there are none, whatever is in the way: a server that
    stops, recovers or starts, a network that is down. Raises `UnavailableError`; a login that is refused at once.
    """
    session = await _open(target, deadline=time.monotonic() + patience)
    try:
        await apply_settings(session)
        yield session
    finally:
        session.abandon()


async def _open(target: Target, *, deadline: float) -> Session:
    while True:
        try:
            async with bounded(max(deadline - time.monotonic(), ONCE)):
                return await open_session(target)
        except TimeoutError:
            raise UnavailableError(f"`{target}` does not answer", code="connection-timeout") from None
        except UnavailableError as error:
            if not verdicts.codes(error) & _MAY_PASS or time.monotonic() >= deadline:
                raise
        await asyncio.sleep(random.uniform(*_PAUSE))  # noqa: S311 - jitter is no secret
