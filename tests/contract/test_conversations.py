"""Conversations, as any participant sees them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from jupyter_conv import ConversationAPI
from jupyter_conv.errors import ConflictError, CursorError, InvalidError, NotFoundError
from jupyter_conv.models import (
    ConversationFilter,
    ConversationOrder,
    ConversationPatch,
    ConversationRequest,
    ConversationStatus,
    EventRequest,
    Note,
    PageQuery,
    TaskRequest,
    TaskStatus,
    Ticker,
    Wait,
    Workspace,
)

from ..following import is_status, until

pytestmark = pytest.mark.asyncio


async def test_begin_and_read(api: ConversationAPI) -> None:
    made = await api.create_conversation(ConversationRequest(title="Penguins", tags={"a": "b"}))
    assert made.status is ConversationStatus.READY
    assert (made.title, made.tags) == ("Penguins", {"a": "b"})
    assert await api.get_conversation(made.id) == made


async def test_the_same_request_makes_nothing_new(api: ConversationAPI) -> None:
    request = ConversationRequest(id=uuid4(), title="Asked twice")
    first = await api.create_conversation(request)
    assert await api.create_conversation(request) == first
    assert await api.count_events(first.id) == 2


async def test_a_known_id_with_another_body_is_a_conflict(api: ConversationAPI) -> None:
    first = await api.create_conversation(ConversationRequest(id=uuid4(), title="One"))
    with pytest.raises(ConflictError, match="id"):
        await api.create_conversation(ConversationRequest(id=first.id, title="Two"))


async def test_rename_and_tag(api: ConversationAPI) -> None:
    made = await api.create_conversation(ConversationRequest(title="Old", tags={"keep": "me"}))
    renamed = await api.update_conversation(made.id, ConversationPatch(title="New"))
    assert (renamed.title, renamed.tags) == ("New", {"keep": "me"})
    bare = await api.update_conversation(made.id, ConversationPatch(title=None, tags={}))
    assert (bare.title, bare.tags) == (None, {})


async def test_pages_hold_every_row_once_while_rows_are_added(api: ConversationAPI) -> None:
    mark = uuid4().hex
    made = [
        (await api.create_conversation(ConversationRequest(title=f"{mark} {n}"))).id
        for n in range(7)
    ]
    where = ConversationFilter(title__contains=mark)
    assert await api.count_conversations(where) == 7
    for order in (ConversationOrder.CREATED_AT, ConversationOrder.CREATED_AT_DESC):
        seen, page_id = [], None
        while True:
            page = await api.list_conversations(where, PageQuery(limit=3, page_id=page_id), order)
            seen += [found.id for found in page.results]
            page_id = page.next_page_id
            if page_id is None:
                break
            if order is ConversationOrder.CREATED_AT_DESC:
                await api.create_conversation(ConversationRequest(title=f"{mark} late"))
        assert seen == (made if order is ConversationOrder.CREATED_AT else made[::-1])


async def test_sub_conversations_are_listed_when_asked_for(api: ConversationAPI) -> None:
    mark = uuid4().hex
    parent = await api.create_conversation(ConversationRequest(title=mark))
    child = await api.create_conversation(
        ConversationRequest(title=mark, parent_conversation_id=parent.id)
    )
    where = ConversationFilter(title__contains=mark.upper())
    everything = where.model_copy(update={"include_sub_conversations": True})
    assert [c.id for c in (await api.list_conversations(where)).results] == [parent.id]
    assert await api.count_conversations(everything) == 2
    assert (await api.get_conversation(parent.id)).sub_conversation_ids == (child.id,)


async def test_finish_cancels_and_stays_readable(api: ConversationAPI) -> None:
    made = await api.create_conversation(ConversationRequest())
    running = await api.create_task(made.id, TaskRequest(runnable=Ticker(interval=60)))
    stubborn = await api.create_task(made.id, TaskRequest(runnable=Wait(timeout=600)))
    waiting = await api.create_task(made.id, TaskRequest(runnable=Ticker(), delay=600))
    await until(api, made.id, is_status(running.id, TaskStatus.RUNNING))
    finished = await api.delete_conversation(made.id)
    assert finished.status is ConversationStatus.DESTROYED
    for task in (running, stubborn, waiting):
        assert (await api.get_task(made.id, task.id)).status is TaskStatus.CANCELLED
    assert await api.count_events(made.id) > 5
    assert (await api.delete_conversation(made.id)).status is ConversationStatus.DESTROYED
    with pytest.raises(ConflictError, match="nothing new"):
        await api.create_task(made.id, TaskRequest(runnable=Ticker()))
    with pytest.raises(ConflictError, match="nothing new"):
        await api.create_event(made.id, EventRequest(detail=Note(data=1)))


async def test_purge_erases(api: ConversationAPI) -> None:
    made = await api.create_conversation(ConversationRequest())
    await api.delete_conversation(made.id, purge=True)
    with pytest.raises(NotFoundError):
        await api.get_conversation(made.id)
    again = await api.create_conversation(ConversationRequest(id=made.id))
    assert await api.count_events(again.id) == 2


async def test_what_is_not_there(api: ConversationAPI) -> None:
    nobody = uuid4()
    with pytest.raises(NotFoundError):
        await api.get_conversation(nobody)
    with pytest.raises(NotFoundError):
        await api.create_task(nobody, TaskRequest(runnable=Ticker()))
    with pytest.raises(NotFoundError):
        await api.count_events(nobody)
    with pytest.raises(NotFoundError):
        await api.create_conversation(ConversationRequest(parent_conversation_id=nobody))
    with pytest.raises(NotFoundError):
        await anext(aiter(api.stream(nobody)))


@pytest.mark.parametrize("cursor", ["x", "", "W10", "WyJDUkVBVEVEX0FUIiwxXQ", "é", "a" * 5000])
async def test_a_broken_cursor(api: ConversationAPI, cursor: str) -> None:
    with pytest.raises(CursorError):
        await api.list_conversations(page=PageQuery(page_id=cursor))


@pytest.mark.parametrize("path", ["..", "a/../../b", "missing", "/etc"])
async def test_only_directories_below_the_root_can_be_attached(
    api: ConversationAPI, path: str
) -> None:
    with pytest.raises(InvalidError):
        await api.create_conversation(
            ConversationRequest(workspace=Workspace(type="attached", path=path))
        )
