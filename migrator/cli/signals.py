"""Awaiting work that SIGINT and SIGTERM may stop."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from types import FrameType
from typing import Any, TypeVar

from migrator.cli.stopping import STOPPING, Stop

Answer = TypeVar("Answer")

ECHO = 1.0
"""Seconds in which another signal is taken for the same one: `timeout` and `npm` pass on what arrived anyway."""


@contextlib.contextmanager
def _hearing(hear: Callable[[signal.Signals], None], stop: Stop) -> Iterator[None]:
    """Send signals to `hear` on the event loop; after a stop they are ignored, for the process is about to end.

    Not with `loop.add_signal_handler`: the loop's end would bring back Python's own handler, and the echo of a signal
    would then be a KeyboardInterrupt in the middle of the last message.
    """
    loop = asyncio.get_running_loop()

    def pass_on(number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(hear, signal.Signals(number))

    before = {}
    for number in STOPPING:
        with contextlib.suppress(ValueError):  # not the main thread
            before[number] = signal.signal(number, pass_on)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if stop.by is None else signal.SIG_IGN)


async def stoppable(
    work: Coroutine[Any, Any, Answer], stop: Stop, *, first: Callable[[], None], second: Callable[[], None]
) -> Answer:
    """Await the work; at the first signal call `first` and cancel it, at a later one call `second` and end the process.

    Raises `asyncio.CancelledError` when the work was cancelled, or what the work itself raised then.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    asked_at = 0.0

    def hear(number: signal.Signals) -> None:
        nonlocal asked_at
        if stop.by is None:
            stop.by, asked_at = number, loop.time()
            first()
            task.cancel()
        elif loop.time() - asked_at > ECHO:
            second()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    with _hearing(hear, stop):
        return await task
