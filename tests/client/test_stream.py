"""The stream against a real server, with lines that break."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from uuid import UUID

import pytest

from jupyter_conv.client import ConversationClient, EventStream, history
from jupyter_conv.errors import NotFoundError
from jupyter_conv.models import (
    ConversationRequest,
    ConversationStatusUpdate,
    Event,
    EventFilter,
    EventRequest,
    Note,
    Shell,
    TaskRequest,
)

from ..serving import TOKEN, RunningServer
from .proxy import Proxy

pytestmark = pytest.mark.asyncio


async def say(client: ConversationClient, conversation_id: UUID, *numbers: int) -> None:
    for number in numbers:
        await client.create_event(conversation_id, EventRequest(detail=Note(data=number)))


async def take(stream: EventStream, count: int) -> list[Event]:
    async with asyncio.timeout(30):
        return [await anext(stream) for _ in range(count)]


async def test_everything_then_what_comes(server: RunningServer) -> None:
    async with aclosing(ConversationClient(server.url, TOKEN)) as client:
        conversation = await client.create_conversation(ConversationRequest())
        await say(client, conversation.id, 1, 2)
        newest = await client.count_events(conversation.id)
        async with aclosing(client.stream(conversation.id, after_seq=0)) as stream:
            assert [e.seq for e in await take(stream, newest)] == list(range(1, newest + 1))
            await say(client, conversation.id, 3)
            assert [e.seq for e in await take(stream, 1)] == [newest + 1]
            assert stream.last_seq == newest + 1


async def test_without_a_seq_the_newest_status_then_what_comes(server: RunningServer) -> None:
    async with aclosing(ConversationClient(server.url, TOKEN)) as client:
        conversation = await client.create_conversation(ConversationRequest())
        await say(client, conversation.id, 1, 2)
        newest = await client.count_events(conversation.id)
        async with aclosing(client.stream(conversation.id)) as stream:
            (status,) = await take(stream, 1)
            assert isinstance(status.detail, ConversationStatusUpdate)
            await say(client, conversation.id, 3)
            assert [e.seq for e in await take(stream, 1)] == [newest + 1]


@pytest.mark.parametrize("start", [0, None])
async def test_no_gap_and_no_double_however_often_the_line_breaks(
    server: RunningServer, start: int | None
) -> None:
    async with (
        aclosing(ConversationClient(server.url, TOKEN)) as direct,
        Proxy(server.url) as proxy,
        aclosing(ConversationClient(proxy.url, TOKEN)) as client,
    ):
        conversation = await direct.create_conversation(ConversationRequest())
        proxy.limits = [] if start == 0 else [10_000]
        # The handshake and a few events, then the line breaks: inside of a frame as often as between two.
        proxy.limits += [700, 1_500, 900, 333, 2_000, 1_234, 777, 5_000, 1_111]
        command = "for i in $(seq 1 200); do echo $i; sleep 0.005; done"
        async with aclosing(client.stream(conversation.id, after_seq=start)) as stream:
            if start is None:
                await take(stream, 1)
            await direct.create_task(conversation.id, TaskRequest(runnable=Shell(command=command)))
            seen: list[Event] = []
            async with asyncio.timeout(60):
                async for event in stream:
                    seen.append(event)
                    if event.detail.model_dump().get("status") == "COMPLETED":
                        break
        assert proxy.lines > 5
        after = (seen[0].seq or 0) - 1
        stored = [e async for e in history(direct, conversation.id, EventFilter(seq__gt=after))]
        assert [e.seq for e in seen] == [e.seq for e in stored]
        assert seen == stored


async def test_a_server_killed_and_started_again(own_server: RunningServer) -> None:
    async with aclosing(ConversationClient(own_server.url, TOKEN)) as client:
        conversation = await client.create_conversation(ConversationRequest())
        await say(client, conversation.id, *range(20))
        async with aclosing(client.stream(conversation.id, after_seq=0)) as stream:
            seen = await take(stream, 10)
            await asyncio.to_thread(own_server.kill)
            await asyncio.to_thread(own_server.start)
            await say(client, conversation.id, 20)
            newest = await client.count_events(conversation.id)
            seen += await take(stream, newest - len(seen))
        assert [e.seq for e in seen] == list(range(1, newest + 1))


async def test_closing_ends_it_also_while_it_waits(server: RunningServer) -> None:
    async with aclosing(ConversationClient(server.url, TOKEN)) as client:
        conversation = await client.create_conversation(ConversationRequest())
        newest = await client.count_events(conversation.id)
        stream = client.stream(conversation.id, after_seq=newest)
        waiting = asyncio.ensure_future(anext(stream, None))
        await say(client, conversation.id, 1)
        async with asyncio.timeout(5):
            assert await waiting is not None
            waiting = asyncio.ensure_future(anext(stream, None))
            await asyncio.sleep(0)
            await stream.aclose()
            assert await waiting is None
        assert await anext(stream, None) is None


async def test_closing_ends_it_also_while_it_tries_again(own_server: RunningServer) -> None:
    async with aclosing(ConversationClient(own_server.url, TOKEN)) as client:
        conversation = await client.create_conversation(ConversationRequest())
        stream = client.stream(conversation.id, after_seq=0)
        await take(stream, 1)
        await asyncio.to_thread(own_server.kill)

        async def rest() -> int:
            return len([e async for e in stream])

        waiting = asyncio.ensure_future(rest())
        async with asyncio.timeout(10):
            while stream._failures < 3:  # noqa: ASYNC110  it has met the closed door by then; nothing tells us
                await asyncio.sleep(0.01)
        async with asyncio.timeout(2):
            await stream.aclose()
            await waiting


async def test_what_is_not_there(server: RunningServer) -> None:
    async with aclosing(ConversationClient(server.url, TOKEN)) as client:
        unknown = UUID("00000000-0000-4000-8000-000000000000")
        for after in (0, None):
            async with aclosing(client.stream(unknown, after_seq=after)) as stream:
                with pytest.raises(NotFoundError):
                    await anext(stream)


async def test_the_firehose(server: RunningServer) -> None:
    async with (
        aclosing(ConversationClient(server.url, TOKEN)) as client,
        aclosing(client.firehose()) as stream,
    ):
        waiting = asyncio.ensure_future(anext(stream))
        made = set()
        async with asyncio.timeout(20):
            while not waiting.done():
                made.add((await client.create_conversation(ConversationRequest())).id)
            assert (await waiting).conversation_id in made


async def test_what_was_seen_is_dropped_and_what_is_transient_passes() -> None:
    def frame(seq: int | None) -> bytes:
        detail = {"type": "TextReply", "text": "x"}
        ids = {"id": str(UUID(int=1)), "conversation_id": str(UUID(int=2))}
        envelope = {"seq": seq, "created_at": "2026-01-01T00:00:00Z", "source": "agent"}
        return json.dumps({**ids, **envelope, "detail": detail}).encode()

    stream = EventStream("http://nowhere", {}, after_seq=3)
    taken = [stream._take(frame(seq)) for seq in (3, 4, None, 4, 2, 5)]
    assert [e.seq if e else "dropped" for e in taken] == [
        "dropped",
        4,
        None,
        "dropped",
        "dropped",
        5,
    ]
