"""From a stream to a view: events gathered for 50 ms and sent as one message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import Any, cast

from ..errors import ConversationError
from ..models import Event

__all__ = ["EVERY", "Pump"]

EVERY = 0.05
_MOST = 2_000


class Pump:
    """One running transfer. Lives on the background loop.

    In: the events, what sends a batch, and what is told of the end (an error's sentence, or None). A batch is sent
    50 ms after its first event, or when it is full; while it is sent, the stream waits.
    """

    def __init__(
        self,
        events: AsyncIterator[Event],
        send: Callable[[list[Event]], None],
        ended: Callable[[str | None], None],
    ) -> None:
        self.position = 0
        self._events = events
        self._send = send
        self._ended = ended
        self._batch: list[Event] = []
        self._timer: asyncio.TimerHandle | None = None
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Stop at once; what is gathered is not sent."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    @property
    def running(self) -> bool:
        """Whether more may come."""
        return not self._task.done()

    async def _run(self) -> None:
        problem = None
        try:
            async with aclosing(cast(Any, self._events)):
                async for event in self._events:
                    self._take(event)
                    if len(self._batch) >= _MOST:
                        self._flush()
                        await asyncio.sleep(0)
        except ConversationError as error:
            problem = error.message
        except asyncio.CancelledError:
            self._batch.clear()
            self._flush()
            raise
        self._flush()
        self._ended(problem)

    def _take(self, event: Event) -> None:
        self._batch.append(event)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EVERY, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._batch = self._batch, []
        if batch:
            self.position = max(self.position, *(event.seq or 0 for event in batch))
            self._send(batch)
