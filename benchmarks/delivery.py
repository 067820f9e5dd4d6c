"""Events stored, then delivered to participants, against F1."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from .bench import Bench
from .listeners import Listeners
from .measure import Goal, Line, at_least, at_most
from .plugin import MARKER
from .wire import Socket

__all__ = ["measure"]

FAST, CHEAP, BURST = at_least(0.7, "F1"), at_most(1.3, "F1"), at_least(0.5, "F1")


class _Turn(NamedTuple):
    rate: float
    """Deliveries a second."""
    cost: float
    """Microseconds of the server's CPU for one."""


def measure(bench: Bench) -> Iterator[Line]:
    """Bursts that are committed in groups, events that are committed one by one, and deltas."""
    plan = (
        (1, "all", bench.size(20_000, 500), None, None),
        (10, "all", bench.size(5000, 200), None, None),
        (100, "all", bench.size(1000, 20), FAST, CHEAP),
        (100, "each", bench.size(500, 20), FAST, CHEAP),
    )
    for participants, how, number, fast, cheap in plan:
        ours, floor = _turns(bench, participants, how, number)
        manner = "in a burst" if how == "all" else "each committed by itself"
        what = f"stored, then delivered to {participants}, {manner}"
        yield from _lines(what, ours, floor, fast, cheap)
    ours, floor = _turns(bench, 10, "deltas", 500)
    yield from _lines("a burst of 500 deltas delivered to 10", ours, floor, BURST, None)


def _lines(
    what: str, ours: _Turn, floor: _Turn, fast: Goal | None, cheap: Goal | None
) -> Iterator[Line]:
    yield Line(what, "/s", ours.rate, floor.rate, fast)
    yield Line(f"{what}: server CPU for one", "µs", ours.cost, floor.cost, cheap)


def _turns(bench: Bench, participants: int, how: str, number: int) -> tuple[_Turn, _Turn]:
    ours = _Ours(bench, participants, how)
    floor = _Floor(bench, participants, ours.payload)
    found: tuple[list[_Turn], list[_Turn]] = [], []
    for _ in range(bench.size(5, 1)):
        found[0].append(ours.turn(number))
        found[1].append(floor.turn(number))
    ours.close()
    floor.close()
    first, second = (_Turn(*map(median, zip(*turns, strict=True))) for turns in found)
    return first, second


class _Ours:
    """A conversation, its participants, and a task that emits."""

    def __init__(self, bench: Bench, participants: int, how: str) -> None:
        self._server, self._how, self._participants = bench.server, how, participants
        self._path = f"/conversation/{bench.server.conversation()}"
        self._listeners = Listeners(bench.server.port, self._path, participants, MARKER)
        watcher = Socket(bench.server.port, self._path)
        self._emit(10)
        self.payload = watcher.until(MARKER)
        self._listeners.expect(10)
        self._listeners.arrived()
        watcher.close()

    def _emit(self, number: int) -> None:
        runnable = {"type": "Emit", "number": number, "how": self._how}
        self._server.http.ask("POST", f"{self._path}/task", {"runnable": runnable})

    def turn(self, number: int) -> _Turn:
        """Emit so many."""
        self._listeners.expect(number)
        cpu, begun = self._server.process.cpu, time.monotonic()
        self._emit(number)
        _, last = self._listeners.arrived()
        self._settle()
        deliveries = number * self._participants
        cost = (self._server.process.cpu - cpu) / deliveries * 1e6
        return _Turn(deliveries / (last - begun), cost)

    def _settle(self) -> None:
        path = f"{self._path}/task-count?status__eq=RUNNING"
        while self._server.http.ask("GET", path):
            time.sleep(0.01)

    def close(self) -> None:
        """Hang up."""
        self._listeners.close()


class _Floor:
    """As many clients of a bare server, and frames of the same size."""

    def __init__(self, bench: Bench, participants: int, payload: bytes) -> None:
        self._server, self._payload, self._participants = bench.fanout, payload, participants
        self._listeners = Listeners(bench.fanout.port, "/socket", participants, MARKER)

    def turn(self, number: int) -> _Turn:
        """Send so many."""
        self._listeners.expect(number)
        cpu, begun = self._server.process.cpu, time.monotonic()
        self._server.send(self._payload, number)
        _, last = self._listeners.arrived()
        deliveries = number * self._participants
        cost = (self._server.process.cpu - cpu) / deliveries * 1e6
        return _Turn(deliveries / (last - begun), cost)

    def close(self) -> None:
        """Hang up."""
        self._listeners.close()
