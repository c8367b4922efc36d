"""The bound in time excuses the machine, and nobody else."""

import asyncio
from time import process_time, sleep

import pytest

from tests.patience import in_time


async def test_what_is_in_time_is_let_through() -> None:
    async with in_time(0.5):
        await asyncio.sleep(0.05)


async def test_waiting_is_not_excused() -> None:
    with pytest.raises(AssertionError, match="stood still"):
        async with in_time(0.1):
            await asyncio.sleep(0.6)


async def test_work_is_not_excused() -> None:
    with pytest.raises(AssertionError, match="stood still"):
        await working(0.5)


async def working(seconds: float) -> None:
    """So long this process computes without a pause, where it has much less time."""
    async with in_time(seconds / 10):
        end = process_time() + seconds
        while process_time() < end:
            pass
        await asyncio.sleep(0)


async def test_standing_still_is_excused() -> None:
    async with in_time(0.2):
        sleep(0.6)  # the whole process, and it does nothing
        await asyncio.sleep(0)
