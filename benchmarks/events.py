"""Events appended by a runtime, committed and readable, against F2."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from jupyter_conv.models import ConversationRequest, EventFilter, PluginRunnable, TaskRequest
from jupyter_conv.runtimes import KernelPool
from jupyter_conv.service import Batch, ConversationService, Participant, Principal, Settings
from jupyter_conv.store.schema import event_key, events

from .bench import Bench
from .measure import Line, at_least, turns
from .plugin import TEXT, install

__all__ = ["measure"]

BATCH = 100
BODY = b'{"id":"%036d","conversation_id":"%036d","seq":%d,"created_at":"%027d","source":"runtime","task_id":"%036d",'
DETAIL = b'"detail":{"type":"TextReply","text":"%b"}}' % TEXT.encode()


def measure(bench: Bench) -> Iterator[Line]:
    """One line."""
    number = bench.size(100_000, 5000)
    sys.path.append(str(install(bench.home)))
    folder = bench.folder("events")
    rows = [_row(seq) for seq in range(1, number + 1)]
    ours, floor = turns(
        bench.size(5, 1),
        lambda: asyncio.run(_ours(folder, number)),
        lambda: _floor(folder, rows),
    )
    yield Line(
        "events appended by a runtime, committed and readable",
        "/s",
        ours,
        floor,
        at_least(0.5, "F2"),
    )


def _row(seq: int) -> tuple[Any, ...]:
    body = BODY % (seq, 0, seq, 0, 0) + DETAIL
    return (event_key(1, seq), "TextReply", "runtime", 1, 0, body)


async def _ours(folder: Path, number: int) -> float:
    settings = Settings(root_dir=folder, data_dir=folder / f"ours-{time.monotonic_ns()}")
    service = await ConversationService.open(settings, KernelPool.embedded())
    try:
        return await _emit(service.participant(Principal("ada")), number)
    finally:
        await service.aclose()


async def _emit(ada: Participant, number: int) -> float:
    conversation = await ada.create_conversation(ConversationRequest())
    runnable = PluginRunnable.model_validate({"type": "Emit", "number": number})
    completion = _Completion()
    follower = await ada.follow(conversation.id, None, completion)
    begun = time.perf_counter()
    await ada.create_task(conversation.id, TaskRequest(runnable=runnable))
    await completion.told.wait()
    seconds = time.perf_counter() - begun
    follower.stop()
    assert await ada.count_events(conversation.id, EventFilter(type__eq="TextReply")) == number
    return number / seconds


class _Completion:
    """A sink that waits for the task's end."""

    def __init__(self) -> None:
        self.told = asyncio.Event()

    async def replay(self, bodies: Sequence[bytes]) -> None:
        """Nothing of interest."""

    def live(self, batch: Batch) -> None:
        """The end comes last."""
        if b'"status":"COMPLETED"' in batch.events[-1][1]:
            self.told.set()


def _floor(folder: Path, rows: list[tuple[Any, ...]]) -> float:
    database = sqlite3.connect(folder / f"floor-{time.monotonic_ns()}.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    dialect = sqlite.dialect()
    for index in (None, *events.indexes):
        make = sa.schema.CreateTable(events) if index is None else sa.schema.CreateIndex(index)
        database.execute(str(make.compile(dialect=dialect)))
    begun = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        database.execute("BEGIN IMMEDIATE")
        database.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows[start : start + BATCH]
        )
        database.execute("COMMIT")
    seconds = time.perf_counter() - begun
    database.close()
    return len(rows) / seconds
