"""The task supervisor: tasks in, lives told as events, an end for each of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from ..errors import ConflictError, InvalidError, NotFoundError, QuotaError
from ..models import (
    Page,
    PageQuery,
    Source,
    Task,
    TaskFilter,
    TaskRequest,
    TaskStatus,
    TaskStatusUpdate,
    utc_now,
)
from ..runtimes import Registry, Runtime
from ..sandbox import LocalSandbox
from ..store import Connection, Draft, Store, tasks
from ..store.tasks import TaskRow
from .events import EventLog, require_open
from .job import Job
from .lanes import Lanes
from .principal import Ref
from .run import Runner

__all__ = ["Supervisor"]

log = logging.getLogger("jupyter_conv")

_UNFINISHED = (TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.CANCELLING)


class Supervisor:
    """Owns every job of this server, from the moment it is asked for to its last event."""

    def __init__(
        self,
        store: Store,
        events: EventLog,
        sandbox: LocalSandbox,
        registry: Registry,
        *,
        max_running: int,
        max_waiting: int,
        max_output_bytes: int,
    ) -> None:
        self._store, self._events, self._registry = store, events, registry
        self._max_waiting = max_waiting
        self._runner = Runner(store, events, sandbox, max_output_bytes)
        self._lanes = Lanes(max_running, self._start)
        self._jobs: dict[UUID, Job] = {}
        self._held: dict[UUID, list[tuple[Job, float]]] = {}

    @property
    def running(self) -> int:
        """How many tasks run now."""
        return sum(job.runner is not None for job in self._jobs.values())

    @property
    def busy(self) -> set[UUID]:
        """The conversations in which a task runs now."""
        return {job.ref.id for job in self._jobs.values() if job.runner is not None}

    async def submit(self, ref: Ref, request: TaskRequest) -> tuple[Task, bool]:
        """A new task, or the one that has the request's id already; and whether it is new."""
        runtime, runnable = self._registry.parse(request.runnable)
        body = request.model_dump_json(exclude={"id"})
        request = TaskRequest.model_validate({**dict(request), "runnable": runnable})
        id = request.id or uuid4()
        lane = _lane(ref, runtime, runnable)
        code = "delayed" if request.delay else "queued" if self._lanes.full(lane) else None
        code = "creating" if ref.id in self._held else code
        apply = partial(self._insert, ref=ref, id=id, request=request, body=body, code=code)
        (row, created), _ = await self._store.write(apply)
        if created:
            job = Job(row.key, id, ref, runnable, runtime, request.timeout, lane)
            self._admit(job, request.delay)
        return row.task, created

    def _insert(
        self,
        connection: Connection,
        *,
        ref: Ref,
        id: UUID,
        request: TaskRequest,
        body: str,
        code: str | None,
    ) -> tuple[Any, Sequence[Draft]]:
        known = tasks.find(connection, id) if request.id is not None else None
        if known is not None:
            if known.conversation_key != ref.key or known.request != body:
                raise ConflictError(
                    f"Another task has the id {id}; leave the id out, or choose another one.",
                    code="id_taken",
                )
            return (known, False), ()
        require_open(connection, ref)
        if len(self._jobs) >= self._max_waiting:
            raise QuotaError("Too many tasks wait already; ask again when some of them are done.")
        row = tasks.insert(
            connection,
            id=id,
            conversation_key=ref.key,
            conversation_id=ref.id,
            request=request,
            code=code,
            body=body,
            now=utc_now(),
        )
        detail = TaskStatusUpdate(task_id=id, status=TaskStatus.PENDING, code=code)
        draft = self._events.draft(ref, detail, Source.SYSTEM, task=(row.key, str(id)))
        return (row, True), (draft,)

    def hold(self, conversation_id: UUID) -> bool:
        """From now on the tasks of this conversation wait until it is `release`d. Out: whether it was not held."""
        if conversation_id in self._held:
            return False
        self._held[conversation_id] = []
        return True

    def release(self, conversation_id: UUID) -> None:
        """The conversation is READY: what waited for that goes on, in the order submitted."""
        now = asyncio.get_running_loop().time()
        for job, due in self._held.pop(conversation_id, ()):
            self._admit(job, due - now)

    async def abandon(self, ref: Ref, message: str) -> None:
        """The conversation never became READY: end what waited for that in ERROR, `conversation_failed`."""
        for job, _ in self._held.pop(ref.id, ()):
            self._jobs.pop(job.id, None)
            job.done.set()
        for row in await self._store.read(partial(tasks.unfinished, conversation_key=ref.key)):
            await self._runner.change(
                _orphan(row, ref),
                _UNFINISHED,
                TaskStatus.ERROR,
                code="conversation_failed",
                message=message,
            )

    def _admit(self, job: Job, delay: float) -> None:
        self._jobs[job.id] = job
        if (held := self._held.get(job.ref.id)) is not None:
            held.append((job, asyncio.get_running_loop().time() + delay))
        elif delay > 0:
            job.delayed = asyncio.get_running_loop().call_later(delay, self._due, job)
        else:
            self._lanes.enter(job)

    def _due(self, job: Job) -> None:
        job.delayed = None
        if self._lanes.full(job.lane):
            self._runner.tell(job, (TaskStatus.PENDING,), TaskStatus.PENDING, code="queued")
        self._lanes.enter(job)

    def _start(self, job: Job) -> None:
        job.runner = asyncio.create_task(self._runner.run(job), name=f"jupyter-conv-task-{job.id}")
        job.runner.add_done_callback(partial(self._ended, job))

    def _ended(self, job: Job, runner: asyncio.Task[None]) -> None:
        if not runner.cancelled() and (error := runner.exception()) is not None:
            log.error("The end of task %s could not be told", job.id, exc_info=error)
        self._jobs.pop(job.id, None)
        job.done.set()
        self._lanes.leave(job)

    async def cancel(self, ref: Ref, id: UUID) -> Task:
        """Stop a task; see `ConversationAPI.cancel_task`."""
        task = await self.get(ref, id)
        if not task.status.finished and id not in self._jobs:
            # Read between its commit and the word of it: when the writer answers us, `submit` has heard too.
            await self._events.flush()
        job = self._jobs.get(id)
        if task.status.finished or job is None:
            return task
        if job.runner is None:
            await self._withdraw(job)
        elif task.status is not TaskStatus.CANCELLING:
            if not job.cancellable:
                raise ConflictError(
                    "This task cannot be cancelled; it ends by itself.", code="not_cancellable"
                )
            await self._runner.change(job, (TaskStatus.RUNNING,), TaskStatus.CANCELLING)
            job.stop("cancelled")
        return await self.get(ref, id)

    async def _withdraw(self, job: Job) -> None:
        held = self._held.get(job.ref.id, [])
        if any(waiting is job for waiting, _ in held):
            held[:] = [entry for entry in held if entry[0] is not job]
        elif job.delayed is not None:
            job.delayed.cancel()
        else:
            self._lanes.withdraw(job)
        self._jobs.pop(job.id, None)
        await self._runner.change(job, (TaskStatus.PENDING,), TaskStatus.CANCELLED)
        job.done.set()

    async def cancel_all(self, ref: Ref) -> None:
        """End every task of a conversation, also those that cannot be cancelled, and wait for their ends."""
        jobs = [job for job in self._jobs.values() if job.ref.key == ref.key]
        # Those that wait go first, or the end of one that runs would start them.
        for job in [job for job in jobs if job.runner is None]:
            await self._withdraw(job)
        for job in jobs:
            if job.runner is not None:
                await self._runner.change(job, (TaskStatus.RUNNING,), TaskStatus.CANCELLING)
                job.stop("cancelled")
        for job in jobs:
            await job.done.wait()

    async def get(self, ref: Ref, id: UUID) -> Task:
        """One task of the conversation."""
        row = await self._store.read(partial(tasks.find, id=id))
        if row is None or row.conversation_key != ref.key:
            raise NotFoundError(f"This conversation has no task {id}.")
        return row.task

    async def page(self, ref: Ref, where: TaskFilter, page: PageQuery) -> Page[Task]:
        """A page of tasks."""
        return await self._store.read(
            lambda c: tasks.search(c, ref.key, where, limit=page.limit, page_id=page.page_id)
        )

    async def count(self, ref: Ref, where: TaskFilter) -> int:
        """How many tasks there are."""
        return await self._store.read(lambda c: tasks.count(c, ref.key, where))

    async def resume(self, refs: dict[int, Ref]) -> None:
        """At boot: what was running is told interrupted, what was waiting waits again, until `start()`."""
        for row in await self._store.read(tasks.unfinished):
            ref = refs[row.conversation_key]
            try:
                runtime, runnable = self._registry.parse(row.task.runnable)
            except InvalidError as error:
                await self._runner.change(
                    _orphan(row, ref),
                    _UNFINISHED,
                    TaskStatus.ERROR,
                    code=error.code,
                    message=error.message,
                )
                continue
            lane = _lane(ref, runtime, runnable)
            job = Job(row.key, row.task.id, ref, runnable, runtime, row.task.timeout, lane)
            if row.task.status is TaskStatus.PENDING:
                waited = (utc_now() - row.task.created_at).total_seconds()
                self._admit(job, row.task.delay - waited)
            else:
                job.stopping = "interrupted"
                await self._runner.end(job)

    def start(self) -> None:
        """Let what waits begin."""
        self._lanes.open()

    async def aclose(self, grace: float) -> None:
        """Stop what runs, and say so; what waits stays for the next server."""
        self._lanes.close()
        jobs = list(self._jobs.values())
        for job in jobs:
            if job.delayed is not None:
                job.delayed.cancel()
            job.stop("interrupted")
        runners = [job.runner for job in jobs if job.runner is not None]
        if runners:
            _, late = await asyncio.wait(runners, timeout=grace)
            for runner in late:
                log.error("%s did not stop within %s s", runner.get_name(), grace)


def _lane(ref: Ref, runtime: Runtime[Any], runnable: Any) -> tuple[int, str] | None:
    lane = runtime.lane(runnable)
    return None if lane is None else (ref.key, lane)


def _orphan(row: TaskRow, ref: Ref) -> Job:
    """A job that nothing will run, to tell its end by."""
    return Job(row.key, row.task.id, ref, None, None, None, None)  # type: ignore[arg-type]
