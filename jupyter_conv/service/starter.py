"""Running one start: its steps in their order, each kept before it is told, and an end for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ConversationError, InvalidError, StorageError
from ..models import ConversationStatus, StartTaskStatus, TaskRequest, TextPrompt, utc_now
from ..sandbox import LocalSandbox, clone, run_setup, set_up_hook
from ..skills import Roots, load_skills
from ..store import Connection, Draft, Store, starts
from .conversations import Conversations
from .events import EventLog
from .settings import Settings
from .start import Start
from .start_context import StartContext
from .tasks import Supervisor

__all__ = ["Starter"]

log = logging.getLogger("jupyter_conv")

S = StartTaskStatus
CREATING = [ConversationStatus.CREATING]
RETRY = (0.2, 1.0, 5.0, 30.0)
"""Seconds between tries to keep the end of a start, while the database does not take it."""
Step = Callable[[Start, StartContext], Awaitable[str | None]]


@dataclass(frozen=True)
class _End:
    code: str
    message: str
    tail: str = ""

    @property
    def detail(self) -> str:
        return f"{self.message}\n\n{self.tail}" if self.tail else self.message


class Starter:
    """Takes a start from WORKING to READY or ERROR."""

    def __init__(
        self,
        store: Store,
        events: EventLog,
        tasks: Supervisor,
        conversations: Conversations,
        sandbox: LocalSandbox,
        settings: Settings,
    ) -> None:
        self._store, self._events, self._tasks = store, events, tasks
        self._conversations, self._sandbox, self._settings = conversations, sandbox, settings
        self._places = asyncio.Semaphore(settings.max_running_starts)
        self._steps: tuple[tuple[StartTaskStatus, Step], ...] = (
            (S.PREPARING_REPOSITORY, self._clone),
            (S.RUNNING_SETUP_SCRIPT, self._set_up),
            (S.SETTING_UP_GIT_HOOKS, self._hook),
            (S.SETTING_UP_SKILLS, self._skills),
        )

    async def run(self, start: Start) -> None:
        """Run the start and tell its end."""
        ended: _End | None = None
        if start.stopping is None:
            start.work = asyncio.create_task(
                self._work(start), name=f"jupyter-conv-work-{start.id}"
            )
            await asyncio.wait([start.work])
            if start.work.cancelled():
                ended = None
            elif (error := start.work.exception()) is None:
                return
            else:
                assert isinstance(error, _Failed)
                ended = error.end
        await self.end(start, ended or _stopped(start))

    async def _work(self, start: Start) -> None:
        context: StartContext | None = None
        try:
            await self._prompt(start)
            await self._tell(start, S.WAITING_FOR_SANDBOX)
            async with self._places:
                context = await self._context(start)
                try:
                    said = await self._walk(start, context)
                finally:
                    await context.close()
                await context.flush()
            await self._tell(start, S.STARTING_CONVERSATION, detail=said)
            await self._ready(start, said)
        except ConversationError as error:
            raise _Failed(
                _End(error.code, error.message, context.tail if context else "")
            ) from None
        except Exception as error:
            log.exception("Start %s failed", start.id)
            name = type(error).__name__
            told = f"The start failed ({name}); see the server's log."
            raise _Failed(_End("internal", told)) from None

    async def _walk(self, start: Start, context: StartContext) -> str | None:
        said: str | None = None
        for status, step in self._steps:
            await self._tell(start, status)
            context.step()
            said = await step(start, context)
        return said

    async def _context(self, start: Start) -> StartContext:
        ref = start.ref
        return StartContext(
            ref,
            self._events,
            workspace=await asyncio.to_thread(self._sandbox.workspace, ref.id, ref.workspace),
            environment=self._sandbox.environment(start.id),
            max_output_bytes=self._settings.max_output_bytes,
        )

    async def _prompt(self, start: Start) -> None:
        message = start.request.message
        if message is None or not message.run or not message.text:
            return
        try:
            await self._tasks.submit(start.ref, TaskRequest(runnable=TextPrompt(text=message.text)))
        except InvalidError as error:
            if error.code != "no_agent":  # then it is said, and nobody is there to answer
                raise

    async def _clone(self, start: Start, context: StartContext) -> None:
        if start.repository is not None:
            branch, timeout = start.request.selected_branch, self._settings.repository_timeout
            await clone(start.repository, branch, context, timeout=timeout)

    async def _set_up(self, start: Start, context: StartContext) -> None:
        await run_setup(context, timeout=self._settings.setup_timeout)

    async def _hook(self, start: Start, context: StartContext) -> None:
        await set_up_hook(context)

    async def _skills(self, start: Start, context: StartContext) -> str:
        found = await asyncio.to_thread(load_skills, context.workspace, Roots.usual())
        said = f"{len(found)} skill{'s' * (len(found) != 1)}"
        return f"{said}; {len(found.errors)} could not be read" if found.errors else said

    async def _tell(
        self,
        start: Start,
        status: StartTaskStatus,
        *,
        code: str | None = None,
        detail: str | None = None,
        also: Callable[[Connection], Sequence[Draft]] | None = None,
    ) -> bool:
        """Keep a state and tell it; what comes of `also` is kept with it. Out: whether `also` told anything."""

        def apply(connection: Connection) -> tuple[Any, Sequence[Draft]]:
            now, drafts = utc_now(), tuple[Draft, ...]()
            if starts.update(connection, start.key, status, code=code, detail=detail, now=now):
                drafts = tuple(also(connection)) if also else ()
            return (starts.find(connection, start.id), bool(drafts)), drafts

        (row, told), _ = await self._store.write(apply)
        start.tell(row.start if row else start.told[-1].model_copy(update={"status": S.ERROR}))
        return bool(told)

    async def _ready(self, start: Start, said: str | None) -> None:
        ref, ready = start.ref, ConversationStatus.READY
        await self._tell(
            start,
            S.READY,
            detail=said,
            also=lambda c: self._conversations.transition(c, ref, CREATING, ready),
        )
        self._tasks.release(ref.id)

    async def end(self, start: Start, end: _End) -> None:
        """Keep an end in ERROR and tell it: of the start, of its conversation, of what waited there."""
        ref, message = start.ref, f"The conversation could not be started: {end.message}"
        for delay in (*RETRY, None):
            try:
                failed = await self._tell(
                    start,
                    S.ERROR,
                    code=end.code,
                    detail=end.detail,
                    also=lambda c: self._conversations.transition(
                        c, ref, CREATING, ConversationStatus.ERROR, message
                    ),
                )
                if failed:
                    await self._tasks.abandon(ref, message)
                elif start.told[-1].status is S.READY:
                    # It was kept READY in the moment in which it was stopped.
                    self._tasks.release(ref.id)
                return
            except StorageError:
                if delay is None:
                    raise
                await asyncio.sleep(delay)

    async def interrupt(self, start: Start) -> None:
        """At boot: what a dead server left unfinished is told so."""
        start.stopping = "interrupted"
        await self.end(start, _stopped(start))


class _Failed(Exception):
    def __init__(self, end: _End) -> None:
        super().__init__(end.message)
        self.end = end


def _stopped(start: Start) -> _End:
    if start.stopping == "cancelled":
        return _End("cancelled", "The start was cancelled.")
    return _End("interrupted", "The server stopped while the conversation was being started.")
