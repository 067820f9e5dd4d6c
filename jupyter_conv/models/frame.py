"""Frames: what a client may send through a socket."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Discriminator, StringConstraints, Tag

from .base import Request
from .event import EventRequest
from .task import TaskRequest

__all__ = ["CancelFrame", "EventFrame", "Frame", "TaskFrame"]

RequestId = Annotated[str, StringConstraints(max_length=200)]
"""A client's own name for a frame; a `Failure` that answers it carries it."""


class TaskFrame(TaskRequest):
    """Ask for work."""

    request_id: RequestId | None = None


class EventFrame(EventRequest):
    """Say something."""

    request_id: RequestId | None = None


class CancelFrame(Request):
    """Stop a task."""

    cancel: UUID
    request_id: RequestId | None = None


def _tag(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    return next((key for key in ("runnable", "detail", "cancel") if key in value), None)


Frame = Annotated[
    Annotated[TaskFrame, Tag("runnable")]
    | Annotated[EventFrame, Tag("detail")]
    | Annotated[CancelFrame, Tag("cancel")],
    Discriminator(
        _tag,
        custom_error_type="frame",
        custom_error_message='A frame is {"runnable": …}, {"detail": …} or {"cancel": task_id}',
    ),
]
"""What a client may send."""
