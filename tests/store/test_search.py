"""Looking through a conversation's events, and page ids."""

from __future__ import annotations

import base64
import json

import pytest

from jupyter_conv.errors import CursorError
from jupyter_conv.models import EventFilter, EventOrder
from jupyter_conv.store import Connection, RawPage, events

from .conftest import House

SAID = [
    "100% sure",
    "1000 sure",
    "a_b",
    "axb",
    'he said "no"',
    "it's",
    "back\\slash",
    "ÄÖÜ größe ☃ 漢字",
    "line\nbreak",
    "{json}",
    "",
]


def page(
    connection: Connection, key: int, where: EventFilter, page_id: str | None = None
) -> RawPage:
    order = EventOrder.SEQ
    return events.search(connection, key, None, where, limit=100, page_id=page_id, order=order)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("needle", "found"),
    [
        ("100%", ["100% sure"]),
        ("%", ["100% sure"]),
        ("a_b", ["a_b"]),
        ("_", ["a_b"]),
        ('"no"', ['he said "no"']),
        ("'", ["it's"]),
        ("\\", ["back\\slash"]),
        ("k\\s", ["back\\slash"]),
        ("äöü GRÖSSE"[:3], ["ÄÖÜ größe ☃ 漢字"]),
        ("☃ 漢", ["ÄÖÜ größe ☃ 漢字"]),
        ("E\nB", ["line\nbreak"]),
        ("/", []),
        ("content", []),
        ("'; DROP TABLE events; --", []),
        ("", SAID),
    ],
)
async def test_text_is_looked_for_as_it_stands(house: House, needle: str, found: list[str]) -> None:
    to = await house.begin()
    await house.say(to, *SAID)
    where = EventFilter(text__contains=needle)
    found_page = await house.store.read(lambda c: page(c, to[0], where))
    assert [json.loads(body)["detail"]["content"] for body in found_page.bodies] == found
    assert await house.store.read(lambda c: events.count(c, to[0], None, where)) == len(found)


@pytest.mark.asyncio
@pytest.mark.parametrize("seq", [-1, -(1 << 32), 1 << 32 | 1, 1 << 40, 10**30])
async def test_no_number_reaches_into_another_conversation(house: House, seq: int) -> None:
    for _ in range(4):
        await house.say(await house.begin(), "one's own", "and again")
    to = await house.begin()
    await house.say(to, "mine")
    later = await house.begin()
    await house.say(later, "theirs")
    assert await house.store.read(lambda c: events.one(c, to[0], seq)) is None
    assert await house.store.read(lambda c: events.one(c, 4, 1 << 32 | 1)) is None
    rows = await house.store.read(lambda c: events.after(c, to[0], seq, 100))
    assert [json.loads(body)["detail"]["content"] for _, body in rows] == ["mine"] * (seq < 0)


def _made(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "x",
        "é",
        "a" * 5000,
        _made(None),
        _made({}),
        _made([]),
        _made(["SEQ"]),
        _made(["SEQ", 1, 2]),
        _made(["SEQ_DESC", 1]),
        _made(["SEQ", "1"]),
        _made(["SEQ", True]),
        _made(["SEQ", 1.5]),
        _made(["SEQ", 1 << 63]),
        "W" * 100_000,
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
        _made(["SEQ", -(10**30)]),
    ],
)
@pytest.mark.asyncio
async def test_a_page_id_that_no_list_gave_out(house: House, broken: str) -> None:
    to = await house.begin()
    with pytest.raises(CursorError, match="page_id"):
        await house.store.read(lambda c: page(c, to[0], EventFilter(), broken))
