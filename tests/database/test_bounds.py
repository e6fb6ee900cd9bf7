"""A bound holds in a task that was cancelled, too."""

import asyncio

import pytest

from migrator.database.network.bounds import bounded


async def test_a_bound_holds_while_a_cancelled_task_cleans_up():
    """What takes too long there ends with `TimeoutError`, not as if it had been cancelled once more."""
    found: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            try:
                async with bounded(0.01):
                    await asyncio.sleep(60)
            except TimeoutError:
                found.append("in time")
            raise

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert found == ["in time"]


async def test_a_cancellation_inside_a_bound_stays_one():
    """Whoever is cancelled before the time is over is cancelled."""

    async def work() -> None:
        async with bounded(60):
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
