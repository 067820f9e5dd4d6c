"""Cancel: from the request to the last process gone."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Iterator

from .bench import Bench
from .measure import Line, percentile, under
from .servers import Jupyter
from .wire import Http, Socket

__all__ = ["measure"]

GRACE = 2000.0
"""Milliseconds that a command has which does not obey."""
SPARE = 200.0
"""What ending what is left may take, after the grace."""

OBEDIENT = "sleep 1000 & sleep 1000 & (sleep 1000 & wait) & echo pids $(jobs -p) $$; wait"
ESCAPED = "setsid sleep 1000 & echo pids $! $$; wait"
STUBBORN = """trap : INT TERM; (trap : INT TERM; while :; do sleep 1; done) &
echo pids $! $$; while :; do sleep 1; done"""


def measure(bench: Bench) -> Iterator[Line]:
    """Trees that obey, that left the group, that ignore signals; a kernel that is busy."""
    plan = (
        ("a tree of processes that obeys", OBEDIENT, bench.size(100, 3), 50.0),
        ("a child that left by setsid", ESCAPED, bench.size(100, 3), 50.0),
        ("a tree that lives through INT and TERM", STUBBORN, bench.size(10, 1), GRACE + SPARE),
    )
    for what, command, number, limit in plan:
        took = _Cancelling(bench.server, {"type": "Shell", "command": command})
        times = [took.tree() for _ in range(number)]
        yield Line(
            f"cancel → {what} is gone, p99 of {number}",
            "ms",
            percentile(times, 0.99),
            None,
            under(limit, "ms"),
        )
    code = "import os\nprint('pids', os.getpid(), flush=True)\nwhile True: pass"
    took, number = _Cancelling(bench.server, {"type": "Python", "code": code}), bench.size(30, 2)
    times = [took.kernel() for _ in range(number)]
    yield Line(
        f"cancel → a busy kernel is free, p99 of {number}",
        "ms",
        percentile(times, 0.99),
        None,
        under(300, "ms"),
    )


class _Cancelling:
    """A task that is begun and cancelled, again and again."""

    def __init__(self, server: Jupyter, runnable: dict[str, str]) -> None:
        self._http = server.http
        self._path = f"/conversation/{server.conversation()}"
        self._socket = Socket(server.port, self._path)
        self._runnable = runnable

    def tree(self) -> float:
        """Milliseconds until its processes are gone."""
        request, pids = self._begin()
        ends = [os.pidfd_open(pid) for pid in pids]
        poll = select.poll()
        for end in ends:
            poll.register(end, select.POLLIN)
        begun = time.perf_counter()
        self._http.send(request)
        waiting = set(ends)
        while waiting:
            for end, _ in poll.poll():
                poll.unregister(end)
                waiting.discard(end)
        took = time.perf_counter() - begun
        self._http.receive()
        self._socket.until(b'"status":"CANCELLED"')
        for end in ends:
            os.close(end)
        return took * 1000

    def kernel(self) -> float:
        """Milliseconds until the task is told to be cancelled, with the kernel alive."""
        request, (pid,) = self._begin()
        begun = time.perf_counter()
        self._http.send(request)
        self._socket.until(b'"status":"CANCELLED"')
        took = time.perf_counter() - begun
        self._http.receive()
        os.kill(pid, 0)
        return took * 1000

    def _begin(self) -> tuple[bytes, list[int]]:
        """A task that runs: the request that cancels it, and its processes."""
        task = self._http.ask("POST", f"{self._path}/task", {"runnable": self._runnable})
        text = ""
        while "\n" not in text:
            event = json.loads(self._socket.until(b'"type":"Output"'))
            text += event["detail"]["output"]["text"]
        pids = [int(word) for word in text.split()[1:]]
        request = Http.prepare("DELETE", f"{self._path}/task/{task['id']}")
        return request, pids
