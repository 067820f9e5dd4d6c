"""History to one participant, against reading and sending it raw."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from urllib.parse import quote

from jupyter_conv.store.schema import event_key

from .bench import Bench
from .measure import Line, at_least, under
from .wire import Socket

__all__ = ["measure"]

MARKER = b'"conversation_id":"'


def measure(bench: Bench) -> Iterator[Line]:
    """How fast, and what it takes."""
    server, archive = bench.full_server, bench.archive
    number = archive.events // 10
    low = event_key(archive.tenth_key, 0)
    database = quote(str(archive.database))
    ours = f"/conversation/{archive.tenth}?after_seq=0"
    floor = f"/bench/replay?database={database}&low={low}&high={low + number + 1}"
    rates: dict[str, list[float]] = {ours: [], floor: []}
    memory = []
    for _ in range(bench.size(5, 1)):
        for path, found in rates.items():
            before = server.process.memory
            with server.process.peak() as peak:
                seconds = _replay(server.port, path, number)
            found.append(number / seconds)
            if path is ours:
                memory.append(max(peak) - before)
    what = f"replay of {number:,} events to one participant"
    yield Line(what, "/s", median(rates[ours]), median(rates[floor]), at_least(0.5, "raw"))
    yield Line(f"{what}: memory meanwhile", "MB", median(memory), None, under(8, "MB"))


def _replay(port: int, path: str, number: int) -> float:
    """Seconds from the first byte of the handshake to the last event."""
    begun = time.monotonic()
    participant = Socket(port, path)
    participant.count(MARKER, number)
    seconds = time.monotonic() - begun
    participant.close()
    return seconds
