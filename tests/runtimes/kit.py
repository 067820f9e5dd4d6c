"""A run context that collects what a runtime emits, and no house around it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import BaseModel

from jupyter_conv import testing
from jupyter_conv.models import (
    ClearOutput,
    DisplayData,
    ErrorOutput,
    ExecuteResult,
    Failure,
    Json,
    Output,
    Stream,
    TextReply,
)
from jupyter_conv.runtimes.environment import MARK
from jupyter_conv.runtimes.processes import marked

DEADLINE = 30.0


class CollectingContext(testing.CollectingContext):
    """The public one, and what these tests ask of it besides."""

    def __init__(self, workspace: Path, kernels=None, conversation_id=None, max_bytes=64 * 2**20):
        super().__init__(
            workspace,
            kernels=kernels,
            conversation_id=conversation_id,
            max_output_bytes=max_bytes,
        )
        self.first_output: float | None = None

    async def _keep(self, detail: BaseModel) -> None:
        if isinstance(detail, Output) and self.first_output is None:
            self.first_output = time.perf_counter()
        await super()._keep(detail)

    async def until_text(self, text: str, name: str = "stdout") -> None:
        await self.until(lambda: text in self.text(name))

    def left(self) -> list[int]:
        """Who lives with this task's mark."""
        return marked(self.mark)


@asynccontextmanager
async def running(runtime, runnable, context) -> AsyncIterator[asyncio.Task[Json]]:
    """A runtime at work on a runnable; cancelled and awaited at the end when it still is."""
    task = asyncio.create_task(run(runtime, runnable, context))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def run(runtime, runnable, context) -> Json:
    try:
        async with asyncio.timeout(DEADLINE * 3):
            return await runtime.run(runnable, context)
    finally:
        await context.close()


def wait_until(condition: Callable[[], object], deadline: float = DEADLINE) -> None:
    """Wait for what nobody tells: a process that appears, a clock that moves on."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


async def cancel(task: asyncio.Task[Json]) -> float:
    """Cancel, and wait for it to unwind. Out: the seconds it took."""
    begun = time.perf_counter()
    task.cancel()
    await asyncio.wait({task}, timeout=DEADLINE)
    assert task.cancelled(), task
    return time.perf_counter() - begun


__all__ = [
    "MARK",
    "ClearOutput",
    "CollectingContext",
    "DisplayData",
    "ErrorOutput",
    "ExecuteResult",
    "Failure",
    "Output",
    "Stream",
    "TextReply",
    "cancel",
    "run",
    "running",
    "wait_until",
]
