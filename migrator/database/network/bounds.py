"""A bound in seconds that also holds in a task that was cancelled, where what is left to do is cleaning up.

Until Python 3.11.3 `asyncio.timeout` ends such a block with `CancelledError`, as if it had been cancelled once more
(https://github.com/python/cpython/issues/102780): the connection that did not answer would not be given up, and the
next bound would have to run out as well. Debian 12 has 3.11.2.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def bounded(seconds: float) -> AsyncIterator[None]:
    """Let the block take `seconds` at most; raises `TimeoutError` after that."""
    scope = asyncio.timeout(seconds)
    try:
        async with scope:
            yield
    except asyncio.CancelledError:
        if not scope.expired():
            raise
        raise TimeoutError from None
