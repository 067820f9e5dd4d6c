"""Code in a kernel, through REST and socket, against F5."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

from jupyter_client.manager import KernelManager

from .bench import Bench
from .measure import Line, at_most, turns, under
from .servers import Jupyter, environment
from .wire import Http, Socket

__all__ = ["measure"]

LINES = "for i in range({}): print(i)"


def measure(bench: Bench) -> Iterator[Line]:
    """The first output, and very many."""
    ours = _Ours(bench.server)
    with _Direct(bench) as floor:
        warm, direct = turns(bench.size(200, 5), ours.first_output, floor.first_output)
        yield Line(
            "first output of print(1) in a warm kernel", "ms", warm, direct, at_most(1.5, "F5")
        )
        number = bench.size(1_000_000, 20_000)
        yield from _flood(bench, ours, floor, number)


def _flood(bench: Bench, ours: _Ours, floor: _Direct, number: int) -> Iterator[Line]:
    process, late = bench.server.process, _Late(bench.server.http)
    ours.lines(number // 10)  # what is allocated once is allocated
    grown: list[float] = []
    hers: dict[str, list[float]] = {"ours": [], "floor": []}

    def flood() -> float:
        with process.peak() as memory, late.watch(hers["ours"]):
            took = ours.lines(number)
        grown.append(max(memory) - memory[0])
        return took

    def direct() -> float:
        with late.watch(hers["floor"]):
            return floor.lines(number)

    took, floor_took = turns(bench.size(3, 1), flood, direct)
    what = f"a task that prints {number:,} lines"
    yield Line(what, "s", took, floor_took, at_most(1.5, "F5"))
    yield Line(f"{what}: memory meanwhile", "MB", max(grown), None, under(16, "MB"))
    worst, idle = max(hers["ours"]), max(hers["floor"])
    # The floor: how late the loop of the idle server is while the direct client has the kernel print.
    yield Line(f"{what}: event loop late by, at most", "ms", worst, idle, under(50, "ms"))


class _Late:
    """How late the server's event loop is."""

    def __init__(self, http: Http) -> None:
        self._http = http

    @contextlib.contextmanager
    def watch(self, found: list[float]) -> Iterator[None]:
        """Add the worst of this block, in ms."""
        self._http.ask("POST", "/bench/watch")
        try:
            yield
        finally:
            found.append(self._http.ask("DELETE", "/bench/watch")["max"])


class _Ours:
    """A conversation with a kernel."""

    def __init__(self, server: Jupyter) -> None:
        self._http = Http(server.port)
        self._path = f"/conversation/{server.conversation()}"
        self._socket = Socket(server.port, self._path)
        self._print = self._prepare("print(1)")
        self.first_output()

    def _prepare(self, code: str) -> bytes:
        runnable = {"type": "Python", "code": code}
        return Http.prepare("POST", f"{self._path}/task", {"runnable": runnable})

    def first_output(self) -> float:
        """Milliseconds from the request to the output."""
        begun = time.perf_counter()
        self._http.send(self._print)
        self._socket.until(b'"type":"Output"')
        took = time.perf_counter() - begun
        self._http.receive()
        self._socket.until(b'"status":"COMPLETED"')
        return took * 1000

    def lines(self, number: int) -> float:
        """Seconds until the task is complete."""
        begun = time.perf_counter()
        self._http.send(self._prepare(LINES.format(number)))
        self._http.receive()
        self._socket.until(b'"status":"COMPLETED"')
        return time.perf_counter() - begun


class _Direct:
    """Floor F5: jupyter_client and a kernel."""

    def __init__(self, bench: Bench) -> None:
        self._manager: Any = KernelManager()
        with contextlib.chdir(bench.folder("kernel")):
            home = bench.folder("kernel")
            os.environ["JUPYTER_RUNTIME_DIR"] = str(home)
            self._manager.start_kernel(env=environment(home))
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(60)

    def __enter__(self) -> _Direct:
        self.first_output()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def first_output(self) -> float:
        """Milliseconds from the request to the output."""
        begun = time.perf_counter()
        self._client.execute("print(1)")
        while self._client.get_iopub_msg()["msg_type"] != "stream":
            pass
        took = time.perf_counter() - begun
        self._finish()
        return took * 1000

    def lines(self, number: int) -> float:
        """Seconds until the kernel is idle."""
        begun = time.perf_counter()
        self._client.execute(LINES.format(number))
        self._finish()
        return time.perf_counter() - begun

    def _finish(self) -> None:
        self._client.get_shell_msg()
        while self._client.get_iopub_msg()["content"].get("execution_state") != "idle":
            pass
