"""A run context that collects what a runtime emits, and no house around it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from pydantic import BaseModel

from jupyter_conv.errors import RuntimeFailure
from jupyter_conv.models import (
    ClearOutput,
    DisplayData,
    ErrorOutput,
    ExecuteResult,
    Failure,
    Json,
    NotebookOutput,
    Output,
    Stream,
    TextReply,
)
from jupyter_conv.runtimes.environment import MARK, child_environment
from jupyter_conv.runtimes.output import OutputGatherer
from jupyter_conv.runtimes.processes import marked

DEADLINE = 30.0


class CollectingContext:
    """Implements `RunContext`: every detail goes into `details`, every fraction into `fractions`."""

    def __init__(self, workspace: Path, kernels=None, conversation_id=None, max_bytes=64 * 2**20):
        self.conversation_id = conversation_id or uuid4()
        self.task_id = uuid4()
        self.workspace = workspace
        self.kernels = kernels
        self.mark = f"test-{os.getpid()}-{self.conversation_id}:{self.task_id}"
        self.environment: Mapping[str, str] = child_environment(os.environ, self.mark, ())
        self.details: list[BaseModel] = []
        self.fractions: list[float] = []
        self.first_output: float | None = None
        self._news = asyncio.Condition()
        self._gatherer = OutputGatherer(self._keep, self.progress, max_bytes=max_bytes)

    def path(self, relative: str) -> Path:
        found = (self.workspace / relative).resolve()
        if not found.is_relative_to(self.workspace.resolve()):
            raise RuntimeFailure(f"{relative} is outside the workspace.", code="outside")
        return found

    async def emit(self, detail: BaseModel) -> None:
        await self._gatherer.flush()  # text that came before it stays before it
        await self._keep(detail)

    async def _keep(self, detail: BaseModel) -> None:
        if isinstance(detail, Output) and self.first_output is None:
            self.first_output = time.perf_counter()
        self.details.append(detail)
        async with self._news:
            self._news.notify_all()

    async def delta(self, detail: BaseModel) -> None:
        pass

    async def output(self, output: NotebookOutput, *, display_id=None, update=False, cell=None):
        await self._gatherer.put(output, display_id, update, cell)

    async def progress(self, fraction: float, message: str | None = None) -> None:
        self.fractions.append(fraction)

    async def flush(self) -> None:
        await self._gatherer.flush()

    async def close(self) -> None:
        await self._gatherer.close()

    # What the tests ask.

    def of(self, kind: type) -> list:
        return [d for d in self.details if isinstance(d, kind)]

    @property
    def outputs(self) -> list:
        return [d.output for d in self.of(Output)]

    def text(self, name: str = "stdout") -> str:
        return "".join(o.text for o in self.outputs if isinstance(o, Stream) and o.name == name)

    async def until(self, condition: Callable[[], object], deadline: float = DEADLINE) -> None:
        """Wait until the condition holds of what was emitted."""
        async with self._news, asyncio.timeout(deadline):
            await self._news.wait_for(condition)

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
