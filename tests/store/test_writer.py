"""The one writer: numbers without gaps, units whole or not at all, told in the order they were kept."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from jupyter_conv.errors import ConflictError, NotFoundError, UnavailableError
from jupyter_conv.models import ConversationStatus, utc_now
from jupyter_conv.store import conversations, events

from .conftest import House, draft

pytestmark = pytest.mark.asyncio


@contextmanager
def held(house: House) -> Iterator[None]:
    """Keep the writer busy meanwhile, so that what is queued here comes into one commit."""
    go = threading.Event()
    house.store.append([], apply=lambda _: (go.wait(10), ()), on_error=print)
    try:
        yield
    finally:
        go.set()


async def test_numbers_have_no_gaps_while_many_write(house: House) -> None:
    here, there = await house.begin(), await house.begin()

    async def write(writer: int) -> list[int | None]:
        kept = []
        for n in range(50):
            to = here if n % 2 else there
            kept += await house.say(to, f"{writer}.{n}", f"{writer}.{n} again")
        return [seq for seq, _ in kept]

    await asyncio.gather(*(write(writer) for writer in range(8)))
    for to in (here, there):
        log = await house.log(to)
        assert [seq for seq, _ in log] == list(range(1, 8 * 50 + 1))
        assert [seq for seq, _ in house.told[to[1]]] == [seq for seq, _ in log]
        for writer in range(8):
            mine = [text for _, text in log if text.startswith(f"{writer}.")]
            assert mine == sorted(mine, key=lambda text: int(text.split(".")[1].split()[0]))


@pytest.mark.parametrize("error", [ConflictError("No."), ValueError("a fault of ours")])
async def test_a_unit_that_is_refused_is_undone_alone(house: House, error: Exception) -> None:
    to = await house.begin()

    def refused(connection: Any) -> Any:
        conversations.update(connection, to[0], utc_now(), title="never")
        raise error

    with held(house):
        before = house.store._writer.write(None, [draft(to, "before")])
        bad = house.store._writer.write(refused, [draft(to, "never")])
        after = house.store._writer.write(None, [draft(to, "after")])
    with pytest.raises(type(error)):
        await bad
    assert [seq for seq, _ in (await before)[1] + (await after)[1]] == [1, 2]
    assert await house.log(to) == [(1, "before"), (2, "after")]
    row = await house.store.read(lambda c: conversations.find(c, to[1]))
    assert row is not None
    assert row.conversation.title is None


async def test_units_of_one_commit_keep_their_order(house: House) -> None:
    to = await house.begin()
    with held(house):
        writes = [house.store._writer.write(None, [draft(to, str(n))]) for n in range(300)]
    committed = [(await write)[1][0][0] for write in writes]
    assert committed == list(range(1, 301))
    assert await house.log(to) == [(n + 1, str(n)) for n in range(300)]


async def test_what_is_transient_is_told_in_its_turn_and_not_kept(house: House) -> None:
    to = await house.begin()
    with held(house):
        for n, durable in enumerate((True, False, False, True, False)):
            house.store.append([draft(to, str(n), durable=durable)], on_error=print)
    await house.say(to, "last")
    told = [(seq, json.loads(body)) for seq, body in house.told[to[1]]]
    assert [(seq, event["detail"]["content"]) for seq, event in told] == [
        (1, "0"),
        (None, "1"),
        (None, "2"),
        (2, "3"),
        (None, "4"),
        (3, "last"),
    ]
    assert [event["seq"] for _, event in told] == [seq for seq, _ in told]
    assert await house.log(to) == [(1, "0"), (2, "3"), (3, "last")]


async def test_it_is_told_before_it_is_acknowledged(house: House) -> None:
    to = await house.begin()
    (committed,) = await house.say(to, "x")
    assert house.told[to[1]] == [committed]
    assert (await house.log(to))[0][0] == committed[0]


async def test_what_comes_for_an_erased_conversation_is_refused_and_goes_nowhere_else(
    house: House,
) -> None:
    gone = await house.begin()
    await house.store.write(lambda c: (conversations.purge(c, gone[0]), ()))
    other = await house.begin()
    assert other[0] != gone[0]
    with pytest.raises(NotFoundError):
        await house.say(gone, "late")
    assert await house.log(other) == []


@pytest.mark.parametrize("status", [ConversationStatus.DESTROYING, ConversationStatus.ERROR])
async def test_the_newest_status_is_found_whatever_was_committed_with_it(
    house: House, status: ConversationStatus
) -> None:
    to = await house.begin()

    def change(connection: Any) -> Any:
        conversations.set_status(
            connection,
            to[0],
            status,
            since=[ConversationStatus.CREATING],
            message=None,
            now=utc_now(),
        )
        return None, [draft(to, status, type="ConversationStatusUpdate")]

    with held(house):
        house.store.append([draft(to, "a"), draft(to, "b")], on_error=print)
        house.store.append([], apply=change, on_error=print)
    await house.say(to, "c")
    body = await house.store.read(lambda c: events.newest(c, to[0], "ConversationStatusUpdate"))
    assert body is not None
    assert json.loads(body)["detail"]["content"] == status
    assert json.loads(body)["seq"] == 3


async def test_what_is_queued_is_kept_when_the_store_closes(house: House) -> None:
    to = await house.begin()
    for n in range(5000):
        house.store.append([draft(to, str(n))], on_error=print)
    await house.store._writer.aclose()
    assert len(await house.log(to)) == 5000
    with pytest.raises(UnavailableError):
        await house.say(to, "too late")
