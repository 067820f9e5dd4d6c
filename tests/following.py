"""Waiting for events with a deadline: nothing here sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

from jupyter_conv import ConversationAPI
from jupyter_conv.models import Event, Task, TaskRequest, TaskStatus, TaskStatusUpdate

DEADLINE = 30.0


async def until(
    api: ConversationAPI,
    conversation_id: UUID,
    wanted: Callable[[Event], bool],
    *,
    after_seq: int | None = 0,
    deadline: float = DEADLINE,
) -> list[Event]:
    """The events up to and with the first that is wanted."""
    found: list[Event] = []
    stream = api.stream(conversation_id, after_seq=after_seq)
    try:
        async with asyncio.timeout(deadline):
            async for event in stream:
                found.append(event)
                if wanted(event):
                    return found
    except TimeoutError:
        told = [event.detail for event in found[-5:]]
        raise AssertionError(f"it did not come within {deadline} s; the last were {told}") from None
    finally:
        await stream.aclose()
    raise AssertionError("the stream ended")


def is_status(task_id: UUID, *statuses: TaskStatus) -> Callable[[Event], bool]:
    """Whether an event tells that the task has one of these statuses."""

    def wanted(event: Event) -> bool:
        detail = event.detail
        return (
            isinstance(detail, TaskStatusUpdate)
            and detail.task_id == task_id
            and detail.status in statuses
        )

    return wanted


def is_end(task_id: UUID) -> Callable[[Event], bool]:
    """Whether an event tells the task's end."""
    return is_status(task_id, TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED)


async def run(api: ConversationAPI, conversation_id: UUID, request: TaskRequest) -> Task:
    """Ask for work and wait for its end."""
    task = await api.create_task(conversation_id, request)
    await until(api, conversation_id, is_end(task.id))
    return await api.get_task(conversation_id, task.id)


def of_task(events: list[Event], task_id: UUID) -> list[Event]:
    """Those of one task."""
    return [event for event in events if event.task_id == task_id]


def statuses(events: list[Event], task_id: UUID) -> list[TaskStatus]:
    """The statuses of a task as they were told, each once."""
    told: list[TaskStatus] = []
    for event in of_task(events, task_id):
        if isinstance(event.detail, TaskStatusUpdate) and told[-1:] != [event.detail.status]:
            told.append(event.detail.status)
    return told
