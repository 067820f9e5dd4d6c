"""A task's output under its cell: one display, kept up to date from the background."""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..display import Transcript, bundle_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Shown"]


class Shown:
    """One display of a task.

    In: the shell, the transcript, whether a server holds the task, and what else belongs into the bundle (the widget's
    reference). `show()` is called in the cell, `changed()` on the background loop: it publishes in the context of the
    cell that `show()` ran in, so that what comes later lands there and under no other cell. At most one update a
    second, fewer of a task that takes long; the last at once.
    """

    def __init__(
        self,
        ipython: InteractiveShell,
        transcript: Transcript,
        *,
        live: bool,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self._ipython = ipython
        self._transcript = transcript
        self._live = live
        self._extra = extra or {}
        self._display_id = uuid4().hex
        self._context: Context | None = None
        self._lock = threading.Lock()
        self._sent: dict[str, Any] | None = None
        self._began = time.monotonic()
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def show(self) -> None:
        """Put it under the cell that runs now."""
        self._context = copy_context()
        self._publish(update=False)
        self._last = time.monotonic()

    def changed(self, final: bool) -> None:
        """There is something new, or, `final`, nothing more will come."""
        if self._timer is not None:
            if not final:
                return
            self._timer.cancel()
        if final:
            self._update()
            return
        now = time.monotonic()
        every = min(10.0, max(1.0, (now - self._began) / 30))
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, self._last + every - now), self._update)

    def refresh(self) -> None:
        """Publish now; called in the cell."""
        self._publish(update=True)

    def _update(self) -> None:
        self._timer = None
        self._last = time.monotonic()
        if self._context is not None:
            self._context.run(self._publish, update=True)

    def _publish(self, *, update: bool) -> None:
        # One at a time: the cell's thread and the background both publish, and the newest must come last.
        with self._lock:
            data = {**bundle_of(self._transcript, live=self._live), **self._extra}
            if update and data == self._sent:
                return
            self._sent = data
            self._ipython.display_pub.publish(
                data=data, metadata={}, transient={"display_id": self._display_id}, update=update
            )
