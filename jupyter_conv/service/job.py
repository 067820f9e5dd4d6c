"""A task while it lives: what the supervisor holds of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from ..runtimes import Runtime
from .principal import Ref

__all__ = ["Job", "Lane", "Stop"]

Lane = tuple[int, str]
"""A conversation's key, and the name of one of its lanes."""

Stop = Literal["cancelled", "timeout", "interrupted"]
"""Why a running task is made to end."""


@dataclass(eq=False, slots=True)
class Job:
    """One task that is not finished. It waits, or its `runner` sees it to its end while `work` does it."""

    key: int
    id: UUID
    ref: Ref
    runnable: Any
    runtime: Runtime[Any]
    timeout: float | None
    lane: Lane | None
    delayed: asyncio.TimerHandle | None = None
    runner: asyncio.Task[None] | None = None
    work: asyncio.Task[Any] | None = None
    stopping: Stop | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def cancellable(self) -> bool:
        """Whether it may be cancelled while it runs."""
        return self.runtime.cancellable(self.runnable)

    def stop(self, why: Stop) -> None:
        """Make the runtime unwind. The first reason given is the one told."""
        if self.stopping is None:
            self.stopping = why
            if self.work is not None:
                self.work.cancel()
