"""Calls against F3, in the same process, call by call in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

from .bench import Bench
from .measure import Goal, Line, at_most, turns, under
from .servers import Jupyter
from .wire import Http, Socket

__all__ = ["measure"]

NOTE = {"detail": {"type": "Message", "role": "user", "content": "What does this plot show?"}}
TWICE = at_most(2, "F3")


def measure(bench: Bench) -> Iterator[Line]:
    """What is said, what is asked for, and what is begun."""
    yield from _said(bench)
    yield from _asked(bench)
    yield from _begun(bench)


def _said(bench: Bench) -> Iterator[Line]:
    """POST → received, with more and more history."""
    server, archive = bench.full_server, bench.archive
    empty = server.conversation()
    number = bench.size(600, 30)
    places = (
        (0, empty),
        (archive.events // 100, archive.hundredth),
        (archive.events // 10, archive.tenth),
    )
    hearings = [_Hearing(server, id) for _, id in places]
    first, *later, floor = turns(number, *hearings, _call(server.http, "POST", "/bench/noop", NOTE))
    what = "POST event → received by another participant, p50"
    yield Line(what, "ms", first, floor, at_most(1.5, "F3"))
    for (history, _), ours in zip(places[1:], later, strict=True):
        yield Line(f"the same with {history:,} events of history", "ms", ours, first, _FLAT)


_FLAT = Goal("flat (≤ 1.15 ×)", lambda ours, first: ours <= 1.15 * (first or 0))


class _Hearing:
    """Seconds from the first byte of the POST to the frame in another's hands, in ms."""

    def __init__(self, server: Jupyter, id: str) -> None:
        path = f"/conversation/{id}"
        self._socket = Socket(server.port, path)
        self._http = Http(server.port)
        self._request = Http.prepare("POST", f"{path}/event", NOTE)

    def __call__(self) -> float:
        begun = time.perf_counter()
        self._http.send(self._request)
        self._socket.until(b'"type":"Message"')
        seconds = time.perf_counter() - begun
        self._http.receive()
        return seconds * 1000


def _asked(bench: Bench) -> Iterator[Line]:
    """Pages and counts of a conversation with nearly all the events there are."""
    server, archive = bench.full_server, bench.archive
    path = f"/conversation/{archive.long}"
    middle = archive.events // 2
    deep = server.http.ask("GET", f"{path}/event?limit=100&seq__gt={middle}")["next_page_id"]
    calls = {
        "page of 100, first": "event?limit=100",
        "page of 100, deep": f"event?limit=100&page_id={quote(deep)}",
        "page of 100, newest first": "event?limit=100&sort_order=SEQ_DESC",
        "page of 100 of a common type": "event?limit=100&type__eq=TextReply",
        "page of 100 of a rare type": "event?limit=100&type__eq=Usage",
        "count": "event-count",
        "count of one type": "event-count?type__eq=Usage",
    }
    asked = [_call(server.http, "GET", f"{path}/{call}") for call in calls.values()]
    noop = _call(server.http, "GET", "/bench/noop")
    *ours, floor = turns(bench.size(600, 30), *asked, noop)
    for what, value in zip(calls, ours, strict=True):
        yield Line(f"{what}, of {archive.events:,} events", "ms", value, floor, TWICE)


def _call(http: Http, method: str, path: str, body: object = None) -> Callable[[], float]:
    request = Http.prepare(method, path, body)

    def measured() -> float:
        begun = time.perf_counter()
        http.send(request)
        http.receive()
        return (time.perf_counter() - begun) * 1000

    return measured


def _begun(bench: Bench) -> Iterator[Line]:
    """A conversation, and what one costs that idles."""
    server = bench.server
    begin = _call(server.http, "POST", "/conversation", {"title": "A new one"})
    noop = _call(server.http, "POST", "/bench/noop", {"title": "A new one"})
    ours, floor = turns(bench.size(600, 30), begin, noop)
    yield Line("create a conversation", "ms", ours, floor, TWICE)
    _fill_page_cache(server, bench.size(400, 2))
    warm, number = bench.size(1000, 50), bench.size(5000, 50)
    for _ in range(warm):
        begin()
    before = server.process.memory
    for _ in range(number):
        begin()
    grown = (server.process.memory - before) * 1000 / number
    yield Line("memory of an idle conversation", "kB", grown, None, under(2, "kB"))


def _fill_page_cache(server: Jupyter, rounds: int) -> None:
    """It is bounded, and no conversation's. In small steps: a large one would leave free memory behind."""
    path = f"/conversation/{server.conversation()}"
    watcher = Socket(server.port, path)
    for _ in range(rounds):
        server.http.ask("POST", f"{path}/task", {"runnable": {"type": "Emit", "number": 200}})
        watcher.count(b'"status":"COMPLETED"', 1)
    watcher.close()
