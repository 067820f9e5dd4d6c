"""Tells of files that change while tasks of a conversation run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from pydantic import BaseModel

from ..errors import ConflictError, ConversationError, NotFoundError
from ..models import Failure, FileChange, Source
from ..store import Connection, Draft, Store
from ..workspace import Change, Watch, Workspaces
from .events import EventLog, require_open
from .principal import Ref

__all__ = ["Watching"]

log = logging.getLogger("jupyter_conv")

LINGER = 2.0
"""Seconds that a watch goes on after the last task: its last changes are told, and the next task finds it at work."""
PATIENCE = 0.5
"""At most so many seconds a task waits until nothing that it changes is missed."""


@dataclass
class _Watched:
    watch: Watch
    tasks: int = 0
    ending: asyncio.TimerHandle | None = None


class Watching:
    """One watch for each conversation that has a running task."""

    def __init__(self, store: Store, events: EventLog, workspaces: Workspaces) -> None:
        self._store, self._events, self._workspaces = store, events, workspaces
        self._watched: dict[int, _Watched] = {}
        self._warned: set[int] = set()

    @asynccontextmanager
    async def during(self, ref: Ref) -> AsyncIterator[None]:
        """Watch while the block runs."""
        watched = self._begin(ref)
        try:
            if watched is not None and not watched.watch.ready.is_set():
                await asyncio.to_thread(watched.watch.ready.wait, PATIENCE)
            yield
        finally:
            if watched is not None:
                self._end(ref, watched)

    def _begin(self, ref: Ref) -> _Watched | None:
        found = self._watched.get(ref.key)
        if found is None:
            loop = asyncio.get_running_loop()

            def tell(changes: list[Change]) -> None:
                loop.call_soon_threadsafe(self._tell, ref, changes)

            def lost(code: str, message: str) -> None:
                loop.call_soon_threadsafe(self._lost, ref, code, message)

            try:
                root = self._workspaces.root(ref.id, ref.workspace)
            except (OSError, ConversationError):
                return None  # the task itself will say what is wrong with it
            found = self._watched[ref.key] = _Watched(Watch(root, tell, lost))
            found.watch.start()
        if found.ending is not None:
            found.ending.cancel()
            found.ending = None
        found.tasks += 1
        return found

    def _end(self, ref: Ref, watched: _Watched) -> None:
        watched.tasks -= 1
        if watched.tasks == 0:
            loop = asyncio.get_running_loop()
            watched.ending = loop.call_later(LINGER, self._stop, ref.key)

    def _stop(self, key: int) -> None:
        self._watched.pop(key).watch.stop()

    def _tell(self, ref: Ref, changes: list[Change]) -> None:
        self._append(ref, [FileChange(path=c.path, change=c.kind) for c in changes])

    def _lost(self, ref: Ref, code: str, message: str) -> None:
        if code == "not_watched":
            if ref.key in self._warned:
                return
            self._warned.add(ref.key)
        self._append(ref, [Failure(code=code, message=message)])

    def _append(self, ref: Ref, details: Sequence[BaseModel]) -> None:
        drafts = [self._events.draft(ref, detail, Source.SYSTEM) for detail in details]

        def apply(connection: Connection) -> tuple[None, Sequence[Draft]]:
            try:
                require_open(connection, ref)
            except (ConflictError, NotFoundError):
                return None, ()  # nothing is said in a conversation that is over
            return None, drafts

        self._store.append((), apply=apply, on_error=partial(_untold, ref))

    async def aclose(self) -> None:
        """End all of them."""
        watches = [watched.watch for watched in self._watched.values()]
        for watched in self._watched.values():
            if watched.ending is not None:
                watched.ending.cancel()
        self._watched.clear()
        for watch in watches:
            watch.stop()
        for watch in watches:
            await asyncio.to_thread(watch.join)


def _untold(ref: Ref, error: BaseException) -> None:
    log.error("Conversation %s: changes of files could not be kept: %s", ref.id, error)
