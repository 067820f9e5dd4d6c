"""Tasks: one unit of work asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from .base import Json, Model, Request, UTCDateTime
from .conversation import Title
from .runnable import AnyRunnable, Seconds

__all__ = ["Task", "TaskFilter", "TaskRequest", "TaskStatus"]


class TaskStatus(StrEnum):
    """PENDING → RUNNING → COMPLETED | ERROR; CANCELLING → CANCELLED."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"

    @property
    def finished(self) -> bool:
        """Whether nothing more can happen to the task."""
        return self in (TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED)


class Task(Model):
    """One task, as it is now.

    `code` is a word for machines that says more than the status; `message` a sentence for people.
    `progress` is 0..1, or null where nothing tells it. `delay` and `timeout` are seconds.
    """

    id: UUID
    conversation_id: UUID
    runnable: AnyRunnable
    title: str | None = None
    status: TaskStatus
    code: str | None = None
    message: str | None = None
    progress: float | None = None
    delay: float = 0
    timeout: float | None = None
    result: Json = None
    created_at: UTCDateTime
    started_at: UTCDateTime | None = None
    finished_at: UTCDateTime | None = None
    updated_at: UTCDateTime


class TaskRequest(Request):
    """Ask for work. With an `id` it may be sent again: nothing runs twice.

    `delay`: seconds before it may start. `timeout`: seconds it may run, then it ends in ERROR, `timeout`.
    """

    runnable: AnyRunnable
    title: Title | None = None
    delay: Seconds = 0
    timeout: Annotated[Seconds, Field(gt=0)] | None = None
    id: UUID | None = None


class TaskFilter(Request):
    """Which tasks of a conversation. `type__eq` is the runnable's type."""

    status__eq: TaskStatus | None = None
    type__eq: str | None = None
