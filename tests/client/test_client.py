"""The HTTP client against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from jupyter_conv.client import ConversationClient, follow_task
from jupyter_conv.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    MalformedError,
    NoServerError,
    NotFoundError,
)
from jupyter_conv.models import (
    ConversationFilter,
    ConversationPatch,
    ConversationRequest,
    ConversationStatus,
    EventRequest,
    Note,
    PageQuery,
    Shell,
    TaskRequest,
    TaskStatus,
    Ticker,
    Wait,
)

from ..serving import TOKEN, RunningServer, free_port

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client(server: RunningServer) -> AsyncIterator[ConversationClient]:
    async with aclosing(ConversationClient(server.url, TOKEN)) as made:
        yield made


async def test_the_verbs_of_a_conversation(client: ConversationClient) -> None:
    made = await client.create_conversation(ConversationRequest(title="Verbs", tags={"a": "b"}))
    assert await client.get_conversation(made.id) == made
    renamed = await client.update_conversation(made.id, ConversationPatch(title="Renamed"))
    assert (renamed.title, renamed.tags) == ("Renamed", {"a": "b"}), "what is left out stays"
    assert (await client.update_conversation(made.id, ConversationPatch(title=None))).title is None
    where = ConversationFilter(created_at__gte=made.created_at)
    page = await client.list_conversations(where, PageQuery(limit=100))
    assert made.id in [found.id for found in page.results]
    assert await client.count_conversations(where) == len(page.results)
    ended = await client.delete_conversation(made.id)
    assert ended.status is ConversationStatus.DESTROYED
    await client.delete_conversation(made.id, purge=True)
    with pytest.raises(NotFoundError):
        await client.get_conversation(made.id)


async def test_a_task_from_the_first_event_to_the_last(client: ConversationClient) -> None:
    conversation = await client.create_conversation(ConversationRequest())
    other = await client.create_task(conversation.id, TaskRequest(runnable=Ticker(interval=0.01)))
    task = await client.create_task(
        conversation.id, TaskRequest(runnable=Shell(command="echo hello; exit 3"))
    )
    events = [e async for e in follow_task(client, conversation.id, task.id)]
    assert {e.task_id for e in events} == {task.id}
    assert [e.seq for e in events] == sorted({e.seq or 0 for e in events})
    assert any("hello" in e.detail.model_dump_json() for e in events)
    ended = await client.get_task(conversation.id, task.id)
    assert (ended.status, ended.result) == (TaskStatus.ERROR, {"exit_code": 3})
    again = [e async for e in follow_task(client, conversation.id, task.id)]
    assert again == events, "a task that has ended is told the same"
    middle = events[1].seq or 0
    rest = [e async for e in follow_task(client, conversation.id, task.id, after_seq=middle)]
    assert rest == events[2:]
    cancelled = await client.cancel_task(conversation.id, other.id)
    assert cancelled.status in (TaskStatus.CANCELLING, TaskStatus.CANCELLED)
    assert await client.count_tasks(conversation.id) == 2


async def test_errors_come_as_what_they_are(client: ConversationClient) -> None:
    conversation = await client.create_conversation(ConversationRequest())
    with pytest.raises(NotFoundError):
        await client.get_task(conversation.id, uuid4())
    task = await client.create_task(conversation.id, TaskRequest(runnable=Wait(timeout=0.2)))
    with pytest.raises(ConflictError):
        await client.cancel_task(conversation.id, task.id)
    with pytest.raises(InvalidError) as caught:
        await client.create_conversation(ConversationRequest.model_construct(title=""))
    assert caught.value.detail
    with pytest.raises(MalformedError, match="surrogate"):
        await client.create_event(
            conversation.id, EventRequest(detail=Note.model_construct(data="\ud800"))
        )


async def test_a_lost_answer_makes_nothing_twice(server: RunningServer) -> None:
    class Lossy(httpx.AsyncHTTPTransport):
        lost = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            if self.lost < 2:
                self.lost += 1
                await answer.aread()
                raise httpx.ReadError("the line broke", request=request)
            return answer

    transport = Lossy()
    async with httpx.AsyncClient(transport=transport) as http:
        client = ConversationClient(server.url, TOKEN, http=http)
        made = await client.create_conversation(ConversationRequest(title="Once"))
        assert transport.lost == 2
        assert await client.count_conversations(ConversationFilter(title__contains="Once")) == 1
        transport.lost = 1
        await client.create_task(made.id, TaskRequest(runnable=Wait(timeout=0)))
        assert await client.count_tasks(made.id) == 1
        transport.lost = 1
        with pytest.raises(NoServerError):
            await client.create_event(made.id, EventRequest(detail=Note(data=1)))


async def test_who_is_not_known_is_told_what_to_do(server: RunningServer) -> None:
    for token in (None, "wrong"):
        async with aclosing(ConversationClient(server.url, token)) as stranger:
            with pytest.raises(ForbiddenError, match="token"):
                await stranger.count_conversations()
            async with aclosing(stranger.stream(uuid4(), after_seq=0)) as stream:
                with pytest.raises(ForbiddenError):
                    await anext(stream)


async def test_nobody_there() -> None:
    async with aclosing(ConversationClient(f"http://127.0.0.1:{free_port()}", TOKEN)) as client:
        with pytest.raises(NoServerError, match="does not answer"):
            await client.count_conversations()
        async with aclosing(client.stream(uuid4(), after_seq=0)) as stream:
            with pytest.raises(NoServerError):
                await anext(stream)


async def test_something_else_answers(server: RunningServer) -> None:
    async with aclosing(ConversationClient(server.url + "api", TOKEN)) as client:
        with pytest.raises(NoServerError, match="jupyter_conv"):
            await client.count_conversations()


async def test_the_token_is_in_no_url(server: RunningServer) -> None:
    seen: list[Any] = []

    async def look(request: httpx.Request) -> None:
        seen.append(request)

    async with httpx.AsyncClient(event_hooks={"request": [look]}) as http:
        client = ConversationClient(server.url, TOKEN, http=http)
        await client.count_conversations()
        assert TOKEN not in repr(client)
    assert [TOKEN in str(r.url) for r in seen] == [False]
    assert seen[0].headers["Authorization"] == f"token {TOKEN}"
    await asyncio.sleep(0)
