"""One piece of code in a kernel, from the request to both its ends: the answer, and idle."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from jupyter_core.utils import ensure_async

from .channels import Message
from .handles import KernelHandle

__all__ = ["Execution"]

log = logging.getLogger(__name__)

_QUIET = 5.0
"""Seconds of silence after the answer in which idle must have come: else it was lost on the way."""
_LAST_WORDS = 0.2


class Execution:
    """Code that a kernel executes. Its messages go to `take` in order; who starts it closes it.

    Waiting for it may be cancelled: it goes on, is still listened to, and can be waited for again.
    """

    def __init__(self, handle: KernelHandle, take: Callable[[Message], Awaitable[None]]) -> None:
        self.begun = asyncio.Event()
        self._handle = handle
        self._take = take
        self._taking = False
        self._listening: asyncio.Task[None] | None = None
        self._replying: asyncio.Task[dict[str, Any]] | None = None

    async def start(self, code: str) -> None:
        """Send the code."""
        msg_id = await ensure_async(self._handle.client.execute(code, allow_stdin=False))
        self._listening = asyncio.create_task(self._listen(msg_id))
        self._replying = asyncio.create_task(self._handle.reply(msg_id))

    async def wait(self) -> dict[str, Any]:
        """The content of the answer, once everything before it was taken.

        Raises `RuntimeFailure` `kernel_died`, and what `take` raises.
        """
        assert self._listening is not None, "not started"
        assert self._replying is not None, "not started"
        while not (self._listening.done() and self._replying.done()):
            received = self._handle.reader.received
            done, _ = await asyncio.wait(
                {task for task in (self._listening, self._replying) if not task.done()},
                timeout=_QUIET,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._replying.done() and self._replying.exception() is not None:
                await asyncio.wait({self._listening}, timeout=_LAST_WORDS)
            self._raise_error()
            silent = not done and not self._taking
            if self._replying.done() and silent and received == self._handle.reader.received:
                log.warning("A kernel answered, and did not say that it is idle.")
                break
        return self._replying.result()

    async def close(self) -> None:
        """Stop listening."""
        tasks = [task for task in (self._listening, self._replying) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _raise_error(self) -> None:
        for task in (self._listening, self._replying):
            if task is not None and task.done():
                task.result()

    async def _listen(self, msg_id: str) -> None:
        async for message in self._handle.reader.messages():
            # Threads that earlier code left behind still print: that belongs to an earlier task.
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            if message["header"]["msg_type"] == "status":
                self.begun.set()
                if message["content"].get("execution_state") == "idle":
                    return
            else:
                self._taking = True
                await self._take(message)
                self._taking = False
