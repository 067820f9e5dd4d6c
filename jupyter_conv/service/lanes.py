"""Who may start: tasks of one lane one after the other, and no more at once than the limit. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from .job import Job, Lane

__all__ = ["Lanes"]


class Lanes:
    """Jobs come in by `enter`, are started in order by `start`, and go by `leave`."""

    def __init__(self, limit: int, start: Callable[[Job], None]) -> None:
        self._limit, self._start = limit, start
        self._waiting: dict[Lane, deque[Job]] = {}
        self._ready: deque[Job] = deque()
        self._running = 0
        self._open = False

    def full(self, lane: Lane | None) -> bool:
        """Whether a job that enters now would have to wait."""
        return (lane is not None and lane in self._waiting) or self._running >= self._limit

    def enter(self, job: Job) -> None:
        """Start the job, or let it wait its turn."""
        if job.lane is not None and job.lane in self._waiting:
            self._waiting[job.lane].append(job)
            return
        if job.lane is not None:
            self._waiting[job.lane] = deque()
        self._ready.append(job)
        self._pump()

    def withdraw(self, job: Job) -> None:
        """Take back a job that waits."""
        if job in self._ready:
            self._ready.remove(job)
            self._next(job.lane)
        elif job.lane is not None and job in self._waiting.get(job.lane, ()):
            self._waiting[job.lane].remove(job)

    def leave(self, job: Job) -> None:
        """A job that was started has ended: its place is free."""
        self._running -= 1
        self._next(job.lane)

    def open(self) -> None:
        """Start what may start, and from now on what comes."""
        self._open = True
        self._pump()

    def close(self) -> None:
        """Start nothing more."""
        self._open = False

    def _next(self, lane: Lane | None) -> None:
        if lane is not None:
            if self._waiting[lane]:
                self._ready.append(self._waiting[lane].popleft())
            else:
                del self._waiting[lane]
        self._pump()

    def _pump(self) -> None:
        while self._open and self._ready and self._running < self._limit:
            self._running += 1
            self._start(self._ready.popleft())
