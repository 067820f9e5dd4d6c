"""Following a conversation: what was kept, then what comes, without a gap, a double, or a lock.

The follower listens first and reads the store second. What is told meanwhile waits in a backlog; once the store is
read to its end, the backlog is told from the last `seq` on, and from then on every batch goes straight through. A
backlog that grows too large is thrown away, for it is in the store.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from uuid import UUID

from ..bus import Batch, Bus

__all__ = ["Follower", "Queue", "Sink"]

Read = Callable[[int, int], Awaitable[list[tuple[int, bytes]]]]
"""`(after_seq, limit)` → the next events."""

PAGE = 1000
BACKLOG = 4 << 20


class Sink(Protocol):
    """Where events go."""

    async def replay(self, bodies: Sequence[bytes]) -> None:
        """Take history; may wait until there is room."""
        ...

    def live(self, batch: Batch) -> None:
        """Take what comes; must not wait."""
        ...


class Follower:
    """One participant of one conversation. `start()`, then `stop()`."""

    def __init__(self, bus: Bus, conversation_id: UUID | None, sink: Sink) -> None:
        self._bus, self._id, self._sink = bus, conversation_id, sink
        self._backlog: deque[Batch] = deque()
        self._size = 0
        self._last = 0
        self._newest = 0
        self._is_live = False

    def listen(self) -> None:
        """Take note of what comes from now on."""
        self._bus.subscribe(self._id, self)

    def deliver(self, batch: Batch) -> None:
        """The bus tells."""
        if self._is_live:
            # What was read just after its commit is told once more here.
            batch = batch.after(self._last)
            if batch.events:
                self._sink.live(batch)
            return
        self._newest = batch.newest or self._newest
        self._backlog.append(batch)
        self._size += batch.size
        while self._size > BACKLOG and self._backlog:
            self._size -= self._backlog.popleft().size

    async def catch_up(self, read: Read, after_seq: int) -> None:
        """Tell everything after `after_seq` up to now, and let the rest through as it comes."""
        self._last = after_seq
        while not self._is_live:
            page = await read(self._last, PAGE)
            if page:
                await self._sink.replay([body for _, body in page])
                self._last = page[-1][0]
            if len(page) < PAGE:
                await self._drain()

    async def _drain(self) -> None:
        while self._backlog:
            batch = self._backlog.popleft()
            self._size -= batch.size
            batch = batch.after(self._last)
            if batch.oldest > self._last + 1:
                return  # what came before it was thrown away: read it from the store
            if batch.events:
                await self._sink.replay([body for _, body in batch.events])
                self._last = batch.newest or self._last
        self._is_live = self._newest <= self._last

    def go_live(self) -> None:
        """Let what comes through, without history."""
        self._is_live = True

    def stop(self) -> None:
        """Hear no more."""
        self._bus.unsubscribe(self._id, self)
        self._backlog.clear()


class Queue:
    """A sink for readers in this process: bounded; who does not read is cut off and must begin again."""

    def __init__(self, capacity: int = BACKLOG) -> None:
        self._capacity = capacity
        self._items: deque[bytes] = deque()
        self._size = 0
        self._changed = asyncio.Event()
        self.lagging = False
        self._error: BaseException | None = None

    def watch(self, following: asyncio.Future[Follower]) -> None:
        """Hear that following has failed, so that the reader does too."""
        if not following.cancelled() and (error := following.exception()) is not None:
            self._error = error
            self._changed.set()

    async def replay(self, bodies: Sequence[bytes]) -> None:
        """Take history, a page at a time."""
        while self._size > self._capacity // 2:
            self._changed.clear()
            await self._changed.wait()
        self._put(bodies)

    def live(self, batch: Batch) -> None:
        """Take what comes, or note that there is no room for it."""
        if self._size + batch.size > self._capacity:
            self.lagging = True
        if not self.lagging:
            self._put([body for _, body in batch.events])
        self._changed.set()

    def _put(self, bodies: Sequence[bytes]) -> None:
        self._items.extend(bodies)
        self._size += sum(map(len, bodies))
        self._changed.set()

    async def get(self) -> bytes | None:
        """The next event's JSON; None when events were missed here."""
        while not self._items:
            if self._error is not None:
                raise self._error
            if self.lagging:
                return None
            self._changed.clear()
            await self._changed.wait()
        body = self._items.popleft()
        self._size -= len(body)
        self._changed.set()
        return body
