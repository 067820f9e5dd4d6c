"""A `RunContext` that collects what a runtime emits, with no house around it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel

from ..errors import InvalidError, RuntimeFailure
from ..models import Json, NotebookOutput, Output, Stream
from ..runtimes import KernelPool, OutputGatherer, Runtime, child_environment
from ..workspace import resolve

__all__ = ["CollectingContext", "Ran", "run_runtime"]

D = TypeVar("D", bound=BaseModel)


class CollectingContext:
    """Every detail goes into `details`, every delta into `deltas`, every fraction into `fractions`.

    `workspace`: an existing directory. `kernels`: a pool, for runtimes that ask for one.
    """

    def __init__(
        self,
        workspace: Path,
        *,
        kernels: KernelPool | None = None,
        conversation_id: UUID | None = None,
        max_output_bytes: int = 64 << 20,
    ) -> None:
        self.conversation_id = conversation_id or uuid4()
        self.task_id = uuid4()
        self.workspace = workspace
        self.mark = f"test-{os.getpid()}-{self.conversation_id}:{self.task_id}"
        self.environment: Mapping[str, str] = child_environment(os.environ, self.mark, ())
        self.details: list[BaseModel] = []
        self.deltas: list[BaseModel] = []
        self.fractions: list[float] = []
        self._kernels = kernels
        self._news = asyncio.Condition()
        self._gatherer = OutputGatherer(self._keep, self.progress, max_bytes=max_output_bytes)

    @property
    def kernels(self) -> KernelPool:
        """The pool that was given. Raises `RuntimeFailure` without one."""
        if self._kernels is None:
            raise RuntimeFailure("This context was given no kernels.")
        return self._kernels

    def path(self, relative: str) -> Path:
        """A path of the workspace, confined to it."""
        try:
            return resolve(self.workspace, relative)
        except InvalidError as error:
            raise RuntimeFailure(error.message, code=error.code) from None

    async def emit(self, detail: BaseModel) -> None:
        """Collect a detail, behind the text that came before it."""
        await self._gatherer.flush()
        await self._keep(detail)

    async def _keep(self, detail: BaseModel) -> None:
        async with self._news:
            self.details.append(detail)
            self._news.notify_all()

    async def delta(self, detail: BaseModel) -> None:
        """Collect a delta."""
        await self._gatherer.flush()
        self.deltas.append(detail)

    async def output(
        self,
        output: NotebookOutput,
        *,
        display_id: str | None = None,
        update: bool = False,
        cell: int | None = None,
    ) -> None:
        """Gather an output, as a server does."""
        await self._gatherer.put(output, display_id, update, cell)

    async def progress(self, fraction: float, message: str | None = None) -> None:
        """Collect a fraction."""
        self.fractions.append(fraction)

    async def flush(self) -> None:
        """Put out what is gathered."""
        await self._gatherer.flush()

    async def close(self) -> None:
        """The runtime has ended."""
        await self._gatherer.close()

    def of(self, kind: type[D]) -> list[D]:
        """The details of one type."""
        return [detail for detail in self.details if isinstance(detail, kind)]

    @property
    def outputs(self) -> list[NotebookOutput]:
        """The outputs."""
        return [detail.output for detail in self.of(Output)]

    def text(self, name: str = "stdout") -> str:
        """What was printed."""
        return "".join(o.text for o in self.outputs if isinstance(o, Stream) and o.name == name)

    async def until(self, condition: Callable[[], object], deadline: float = 30.0) -> None:
        """Wait until the condition holds of what was emitted. Raises `TimeoutError`."""
        async with self._news, asyncio.timeout(deadline):
            await self._news.wait_for(condition)


@dataclass(frozen=True)
class Ran:
    """How a run went: what was emitted, the result, the last word on progress (0..1, or null)."""

    details: list[BaseModel]
    result: Json
    progress: float | None


async def run_runtime(runtime: Runtime[Any], runnable: BaseModel) -> Ran:
    """Run a runnable to its end in an empty workspace. Raises what the runtime raises."""
    with tempfile.TemporaryDirectory() as workspace:
        context = CollectingContext(Path(workspace))
        try:
            result = await runtime.run(runnable, context)
        finally:
            await context.close()
    return Ran(context.details, result, context.fractions[-1] if context.fractions else None)
