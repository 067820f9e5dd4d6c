"""Collecting what a stream gives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ..models import Event

__all__ = ["collect"]


async def collect(stream: AsyncIterator[Event], n: int, *, deadline: float = 30.0) -> list[Event]:
    """The next `n` events. Raises `TimeoutError` where they do not come within `deadline` seconds."""
    found: list[Event] = []
    async with asyncio.timeout(deadline):
        while len(found) < n:
            found.append(await anext(stream))
    return found
