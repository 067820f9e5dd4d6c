"""The ticker: says something now and then. For trying things out, and the shortest example of a runtime."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from ..models import Json, TextReply, Ticker
from .base import RunContext

__all__ = ["TickerRuntime"]


class TickerRuntime:
    """Emits `message` as a `TextReply` every `interval` seconds, `iterations` times. Result: `{"ticks": int}`."""

    runnable: ClassVar[type[Ticker]] = Ticker

    def lane(self, runnable: Ticker) -> str | None:
        """Tickers run side by side."""
        return None

    def cancellable(self, runnable: Ticker) -> bool:
        """As the ticker says."""
        return runnable.cancellable

    async def run(self, runnable: Ticker, context: RunContext) -> Json:
        """Tick; the first tick comes after one interval."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for tick in range(1, runnable.iterations + 1):
            # Due times are counted from the start: a slow log does not make the clock drift.
            await asyncio.sleep(max(0.0, begun + tick * runnable.interval - loop.time()))
            await context.emit(TextReply(text=runnable.message))
            await context.progress(tick / runnable.iterations)
        return {"ticks": runnable.iterations}
