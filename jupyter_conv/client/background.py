"""One thread with an event loop of its own: for those who cannot await, and for what must go on while a cell runs."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future, wait
from contextlib import suppress
from contextvars import Context
from typing import Any, TypeVar

__all__ = ["Background", "background"]

T = TypeVar("T")

_POLL = 0.5
_AT_EXIT = 10.0
_UNWIND = 2.0


class Background:
    """A daemon thread that runs an asyncio loop. Coroutines given to it start in an empty context.

    (In the caller's context a long-lived coroutine would print under whichever cell happened to start it.)
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self._thread = threading.Thread(target=self._main, name="jupyter_conv", daemon=True)
        Context().run(self._thread.start)

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine. Cancelling the future cancels it."""
        return _Work(self._loop, work).start()

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine and wait for what it returns.

        Raises TimeoutError after `timeout` seconds; then, and on KeyboardInterrupt, the coroutine is cancelled.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("A coroutine of the background loop must await, not wait.")
        future = _Work(self._loop, work)
        end = None if timeout is None else time.monotonic() + timeout
        try:
            # Within the try: an interrupt may come as soon as the other thread has begun.
            future.start()
            while True:
                left = _POLL if end is None else min(_POLL, max(0.0, end - time.monotonic()))
                try:
                    # In pieces: on Windows an interrupt is not noticed while a thread waits.
                    return future.result(left)
                except TimeoutError:
                    if future.done():
                        return future.result()
                    if end is not None and time.monotonic() >= end:
                        raise TimeoutError(f"Not done after {timeout:g} s.") from None
        except BaseException:
            future.cancel()
            # Until it has unwound: what comes next may use the same connection or generator.
            wait([future], _UNWIND)
            raise

    async def hop(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on this loop, awaited from another."""
        return await asyncio.wrap_future(self.submit(work))

    def at_exit(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Have something closed, on the loop, before the process ends."""
        self._closers.append(closer)

    def stop(self) -> None:
        """Close what is to be closed, and end the thread. Later uses of `background()` start another."""
        if self.pid != os.getpid() or not self._thread.is_alive():
            return
        try:
            self.run(self._close(), _AT_EXIT)
        except TimeoutError:
            pass
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(2)

    async def _close(self) -> None:
        closers, self._closers = self._closers, []
        for closer in reversed(closers):
            # One that fails must not keep the others open; at the end of a process nobody can act on it.
            with suppress(Exception):
                await closer()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    @property
    def usable(self) -> bool:
        """Whether its thread lives in this process; a fork leaves it behind."""
        return self.pid == os.getpid() and self._thread.is_alive()


class _Work(Future[T]):
    """A coroutine on the way to the loop, or running there; `cancel()` stops it in either case, from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> None:
        super().__init__()
        self._loop = loop
        self._work = work
        self._running: asyncio.Task[T] | None = None

    def start(self) -> _Work[T]:
        self._loop.call_soon_threadsafe(self._begin, context=Context())
        return self

    def cancel(self) -> bool:
        # Callbacks keep their order: this one comes after the beginning, if there was one.
        self._loop.call_soon_threadsafe(self._stop)
        return not self.done()

    def _begin(self) -> None:
        if not self.done() and self.set_running_or_notify_cancel():
            self._running = self._loop.create_task(self._work)
            self._running.add_done_callback(self._hand_over)

    def _stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
        elif super().cancel():
            self._work.close()

    def _hand_over(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.set_exception(CancelledError())
        elif (error := task.exception()) is not None:
            self.set_exception(error)
        else:
            self.set_result(task.result())


_lock = threading.Lock()
_one: Background | None = None


def background() -> Background:
    """The process's background loop, started when first asked for."""
    global _one
    with _lock:
        if _one is None:
            # Last registered is first called: before the executors of the standard library close (they register when
            # their module is imported, so that must be now), or closing could use none of them.
            import concurrent.futures.thread  # noqa: F401

            register = getattr(threading, "_register_atexit", atexit.register)
            register(_stop_at_exit)
        if _one is None or not _one.usable:
            _one = Background()
        return _one


def _stop_at_exit() -> None:
    if _one is not None:
        _one.stop()
