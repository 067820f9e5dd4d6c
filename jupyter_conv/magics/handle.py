"""A task in one's hand: what `%%task -o VAR` binds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import aclosing
from threading import Event as Flag
from typing import Any, cast

from ..client import background, follow_task, history
from ..client.background import Background
from ..display import Transcript, headline, task_title
from ..errors import ConversationError
from ..interface import ConversationAPI
from ..models import Event, EventFilter, Json, Task, TaskStatus

__all__ = ["TaskFailed", "TaskHandle"]


class TaskFailed(Exception):
    """A task that one waited for ended in ERROR or CANCELLED. `task` is how it ended."""

    def __init__(self, task: Task) -> None:
        super().__init__(headline(task))
        self.task = task


class TaskHandle:
    """One task, watched in the background until it ends.

    `await handle` answers its result, and raises `TaskFailed` where it has none; so does `handle.wait()`, blocking.
    `api` must live on the background loop. `on_change(final)` is called on that loop.
    """

    def __init__(
        self,
        api: ConversationAPI,
        task: Task,
        *,
        home: Background | None = None,
        on_change: Callable[[bool], None] | None = None,
    ) -> None:
        self._api = api
        self._home = home or background()
        self._on_change = on_change
        self._ended = Flag()
        self._lost: ConversationError | None = None
        self.transcript = Transcript(task)
        self._watching = self._home.submit(self._watch())

    @property
    def api(self) -> ConversationAPI:
        """The interface it came through; it lives on the background loop."""
        return self._api

    @property
    def task(self) -> Task:
        """The task as last heard of."""
        return self.transcript.task

    @property
    def status(self) -> TaskStatus:
        """Its status as last heard of."""
        return self.task.status

    @property
    def result(self) -> Json:
        """Its result; None until it has ended."""
        return self.task.result

    @property
    def done(self) -> bool:
        """Whether it has ended, or is out of reach."""
        return self._ended.is_set()

    @property
    def events(self) -> list[Event]:
        """All of its events so far, asked of the server; blocking."""
        return self._home.run(self._events())

    @property
    def text(self) -> str:
        """What it put out so far, as text, asked of the server; blocking. Very long output lacks its middle."""
        transcript = Transcript(self.task)
        for event in self.events:
            transcript.add(event)
        return transcript.body()

    def wait(self, timeout: float | None = None) -> Json:
        """Wait for the end and answer the result.

        Raises `TaskFailed`, TimeoutError after `timeout` seconds (the task goes on), `NoServerError`.
        """
        __tracebackhide__ = True
        self.settle(timeout)
        return self._outcome()

    def settle(self, timeout: float | None = None) -> None:
        """Wait for the end, however it ends. Raises TimeoutError, and what keeps us from knowing."""
        end = None if timeout is None else time.monotonic() + timeout
        # In pieces, so that an interrupt is noticed on Windows too.
        while not self._ended.wait(0.5 if end is None else min(0.5, end - time.monotonic())):
            if end is not None and time.monotonic() >= end:
                raise TimeoutError(f"{self!r} has not ended after {timeout:g} s; it goes on.")
        if self._lost is not None:
            raise self._lost

    async def settled(self) -> None:
        """The same, awaited."""
        waiting = asyncio.wrap_future(self._watching)
        while not waiting.done():
            # In pieces: an interrupt of the kernel does not wake its loop by itself (ipykernel 7.4).
            await asyncio.wait({waiting}, timeout=0.2)
        if self._lost is not None:
            raise self._lost

    def cancel(self) -> Task:
        """Stop it; blocking until the server has heard. Raises `ConflictError` where it cannot be cancelled."""
        return self._home.run(self.cancelled())

    async def cancelled(self) -> Task:
        """The same, on the background loop."""
        return await self._api.cancel_task(self.task.conversation_id, self.task.id)

    def __await__(self) -> Generator[Any, None, Json]:
        __tracebackhide__ = True
        yield from self.settled().__await__()
        return self._outcome()

    def __repr__(self) -> str:
        done = f" {self.task.progress * 100:.0f} %" if self.task.progress and not self.done else ""
        return f"<Task {str(self.task.id)[:8]} {task_title(self.task)!r} {self.status}{done}>"

    def _outcome(self) -> Json:
        __tracebackhide__ = True
        if self.status is not TaskStatus.COMPLETED:
            raise TaskFailed(self.task)
        return self.task.result

    async def _events(self) -> list[Event]:
        where = EventFilter(task_id__eq=self.task.id)
        return [e async for e in history(self._api, self.task.conversation_id, where)]

    async def _watch(self) -> None:
        task = self.task
        try:
            events = follow_task(self._api, task.conversation_id, task.id)
            async with aclosing(cast(Any, events)):
                async for event in events:
                    if self.transcript.add(event) and self._on_change:
                        self._on_change(False)
            self.transcript.replace(await self._api.get_task(task.conversation_id, task.id))
        except ConversationError as error:
            self._lost = error
        finally:
            try:
                if self._on_change:
                    self._on_change(True)
            finally:
                # Last: who waits for the end then also has the display in its last state.
                self._ended.set()
