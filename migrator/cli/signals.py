"""Awaiting work that SIGINT and SIGTERM may stop."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from migrator.cli.stopping import STOPPING, Stop

Answer = TypeVar("Answer")


async def stoppable(work: Coroutine[Any, Any, Answer], stop: Stop, *, first: Callable[[], None]) -> Answer:
    """Await the work; at the first signal call `first` and cancel it, at the second end the process.

    Raises `asyncio.CancelledError` when the work was cancelled, or what the work itself raised then.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)

    def hear(number: signal.Signals) -> None:
        if stop.by is None:
            stop.by = number
            first()
            task.cancel()
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    heard = []
    for number in STOPPING:
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # Windows, or not the main thread
            loop.add_signal_handler(number, hear, number)
            heard.append(number)
    try:
        return await task
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
