"""What a runtime has of the house while it runs one task (`runtimes.RunContext`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from ..errors import InvalidError, RuntimeFailure
from ..models import NotebookOutput, Source, TaskStatus, TaskStatusUpdate
from ..runtimes import KernelPool, OutputGatherer
from ..workspace import resolve
from .events import EventLog
from .job import Job

__all__ = ["Context"]

PROGRESS_INTERVAL = 0.25
"""Seconds between two words on progress."""
TURN = 100
"""After so many events that nothing had to wait for, the rest of the server has its turn."""


class Context:
    """The `RunContext` of one job."""

    def __init__(
        self,
        job: Job,
        log: EventLog,
        *,
        workspace: Path,
        environment: Mapping[str, str],
        kernels: KernelPool,
        max_output_bytes: int,
        set_progress: Callable[[Job, TaskStatusUpdate], None],
    ) -> None:
        self.conversation_id: UUID = job.ref.id
        self.task_id: UUID = job.id
        self.workspace, self.environment, self.kernels = workspace, environment, kernels
        self._job, self._log, self._set_progress = job, log, set_progress
        self._outputs = OutputGatherer(self._put, self.progress, max_bytes=max_output_bytes)
        self._task = (job.key, str(job.id))
        self._put_out = 0
        self._failed: BaseException | None = None
        self._closed = False
        self._told = float("-inf")
        self._held: TaskStatusUpdate | None = None

    def path(self, relative: str) -> Path:
        """A path of the workspace, confined to it."""
        try:
            return resolve(self.workspace, relative)
        except InvalidError as error:
            raise RuntimeFailure(error.message, code=error.code) from None

    async def emit(self, detail: BaseModel) -> None:
        """Put a detail into the log, behind what was put out before it."""
        await self._outputs.flush()
        await self._put(detail)

    async def delta(self, detail: BaseModel) -> None:
        """Show a detail, and keep nothing of it."""
        await self._outputs.flush()
        await self._put(detail, durable=False)

    async def output(
        self,
        output: NotebookOutput,
        *,
        display_id: str | None = None,
        update: bool = False,
        cell: int | None = None,
    ) -> None:
        """Put an output into the log."""
        await self._outputs.put(output, display_id=display_id, update=update, cell=cell)

    async def progress(self, fraction: float, message: str | None = None) -> None:
        """Say how far the task is."""
        update = TaskStatusUpdate(
            task_id=self.task_id,
            status=TaskStatus.RUNNING,
            progress=min(1.0, max(0.0, fraction)),
            message=message,
        )
        now = asyncio.get_running_loop().time()
        if now - self._told < PROGRESS_INTERVAL:
            self._held = update
            return
        self._told, self._held = now, None
        self._set_progress(self._job, update)

    async def flush(self) -> None:
        """Return when all that was emitted so far is on disk."""
        await self._outputs.flush()
        await self._log.flush()
        self._check()

    async def close(self) -> None:
        """The task has ended: put out what was held back."""
        await self._outputs.close()
        if self._held is not None:
            self._set_progress(self._job, self._held)
            self._held = None
        self._closed = True

    async def _put(self, detail: BaseModel, *, durable: bool = True) -> None:
        self._check()
        if self._closed:
            raise RuntimeFailure("The task has ended; it puts out nothing more.", code="ended")
        draft = self._log.draft(
            self._job.ref, detail, Source.RUNTIME, task=self._task, durable=durable
        )
        self._log.append(draft, on_error=self._fail)
        self._put_out += 1
        if self._log.full or self._put_out % TURN == 0:
            await self._log.room()

    def _fail(self, error: BaseException) -> None:
        self._failed = self._failed or error

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed
