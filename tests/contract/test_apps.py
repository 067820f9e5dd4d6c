"""V1's verbs, as any participant sees them."""

from __future__ import annotations

from contextlib import aclosing
from uuid import uuid4

import pytest

from jupyter_conv import ConversationAPI
from jupyter_conv.errors import ConflictError, CursorError, InvalidError, NotFoundError
from jupyter_conv.models import (
    AppConversationFilter,
    AppConversationStartRequest,
    ConversationOrder,
    PageQuery,
    StartTaskFilter,
    StartTaskStatus,
)

pytestmark = pytest.mark.asyncio


async def test_start_follow_and_find(api: ConversationAPI) -> None:
    request = AppConversationStartRequest(title=uuid4().hex, initial_message="Hello")
    async with aclosing(api.stream_app_conversation_start(request)) as told:
        states = [now async for now in told]
    assert [now.status for now in states] == [s for s in StartTaskStatus if s != "ERROR"]
    start = states[-1]
    where = AppConversationFilter(title__contains=request.title)
    page = await api.search_app_conversations(where, PageQuery(limit=1), ConversationOrder.TITLE)
    assert [found.id for found in page.items] == [start.app_conversation_id]
    assert await api.count_app_conversations(where) == 1
    nobody = uuid4()
    found = await api.get_app_conversations([nobody, start.app_conversation_id])
    assert [one and one.title for one in found] == [None, request.title]
    assert await api.get_start_tasks([start.id, nobody]) == (start, None)
    which = StartTaskFilter(conversation_id__eq=start.app_conversation_id)
    assert (await api.search_start_tasks(which)).items == (start,)
    assert await api.count_start_tasks(which) == 1
    assert await api.cancel_start_task(start.id) == start


async def test_asked_again_nothing_is_started(api: ConversationAPI) -> None:
    request = AppConversationStartRequest(conversation_id=uuid4())
    first = await api.start_app_conversation(request)
    assert (await api.start_app_conversation(request)).id == first.id
    other = request.model_copy(update={"llm_model": "other"})
    with pytest.raises(ConflictError):
        await api.start_app_conversation(other)


async def test_files_and_skills(api: ConversationAPI) -> None:
    start = await api.start_app_conversation(AppConversationStartRequest())
    id = start.app_conversation_id
    async with aclosing(
        api.stream_app_conversation_start(AppConversationStartRequest(conversation_id=id))
    ) as told:
        assert [now async for now in told][-1].status is StartTaskStatus.READY
    await api.upload_files(id, {"PLAN.md": b"A plan", ".jupyter_conv/skills/a.md": b"Always."})
    assert await api.read_text_file(id) == "A plan"
    assert [skill.name for skill in (await api.list_skills(id)).skills] == ["a"]
    with pytest.raises(NotFoundError):
        await api.read_text_file(id, "nothing")


async def test_what_is_wrong(api: ConversationAPI) -> None:
    with pytest.raises(InvalidError):
        await api.start_app_conversation(AppConversationStartRequest(selected_repository="a/b"))
    with pytest.raises(NotFoundError):
        await api.cancel_start_task(uuid4())
    with pytest.raises(NotFoundError):
        await api.list_skills(uuid4())
    with pytest.raises(CursorError):
        await api.search_start_tasks(page=PageQuery(page_id="x"))
    refused = AppConversationStartRequest(selected_branch="main")
    with pytest.raises(InvalidError):
        await anext(aiter(api.stream_app_conversation_start(refused)))
