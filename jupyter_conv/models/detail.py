"""What events say: one model for each kind of fact, and the union of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from .base import Json, Model, Request, UTCDateTime, dump_json
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
    "Failure",
    "FileChange",
    "Message",
    "Note",
    "Output",
    "Plan",
    "PlanEntry",
    "TaskStatusUpdate",
    "TextDelta",
    "TextReply",
    "Thought",
    "ToolCall",
    "ToolResult",
    "UnknownDetail",
    "Usage",
    "dump_detail",
]


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


class UnknownDetail(BaseModel):
    """A detail of a type that this version does not know, as it came."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: Annotated[str, Field(json_schema_extra={"not": {"enum": sorted(_KNOWN)}})]


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


def _tag(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "known" if kind in _KNOWN else "unknown"


AnyDetail = Annotated[
    Annotated[Detail, Tag("known")] | Annotated[UnknownDetail, Tag("unknown")], Discriminator(_tag)
]
"""What a reader may meet: a detail of this version, or of a later one."""


def dump_detail(detail: BaseModel) -> bytes:
    """A detail as JSON. Lone surrogates, which UTF-8 cannot hold, become `?`."""
    try:
        return detail.__pydantic_serializer__.to_json(detail)
    except ValueError:
        return dump_json(detail.model_dump(mode="python"))
