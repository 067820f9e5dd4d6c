"""Events: the immutable facts of a conversation's log. An envelope, and a `detail`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)
from pydantic_core import to_json

from .base import Json, Model, Request, UTCDateTime
from .conversation import ConversationStatus
from .output import NotebookOutput
from .task import TaskStatus

__all__ = [
    "AnyDetail",
    "ApprovalOption",
    "ApprovalRequest",
    "ApprovalResponse",
    "ClearOutput",
    "ClientDetail",
    "ConversationStatusUpdate",
    "Detail",
    "Envelope",
    "Event",
    "EventFilter",
    "EventOrder",
    "EventRequest",
    "Failure",
    "FileChange",
    "Message",
    "Note",
    "Output",
    "Plan",
    "PlanEntry",
    "Source",
    "TaskStatusUpdate",
    "TextDelta",
    "TextReply",
    "Thought",
    "ToolCall",
    "ToolResult",
    "UnknownDetail",
    "Usage",
    "dump_detail",
    "event_id",
    "event_seq",
]


class Source(StrEnum):
    """Who says it."""

    USER = "user"
    AGENT = "agent"
    RUNTIME = "runtime"
    SYSTEM = "system"


class ConversationStatusUpdate(Model):
    """A conversation's status has changed; `message` says why where that needs saying."""

    type: Literal["ConversationStatusUpdate"] = "ConversationStatusUpdate"
    conversation_id: UUID
    status: ConversationStatus
    message: str | None = None


class TaskStatusUpdate(Model):
    """A task's status or progress has changed. There is one for every transition."""

    type: Literal["TaskStatusUpdate"] = "TaskStatusUpdate"
    task_id: UUID
    status: TaskStatus
    code: str | None = None
    progress: float | None = None
    message: str | None = None


class Message(Request):
    """Something said, as Markdown."""

    type: Literal["Message"] = "Message"
    role: Literal["user", "assistant", "system"] = "user"
    content: str


class TextReply(Model):
    """Text that a task answers with, as Markdown; a ticker's ticks too."""

    type: Literal["TextReply"] = "TextReply"
    text: str


class TextDelta(Model):
    """A piece of a text that is still being written. Transient: the whole follows, and is kept."""

    type: Literal["TextDelta"] = "TextDelta"
    text: str


class Output(Model):
    """What code or a command put out, as nbformat holds it.

    A later output with the same `display_id` and `update: true` takes the place of the one before.
    `cell` is the index of the notebook cell it comes from, counted from 0; null elsewhere.
    """

    type: Literal["Output"] = "Output"
    output: NotebookOutput
    display_id: str | None = None
    update: bool = False
    cell: int | None = None


class ClearOutput(Model):
    """The task's outputs so far (of that `cell`) are to be taken off the screen; with `wait`, when the next comes."""

    type: Literal["ClearOutput"] = "ClearOutput"
    wait: bool = False
    cell: int | None = None


class ToolCall(Model):
    """An agent uses a tool."""

    type: Literal["ToolCall"] = "ToolCall"
    tool_call_id: str
    name: str
    title: str | None = None
    arguments: dict[str, Json] = {}


class ToolResult(Model):
    """What the tool answered."""

    type: Literal["ToolResult"] = "ToolResult"
    tool_call_id: str
    content: str
    is_error: bool = False


class ApprovalOption(Model):
    """One answer that may be given to an approval request."""

    id: str
    name: str
    kind: str | None = None


class ApprovalRequest(Model):
    """A task waits for a person's leave."""

    type: Literal["ApprovalRequest"] = "ApprovalRequest"
    request_id: str
    title: str
    tool_call_id: str | None = None
    options: tuple[ApprovalOption, ...] = ()
    expires_at: UTCDateTime | None = None


class ApprovalResponse(Request):
    """A person's answer: one of the request's options, by its id; `reason` goes to the agent."""

    type: Literal["ApprovalResponse"] = "ApprovalResponse"
    request_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    option_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    approved: bool
    reason: str | None = None


class Thought(Model):
    """What an agent thinks aloud."""

    type: Literal["Thought"] = "Thought"
    text: str


class PlanEntry(Model):
    """One step of a plan."""

    content: str
    status: str = "pending"
    priority: str | None = None


class Plan(Model):
    """What an agent means to do; takes the place of its plan before."""

    type: Literal["Plan"] = "Plan"
    entries: tuple[PlanEntry, ...]


class Usage(Model):
    """What a model call used: tokens by kind (`input`, `output` …), cost in US dollars."""

    type: Literal["Usage"] = "Usage"
    model: str
    tokens: dict[str, int] = {}
    cost: float | None = None


class FileChange(Model):
    """A file of the workspace has changed."""

    type: Literal["FileChange"] = "FileChange"
    path: str
    change: Literal["created", "modified", "deleted"]


class Note(Request):
    """A client's own JSON, kept in order with all else."""

    type: Literal["Note"] = "Note"
    data: Json


class Failure(Model):
    """Something went wrong; `request_id` names the socket frame it answers, if one."""

    type: Literal["Failure"] = "Failure"
    code: str
    message: str
    request_id: str | None = None


class UnknownDetail(BaseModel):
    """A detail of a type that this version does not know, as it came."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str


Detail = Annotated[
    ConversationStatusUpdate
    | TaskStatusUpdate
    | Message
    | TextReply
    | TextDelta
    | Output
    | ClearOutput
    | ToolCall
    | ToolResult
    | ApprovalRequest
    | ApprovalResponse
    | Thought
    | Plan
    | Usage
    | FileChange
    | Note
    | Failure,
    Field(discriminator="type"),
]
"""What an event says."""

ClientDetail = Annotated[Message | Note | ApprovalResponse, Field(discriminator="type")]
"""What a client may say. Nobody can forge a status."""

_KNOWN = frozenset(
    {
        "ConversationStatusUpdate",
        "TaskStatusUpdate",
        "Message",
        "TextReply",
        "TextDelta",
        "Output",
        "ClearOutput",
        "ToolCall",
        "ToolResult",
        "ApprovalRequest",
        "ApprovalResponse",
        "Thought",
        "Plan",
        "Usage",
        "FileChange",
        "Note",
        "Failure",
    }
)


def _tag(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "known" if kind in _KNOWN else "unknown"


AnyDetail = Annotated[
    Annotated[Detail, Tag("known")] | Annotated[UnknownDetail, Tag("unknown")], Discriminator(_tag)
]
"""What a reader may meet: a detail of this version, or of a later one."""


class Event(Model):
    """One fact. `seq` numbers the events of a conversation from 1 without gaps; null is transient."""

    id: UUID
    conversation_id: UUID
    seq: int | None
    created_at: UTCDateTime
    source: Source
    task_id: UUID | None = None
    detail: AnyDetail


class EventRequest(Request):
    """Say something into a conversation."""

    detail: ClientDetail


class EventFilter(Request):
    """Which events of a conversation. `text__contains` looks, without case, at what an event says."""

    seq__gt: Annotated[int, Field(ge=0)] | None = None
    seq__lt: Annotated[int, Field(ge=0)] | None = None
    type__eq: str | None = None
    task_id__eq: UUID | None = None
    source__eq: Source | None = None
    text__contains: str | None = None
    created_at__gte: UTCDateTime | None = None
    created_at__lt: UTCDateTime | None = None


class EventOrder(StrEnum):
    """The order of a list of events."""

    SEQ = "SEQ"
    SEQ_DESC = "SEQ_DESC"


_SEQ_BITS = 48
_LOW_BITS = (1 << 74) - 1


def event_id(conversation_id: UUID, seq: int) -> UUID:
    """The id of an event: computed, so that it costs no column and no index.

    A version 8 UUID (RFC 9562): `seq` in its first 48 bits, then 74 bits of the conversation's id.
    """
    low = conversation_id.int & _LOW_BITS
    a = seq & ((1 << _SEQ_BITS) - 1)
    b, c = low >> 62, low & ((1 << 62) - 1)
    return UUID(int=a << 80 | 8 << 76 | b << 64 | 2 << 62 | c)


def event_seq(conversation_id: UUID, id: UUID) -> int | None:
    """The `seq` that an event's id says; null when it is not an id of this conversation."""
    seq = id.int >> 80
    return seq if event_id(conversation_id, seq) == id else None


def dump_detail(detail: BaseModel) -> bytes:
    """A detail as JSON. Lone surrogates, which UTF-8 cannot hold, become `?`."""
    try:
        return detail.__pydantic_serializer__.to_json(detail)
    except ValueError:
        return to_json(_clean(detail.model_dump(mode="python")), inf_nan_mode="null")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(k): _clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(v) for v in value]
    return value


class Envelope:
    """The envelope of one conversation's events: the one place where an event's JSON is put together."""

    __slots__ = ("_low", "_middle")

    def __init__(self, conversation_id: UUID) -> None:
        low = event_id(conversation_id, 0).hex[12:]
        self._low = f"-{low[:4]}-{low[4:8]}-{low[8:]}"
        self._middle = f'","conversation_id":"{conversation_id}","seq":'

    def encode(
        self, seq: int, created_at: str, source: str, task_id: str | None, detail: bytes
    ) -> bytes:
        """A kept event's JSON around the JSON of its detail. `created_at` is ISO 8601, as it is to stand there."""
        id = f"{seq >> 16:08x}-{seq & 0xFFFF:04x}{self._low}"
        return self._around(id, str(seq), created_at, source, task_id, detail)

    def encode_transient(
        self, created_at: str, source: str, task_id: str | None, detail: bytes
    ) -> bytes:
        """The same for an event that is told and not kept."""
        return self._around(str(uuid4()), "null", created_at, source, task_id, detail)

    def _around(
        self, id: str, seq: str, created_at: str, source: str, task_id: str | None, detail: bytes
    ) -> bytes:
        task = f'"{task_id}"' if task_id else "null"
        head = (
            f'{{"id":"{id}{self._middle}{seq},"created_at":"{created_at}",'
            f'"source":"{source}","task_id":{task},"detail":'
        )
        return b"%s%s}" % (head.encode(), detail)
