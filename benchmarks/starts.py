"""V1: a start from its POST to READY, and its lists, against F3."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import quote

from .bench import Bench
from .measure import Line, at_most, percentile, turns, under
from .wire import Http

__all__ = ["measure"]

APPS = "/api/v1/app-conversations"


def measure(bench: Bench) -> Iterator[Line]:
    """Starts without a repository, and pages of many conversations."""
    yield from _starts(bench)
    yield from _lists(bench)


def _starts(bench: Bench) -> Iterator[Line]:
    http = bench.server.http
    stream = Http.prepare("POST", f"{APPS}/stream-start", {"title": "Started"})
    post = Http.prepare("POST", APPS, {"title": "Started"})
    noop = Http.prepare("POST", "/bench/noop", {"title": "Started"})
    taken: list[float] = []

    def started() -> float:
        begun = time.perf_counter()
        http.send(stream)
        states = http.receive_chunks()
        seconds = (time.perf_counter() - begun) * 1000
        if b'"status":"READY"' not in states:
            raise RuntimeError(states[-500:])
        taken.append(seconds)
        return seconds

    ours, answer, floor = turns(bench.size(300, 20), started, _Call(http, post), _Call(http, noop))
    yield Line("a start without repository: POST to READY, p50", "ms", ours, floor, under(50, "ms"))
    yield Line("the same, p99", "ms", percentile(taken, 0.99), None, under(50, "ms"))
    yield Line("POST of a start, to its answer", "ms", answer, floor)


def _lists(bench: Bench) -> Iterator[Line]:
    http, number = bench.full_server.http, bench.archive.number
    noop = _Call(http, Http.prepare("GET", "/bench/noop"))
    deep = None
    for _ in range(bench.size(50, 2)):
        query = f"?limit=100&page_id={quote(deep)}" if deep else "?limit=100"
        deep = http.ask("GET", f"{APPS}/search{query}")["next_page_id"] or deep
    queries = {
        "page of 1, first": "search?limit=1",
        "page of 1, by title": "search?limit=1&sort_order=TITLE",
        "page of 20, first": "search?limit=20",
        "page of 20, deep": f"search?limit=20&page_id={quote(deep or '')}",
        "page of 100, first": "search?limit=100",
    }
    calls = [_Call(http, Http.prepare("GET", f"{APPS}/{query}")) for query in queries.values()]
    *ours, floor = turns(bench.size(300, 20), *calls, noop)
    for what, value in zip(queries, ours, strict=True):
        yield Line(f"V1 {what}, of {number:,} conversations", "ms", value, floor, at_most(2, "F3"))


class _Call:
    """Milliseconds of one prepared request."""

    def __init__(self, http: Http, request: bytes) -> None:
        self._http, self._request = http, request

    def __call__(self) -> float:
        begun = time.perf_counter()
        self._http.send(self._request)
        self._http.receive()
        return (time.perf_counter() - begun) * 1000
