"""Seeing things through: what must end properly although its task is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["in_thread", "see_through"]

T = TypeVar("T")


async def see_through(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` to its end, however often this task is cancelled meanwhile; then let the cancellation pass."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # seen: the cancellation says more
        raise cancelled
    return task.result()


async def in_thread(function: Callable[..., T], *args: Any) -> T:
    """Run `function` in a thread of its own: no pool that others could have filled."""
    executor = ThreadPoolExecutor(1, thread_name_prefix="jupyter-conv")
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, function, *args)
    finally:
        executor.shutdown(wait=False)
