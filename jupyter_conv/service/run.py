"""Running one job, and telling each step of its life: the row and its event in one commit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..errors import ConversationError, RuntimeFailure, StorageError
from ..models import Json, Source, TaskStatus, TaskStatusUpdate, utc_now
from ..sandbox import LocalSandbox
from ..store import Connection, Draft, Store, tasks
from .context import Context
from .events import EventLog
from .job import Job

__all__ = ["Runner"]

log = logging.getLogger("jupyter_conv")

RETRY = (0.2, 1.0, 5.0, 30.0)
"""Seconds between tries to keep the end of a task, while the database does not take it."""


@dataclass(frozen=True)
class _End:
    status: TaskStatus
    code: str | None = None
    message: str | None = None
    result: Json = None


class Runner:
    """Takes a job from RUNNING to its end."""

    def __init__(
        self, store: Store, events: EventLog, sandbox: LocalSandbox, max_output_bytes: int
    ) -> None:
        self._store, self._events, self._sandbox = store, events, sandbox
        self._max_output_bytes = max_output_bytes

    async def run(self, job: Job) -> None:
        """Run the job and tell its end."""
        self.tell(job, (TaskStatus.PENDING,), TaskStatus.RUNNING, started_at=utc_now())
        if job.stopping is not None:
            await self.end(job)
            return
        job.work = asyncio.create_task(self._work(job), name=f"jupyter-conv-work-{job.id}")
        timer = job.timeout and asyncio.get_running_loop().call_later(
            job.timeout, job.stop, "timeout"
        )
        try:
            await asyncio.wait([job.work])
        finally:
            if timer:
                timer.cancel()
        end = _stopped(job) if job.work.cancelled() else job.work.result()
        if job.stopping == "timeout" and end.status is TaskStatus.COMPLETED:
            end = _stopped(job)
        await self.end(job, end)

    async def _work(self, job: Job) -> _End:
        try:
            context = self._context(job)
            try:
                result = await job.runtime.run(job.runnable, context)
            finally:
                with contextlib.suppress(StorageError):
                    await context.close()
            # What the task put out is kept before the task is told complete.
            await context.flush()
        except asyncio.CancelledError:
            return _stopped(job)
        except RuntimeFailure as failure:
            return _End(TaskStatus.ERROR, failure.code, failure.message, failure.result)
        except ConversationError as error:
            return _End(TaskStatus.ERROR, error.code, error.message)
        except (Exception, SystemExit) as error:
            log.exception("Task %s: its runtime failed", job.id)
            name = type(error).__name__
            return _End(
                TaskStatus.ERROR, "internal", f"The runtime failed ({name}); see the server's log."
            )
        return _End(TaskStatus.COMPLETED, result=result)

    def _context(self, job: Job) -> Context:
        return Context(
            job,
            self._events,
            workspace=self._sandbox.workspace(job.ref.id, job.ref.workspace),
            environment=self._sandbox.environment(job.id),
            kernels=self._sandbox.kernels,
            max_output_bytes=self._max_output_bytes,
            set_progress=self._set_progress,
        )

    async def end(self, job: Job, end: _End | None = None) -> None:
        """Keep the end of a job and tell it; without one, that it was stopped. Tries until the database takes it."""
        for delay in (*RETRY, None):
            try:
                await self._store.write(partial(self._ending, job=job, end=end or _stopped(job)))
                return
            except StorageError:
                if delay is None:
                    raise
                await asyncio.sleep(delay)

    def _ending(
        self, connection: Connection, *, job: Job, end: _End
    ) -> tuple[None, Sequence[Draft]]:
        now = utc_now()
        told: dict[str, Any] = {"status": end.status, "code": end.code, "message": end.message}
        if end.status is TaskStatus.COMPLETED:
            told["progress"] = 1.0
        running = (TaskStatus.RUNNING, TaskStatus.PENDING)
        kept = {**told, "result": end.result, "finished_at": now}
        if not tasks.update(connection, job.key, since=running, now=now, **kept):
            # Whatever the runtime came to: who asked for the end of it hears that it was cancelled.
            told = {"status": TaskStatus.CANCELLED, "code": None, "message": None}
            kept = {**told, "result": end.result, "finished_at": now}
            if not tasks.update(
                connection, job.key, since=(TaskStatus.CANCELLING,), now=now, **kept
            ):
                return None, ()
        return None, (self._update(job, TaskStatusUpdate(task_id=job.id, **told)),)

    async def change(
        self,
        job: Job,
        since: Sequence[TaskStatus],
        status: TaskStatus,
        *,
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        """Keep and tell a transition, if the status is one of `since`; return when it is kept."""
        values: dict[str, Any] = {"code": code, "message": message}
        if status.finished:
            values["finished_at"] = utc_now()
        await self._store.write(
            partial(self._transition, job=job, since=since, status=status, values=values)
        )

    def tell(
        self, job: Job, since: Sequence[TaskStatus], status: TaskStatus, **values: Any
    ) -> None:
        """The same, without waiting for it."""
        values.setdefault("code", None)
        apply = partial(self._transition, job=job, since=since, status=status, values=values)
        self._store.append((), apply=apply, on_error=partial(_untold, job))

    def _set_progress(self, job: Job, update: TaskStatusUpdate) -> None:
        running = (TaskStatus.RUNNING,)
        self.tell(
            job, running, TaskStatus.RUNNING, progress=update.progress, message=update.message
        )

    def _transition(
        self,
        connection: Connection,
        *,
        job: Job,
        since: Sequence[TaskStatus],
        status: TaskStatus,
        values: dict[str, Any],
    ) -> tuple[bool, Sequence[Draft]]:
        if not tasks.update(
            connection, job.key, since=since, now=utc_now(), status=status, **values
        ):
            return False, ()
        told = {name: values[name] for name in ("code", "message", "progress") if name in values}
        update = TaskStatusUpdate(task_id=job.id, status=status, **told)
        return True, (self._update(job, update),)

    def _update(self, job: Job, update: TaskStatusUpdate) -> Draft:
        return self._events.draft(job.ref, update, Source.SYSTEM, task=(job.key, str(job.id)))


def _stopped(job: Job) -> _End:
    if job.stopping == "cancelled":
        return _End(TaskStatus.CANCELLED)
    if job.stopping == "timeout":
        return _End(
            TaskStatus.ERROR, "timeout", f"It ran longer than its timeout of {job.timeout:g} s."
        )
    return _End(TaskStatus.ERROR, "interrupted", "The server stopped while the task ran.")


def _untold(job: Job, error: BaseException) -> None:
    log.error("Task %s: a step of it could not be kept: %s", job.id, error)
