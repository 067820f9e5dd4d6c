"""A server over a full database, against F4."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from .bench import Bench
from .measure import Line, at_most, under
from .servers import Jupyter

__all__ = ["measure"]


def measure(bench: Bench) -> Iterator[Line]:
    """Time to the first answer, and memory after it. Every server is started anew."""
    archive = bench.archive
    bench.close()  # who has the archive lets it go
    times: tuple[list[float], list[float]] = [], []
    memories: tuple[list[float], list[float]] = [], []
    for _ in range(bench.size(7, 1)):
        for bare in (False, True):
            server = Jupyter(bench.folder("startup"), data_dir=archive.data_dir, bare=bare)
            times[bare].append(server.start_time)
            memories[bare].append(server.process.memory)
            server.stop()
    what = f"server start with {archive.number:,} conversations and {archive.events:,} events"
    yield Line(what, "s", median(times[0]), median(times[1]), at_most(1.1, "F4"))
    ours, floor = median(memories[0]), median(memories[1])
    yield Line(f"{what}: memory", "MB", ours, floor, under(25, "MB", beyond="F4"))
