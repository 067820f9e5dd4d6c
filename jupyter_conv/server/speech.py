"""What a participant says through a socket: `{runnable, …}`, `{detail}` or `{cancel}`."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from ..errors import InvalidError, MalformedError, TooLargeError
from ..models import CancelFrame, EventFrame, EventRequest, Frame, TaskRequest
from ..service import Participant
from .base import MAX_BODY

__all__ = ["hear", "request_id"]

_frame: TypeAdapter[Any] = TypeAdapter(Frame)


async def hear(api: Participant, conversation_id: UUID, message: str | bytes) -> None:
    """Do what a frame asks. Raises what is to be answered."""
    frame = _parse(message)
    if isinstance(frame, CancelFrame):
        await api.cancel_task(conversation_id, frame.cancel)
    elif isinstance(frame, EventFrame):
        await api.say(conversation_id, EventRequest(detail=frame.detail))
    else:
        fields = {name: getattr(frame, name) for name in TaskRequest.model_fields}
        await api.submit_task(conversation_id, TaskRequest.model_construct(**fields))


def _parse(message: str | bytes) -> Any:
    if isinstance(message, bytes):
        raise MalformedError("The frame is binary; send JSON as a text frame.")
    if len(message) > MAX_BODY:
        raise TooLargeError(f"The frame has more than {MAX_BODY} characters; send less at once.")
    try:
        return _frame.validate_json(message, strict=True)
    except ValidationError as error:
        if error.errors(include_context=False)[0]["type"] == "json_invalid":
            raise MalformedError("The frame is not JSON.") from None
        raise InvalidError.of(error) from None


def request_id(message: str | bytes) -> str | None:
    """The `request_id` of a frame, also of a bad one, if it can be read."""
    if isinstance(message, bytes) or len(message) > MAX_BODY:
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    asked = found.get("request_id") if isinstance(found, dict) else None
    return asked[:200] if isinstance(asked, str) else None
