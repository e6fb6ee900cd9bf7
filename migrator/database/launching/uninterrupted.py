"""Work of a thread that cannot be stopped half-way: whoever waits for it and is cancelled still sees it through."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


async def to_its_end(work: Callable[[], Answer], *, undo: Callable[[Answer], object] | None = None) -> Answer:
    """Do blocking work in a thread and wait for its end, also when cancelled meanwhile; what it made is undone then.

    `undo` gets what the work gave, in a thread, too. Raises what the work raises, or `asyncio.CancelledError`.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        if running.exception() is None and undo is not None:
            await asyncio.to_thread(undo, running.result())
        raise
