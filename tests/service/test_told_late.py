"""Who joins between a commit and the word of it, or while more comes than is held back, still sees each event once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from jupyter_conv.bus import Batch, Bus
from jupyter_conv.service import Follower
from jupyter_conv.service.follow import BACKLOG

pytestmark = pytest.mark.asyncio
HERE = uuid4()


class Seen:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def replay(self, bodies: Sequence[bytes]) -> None:
        self.bodies += bodies

    def live(self, batch: Batch) -> None:
        self.bodies += [body for _, body in batch.events]


class Log:
    """A store in memory, which tells when it is asked to."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.kept: list[tuple[int, bytes]] = []

    def keep(self, body: bytes) -> None:
        self.kept.append((len(self.kept) + 1, body))

    def tell(self, first: int, last: int, id: UUID = HERE) -> None:
        self.bus.publish(id, self.kept[first - 1 : last])

    async def read(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        return [event for event in self.kept if event[0] > after][:limit]


async def test_what_was_read_before_it_was_told_is_seen_once() -> None:
    bus, seen = Bus(), Seen()
    log = Log(bus)
    for body in (b"1", b"2", b"3"):
        log.keep(body)
    follower = Follower(bus, HERE, seen)
    follower.listen()
    await follower.catch_up(log.read, 0)
    log.tell(2, 3)
    log.keep(b"4")
    log.tell(4, 4)
    bus.publish(HERE, [(None, b"transient")])
    assert seen.bodies == [b"1", b"2", b"3", b"4", b"transient"]


async def test_a_backlog_that_was_thrown_away_is_read_from_the_store() -> None:
    bus, seen = Bus(), Seen()
    log = Log(bus)
    log.keep(b"1")
    huge = bytes(BACKLOG + 1)

    async def read(after: int, limit: int) -> list[tuple[int, bytes]]:
        page = await log.read(after, limit)
        if len(log.kept) == 1:
            log.keep(huge)
            log.tell(2, 2)
        return page

    follower = Follower(bus, HERE, seen)
    follower.listen()
    await follower.catch_up(read, 0)
    assert seen.bodies == [b"1", huge]
