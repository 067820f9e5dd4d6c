"""Waiting: a task that does nothing for a while and cannot be cancelled."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from ..models import Json, Wait
from .base import RunContext

__all__ = ["WaitRuntime"]


class WaitRuntime:
    """Waits `timeout` seconds. Result: null."""

    runnable: ClassVar[type[Wait]] = Wait

    def lane(self, runnable: Wait) -> str | None:
        """Waits run side by side."""
        return None

    def cancellable(self, runnable: Wait) -> bool:
        """Never."""
        return False

    async def run(self, runnable: Wait, context: RunContext) -> Json:
        """Wait. The end of the server still ends it."""
        await asyncio.sleep(runnable.timeout)
        return None
