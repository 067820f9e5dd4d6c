"""One task's events out of its conversation's, from the first to the one that ends it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, cast
from uuid import UUID

from ..interface import ConversationAPI
from ..models import Event, EventFilter, PageQuery, TaskStatusUpdate

__all__ = ["ends_task", "follow_conversation", "follow_task", "history", "streaming"]


@asynccontextmanager
async def streaming(
    api: ConversationAPI, conversation_id: UUID, *, after_seq: int | None = None
) -> AsyncIterator[AsyncIterator[Event]]:
    """A stream that is closed at the end of the block."""
    async with aclosing(api.stream(conversation_id, after_seq=after_seq)) as stream:
        yield stream


async def history(
    api: ConversationAPI, conversation_id: UUID, where: EventFilter
) -> AsyncIterator[Event]:
    """Every event that is there now and meets the conditions, oldest first, page by page."""
    page = PageQuery()
    while True:
        found = await api.list_events(conversation_id, where, page)
        for event in found.results:
            yield event
        if found.next_page_id is None:
            return
        page = PageQuery(page_id=found.next_page_id)


def ends_task(event: Event, task_id: UUID) -> bool:
    """Whether this is the event after which nothing more comes of the task."""
    detail = event.detail
    return (
        isinstance(detail, TaskStatusUpdate)
        and detail.task_id == task_id
        and detail.status.finished
    )


async def follow_task(
    api: ConversationAPI, conversation_id: UUID, task_id: UUID, *, after_seq: int = 0
) -> AsyncIterator[Event]:
    """The task's events with a greater `seq`, in order, those to come too; ends when the task has ended.

    What is past is asked for by task, so that a long conversation's other events are not carried along.
    Leave it early with `contextlib.aclosing`.
    """
    # Asked first: of a task that has ended by now, every event is among those counted next.
    ended = (await api.get_task(conversation_id, task_id)).status.finished
    newest = await api.count_events(conversation_id)
    past = EventFilter(task_id__eq=task_id, seq__gt=after_seq, seq__lt=newest + 1)
    async with aclosing(cast(Any, history(api, conversation_id, past))) as events:
        async for event in events:
            yield event
            ended = ended or ends_task(event, task_id)
    if ended:
        return
    async with streaming(api, conversation_id, after_seq=max(newest, after_seq)) as stream:
        async for event in stream:
            if event.task_id == task_id:
                yield event
            if ends_task(event, task_id):
                return


async def follow_conversation(
    api: ConversationAPI, conversation_id: UUID, *, after_seq: int = 0
) -> AsyncIterator[Event]:
    """Every event of the conversation with a greater `seq`, in order; it does not end by itself."""
    async with streaming(api, conversation_id, after_seq=after_seq) as stream:
        async for event in stream:
            yield event
