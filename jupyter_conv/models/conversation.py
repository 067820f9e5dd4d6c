"""Conversations: tasks that go in, events that come out, a workspace of files."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from .base import Model, Request, UTCDateTime

__all__ = [
    "Conversation",
    "ConversationFilter",
    "ConversationOrder",
    "ConversationPatch",
    "ConversationRequest",
    "ConversationStatus",
    "Tags",
    "Workspace",
]

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Tags = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=100)],
        Annotated[str, StringConstraints(max_length=1000)],
    ],
    Field(max_length=100),
]
"""A person's own labels: up to 100 names, each with a value."""


class ConversationStatus(StrEnum):
    """CREATING → READY → DESTROYING → DESTROYED; ERROR from any of them."""

    CREATING = "CREATING"
    READY = "READY"
    DESTROYING = "DESTROYING"
    DESTROYED = "DESTROYED"
    ERROR = "ERROR"


class Workspace(Request):
    """Where a conversation's files are.

    `managed`: a directory of its own, that the server makes and may erase; `path` is null.
    `attached`: an existing directory, `path` relative to the server's root, with `/`; never erased.
    """

    type: Literal["managed", "attached"] = "managed"
    path: Annotated[str, StringConstraints(max_length=4096)] | None = None


class Conversation(Model):
    """One conversation, as it is now."""

    id: UUID
    status: ConversationStatus
    title: str | None = None
    message: str | None = None
    """Why the status is ERROR."""
    owner: str
    agent: str | None = None
    workspace: Workspace
    parent_conversation_id: UUID | None = None
    sub_conversation_ids: tuple[UUID, ...] = ()
    tags: dict[str, str] = {}
    created_at: UTCDateTime
    updated_at: UTCDateTime


class ConversationRequest(Request):
    """Begin a conversation. With an `id` it may be sent again: nothing is made twice."""

    title: Title | None = None
    workspace: Workspace = Workspace()
    agent: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    tags: Tags = {}
    parent_conversation_id: UUID | None = None
    id: UUID | None = None


class ConversationPatch(Request):
    """Rename or tag. What is left out stays; `title: null` takes the title away."""

    title: Title | None = None
    tags: Tags | None = None


class ConversationFilter(Request):
    """Which conversations. Every condition given must hold; sub-conversations only when asked."""

    title__contains: str | None = None
    status__eq: ConversationStatus | None = None
    owner__eq: str | None = None
    created_at__gte: UTCDateTime | None = None
    created_at__lt: UTCDateTime | None = None
    updated_at__gte: UTCDateTime | None = None
    updated_at__lt: UTCDateTime | None = None
    include_sub_conversations: bool = False


class ConversationOrder(StrEnum):
    """The order of a list of conversations."""

    CREATED_AT = "CREATED_AT"
    CREATED_AT_DESC = "CREATED_AT_DESC"
    UPDATED_AT = "UPDATED_AT"
    UPDATED_AT_DESC = "UPDATED_AT_DESC"
    TITLE = "TITLE"
    TITLE_DESC = "TITLE_DESC"
