"""Events, as any participant reads them."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from jupyter_conv import ConversationAPI
from jupyter_conv.errors import NotFoundError
from jupyter_conv.models import (
    ConversationRequest,
    ConversationStatusUpdate,
    EventFilter,
    EventOrder,
    EventRequest,
    Message,
    Note,
    PageQuery,
    Source,
    TaskRequest,
    Ticker,
)

from ..following import run, until

pytestmark = pytest.mark.asyncio


async def begin(api: ConversationAPI) -> UUID:
    return (await api.create_conversation(ConversationRequest())).id


async def note(api: ConversationAPI, id: UUID, data: object) -> int:
    event = await api.create_event(id, EventRequest(detail=Note(data=data)))
    assert event.seq is not None
    return event.seq


async def test_what_is_said_is_numbered_and_found(api: ConversationAPI) -> None:
    id = await begin(api)
    event = await api.create_event(id, EventRequest(detail=Message(content="Grüße ☃")))
    assert (event.seq, event.source, event.detail) == (3, Source.USER, Message(content="Grüße ☃"))
    assert await api.get_event(id, event.id) == event


async def test_pages_in_both_orders(api: ConversationAPI) -> None:
    id = await begin(api)
    for n in range(8):
        await note(api, id, n)
    for order in EventOrder:
        seen, page_id = [], None
        while True:
            page = await api.list_events(
                id, page=PageQuery(limit=3, page_id=page_id), sort_order=order
            )
            seen += [event.seq for event in page.results]
            page_id = page.next_page_id
            if page_id is None:
                break
            await note(api, id, "late")
        numbers = seen if order is EventOrder.SEQ else seen[::-1]
        assert numbers == list(range(1, len(numbers) + 1))


async def test_count_is_what_the_list_holds(api: ConversationAPI) -> None:
    id = await begin(api)
    for n in range(4):
        await note(api, id, f"Note {n}")
    await api.create_event(id, EventRequest(detail=Message(content="Ähre im Feld")))
    task = await run(api, id, TaskRequest(runnable=Ticker(interval=0, iterations=3)))
    everything = (await api.list_events(id)).results
    middle = everything[3].created_at
    for where, number in (
        (EventFilter(), len(everything)),
        (EventFilter(type__eq="Note"), 4),
        (EventFilter(type__eq="Note", source__eq=Source.USER), 4),
        (EventFilter(type__eq="Note", source__eq=Source.RUNTIME), 0),
        (EventFilter(source__eq=Source.USER), 5),
        (EventFilter(task_id__eq=task.id), sum(e.task_id == task.id for e in everything)),
        (EventFilter(task_id__eq=uuid4()), 0),
        (EventFilter(type__eq="TextReply", task_id__eq=task.id), 3),
        (EventFilter(text__contains="ähre"), 1),
        (EventFilter(text__contains="TICK"), 3),
        (EventFilter(text__contains="type"), 0),
        (EventFilter(text__contains="100%"), 0),
        (EventFilter(seq__gt=4, seq__lt=6), 1),
        (EventFilter(seq__gt=10**12), 0),
        (EventFilter(created_at__gte=middle), sum(e.created_at >= middle for e in everything)),
        (EventFilter(created_at__lt=middle), sum(e.created_at < middle for e in everything)),
    ):
        found = (await api.list_events(id, where)).results
        assert (await api.count_events(id, where), len(found)) == (number, number), where


async def test_another_conversations_event_is_not_here(api: ConversationAPI) -> None:
    here, there = await begin(api), await begin(api)
    event = (await api.list_events(there)).results[0]
    with pytest.raises(NotFoundError):
        await api.get_event(here, event.id)
    with pytest.raises(NotFoundError):
        await api.get_event(here, uuid4())


async def test_a_stream_begins_with_the_newest_status(api: ConversationAPI) -> None:
    id = await begin(api)
    await note(api, id, "before")
    stream = api.stream(id)
    first = await anext(stream)
    assert isinstance(first.detail, ConversationStatusUpdate)
    await note(api, id, "after")
    second = await anext(stream)
    assert second.detail == Note(data="after")
    await stream.aclose()


async def test_late_joiners_see_everything_once_in_order_while_many_write(
    api: ConversationAPI,
) -> None:
    id = await begin(api)
    writers, each = 4, 40
    total = 2 + writers * each

    async def write(writer: int) -> None:
        for n in range(each):
            await note(api, id, [writer, n])

    async def join(after: int) -> list[int]:
        await until(api, id, lambda e: (e.seq or 0) > after)
        found = await until(api, id, lambda e: e.seq == total, after_seq=after)
        return [event.seq or 0 for event in found]

    async with asyncio.TaskGroup() as group:
        for writer in range(writers):
            group.create_task(write(writer))
        joiners = [group.create_task(join(after)) for after in (0, 5, 30, 60, 100)]
    for joiner, after in zip(joiners, (0, 5, 30, 60, 100), strict=True):
        assert joiner.result() == list(range(after + 1, total + 1))
