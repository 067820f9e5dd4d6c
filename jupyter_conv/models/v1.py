"""The V1 interface: conversations as a client of an agent server knows them, and the tasks that start them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from .base import Model, Request, UTCDateTime
from .conversation import Tags, Title, Workspace
from .page import MAX_LIMIT

__all__ = [
    "AppConversation",
    "AppConversationFilter",
    "AppConversationPage",
    "AppConversationStartRequest",
    "AppConversationStartTask",
    "AppConversationStartTaskPage",
    "ExecutionStatus",
    "IdsQuery",
    "InitialMessage",
    "SandboxStatus",
    "StartTaskFilter",
    "StartTaskOrder",
    "StartTaskStatus",
    "TextContent",
    "TextFileQuery",
]

Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Repository = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=4096, pattern=r"^[^-\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
    ),
]
Branch = Annotated[
    str,
    StringConstraints(
        max_length=255, pattern=r"^[^-\x00-\x20\x7f~^:?*\[\\][^\x00-\x20\x7f~^:?*\[\\]*$"
    ),
]
"""A name that git allows, and that no program can take for an option."""


class SandboxStatus(StrEnum):
    """Whether what a conversation's tasks run in is there."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    ERROR = "ERROR"
    MISSING = "MISSING"


class ExecutionStatus(StrEnum):
    """Whether something runs in a conversation."""

    IDLE = "idle"
    RUNNING = "running"


class AppConversation(Model):
    """One conversation, as it is now. There is no key in it: who may see it sends the server's own token."""

    id: UUID
    created_by_user_id: str
    sandbox_id: str
    selected_repository: str | None = None
    selected_branch: str | None = None
    git_provider: str | None = None
    title: str | None = None
    trigger: str | None = None
    pr_number: tuple[int, ...] = ()
    llm_model: str | None = None
    parent_conversation_id: UUID | None = None
    sub_conversation_ids: tuple[UUID, ...] = ()
    tags: dict[str, str] = {}
    created_at: UTCDateTime
    updated_at: UTCDateTime
    sandbox_status: SandboxStatus
    execution_status: ExecutionStatus | None = None
    """Null where nothing can run."""
    conversation_url: str | None = None
    """Its path in the unified interface, on this server."""


class AppConversationPage(Model):
    """A piece of a list of conversations."""

    items: tuple[AppConversation, ...]
    next_page_id: str | None = None


class AppConversationFilter(Request):
    """Which conversations. Every condition given must hold; sub-conversations only when asked."""

    title__contains: str | None = None
    created_at__gte: UTCDateTime | None = None
    created_at__lt: UTCDateTime | None = None
    updated_at__gte: UTCDateTime | None = None
    updated_at__lt: UTCDateTime | None = None
    include_sub_conversations: bool = False


class IdsQuery(Request):
    """Which ones, by their ids, repeated: `?ids=…&ids=…`."""

    ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MAX_LIMIT)]


class TextFileQuery(Request):
    """Which file: a path within the workspace. `/workspace/project/` at its beginning is the workspace itself."""

    file_path: Annotated[str, StringConstraints(min_length=1, max_length=4096)] = "PLAN.md"


class TextContent(Request):
    """A piece of a message."""

    type: Literal["text"] = "text"
    text: str


class InitialMessage(Request):
    """The first message of a conversation. `run`: whether the agent is to answer."""

    role: Literal["user"] = "user"
    content: Annotated[tuple[TextContent, ...], Field(min_length=1, max_length=100)]
    run: bool = True

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(part.text for part in self.content)


class AppConversationStartRequest(Request):
    """Start a conversation. With a `conversation_id` it may be sent again: nothing is made twice.

    `selected_repository` is cloned into the workspace: a URL, an absolute path, `./…` below the server's root.
    `workspace` null: of the parent's kind (the same directory, where that is an attached one), else managed.
    """

    conversation_id: UUID | None = None
    title: Title | None = None
    initial_message: InitialMessage | str | None = None
    selected_repository: Repository | None = None
    selected_branch: Branch | None = None
    git_provider: Word | None = None
    trigger: Word | None = None
    pr_number: Annotated[tuple[int, ...], Field(max_length=100)] = ()
    parent_conversation_id: UUID | None = None
    llm_model: Word | None = None
    agent_type: Word = "default"
    workspace: Workspace | None = None
    tags: Tags = {}

    @property
    def message(self) -> InitialMessage | None:
        """The initial message; a text alone is one from the user, to be answered."""
        given = self.initial_message
        return (
            InitialMessage(content=(TextContent(text=given),)) if isinstance(given, str) else given
        )


class StartTaskStatus(StrEnum):
    """The steps of a start, in their order; ERROR from any of them."""

    WORKING = "WORKING"
    WAITING_FOR_SANDBOX = "WAITING_FOR_SANDBOX"
    PREPARING_REPOSITORY = "PREPARING_REPOSITORY"
    RUNNING_SETUP_SCRIPT = "RUNNING_SETUP_SCRIPT"
    SETTING_UP_GIT_HOOKS = "SETTING_UP_GIT_HOOKS"
    SETTING_UP_SKILLS = "SETTING_UP_SKILLS"
    STARTING_CONVERSATION = "STARTING_CONVERSATION"
    READY = "READY"
    ERROR = "ERROR"

    @property
    def finished(self) -> bool:
        """Whether nothing more can happen to the start."""
        return self in (StartTaskStatus.READY, StartTaskStatus.ERROR)


class AppConversationStartTask(Model):
    """One start, as it is now. Its conversation is there from the beginning, CREATING.

    In ERROR, `code` is a word for machines, and `detail` says why, with the end of what the step put out. In READY,
    `detail` tells how many skills there are.
    """

    id: UUID
    created_by_user_id: str
    status: StartTaskStatus
    code: str | None = None
    detail: str | None = None
    app_conversation_id: UUID
    sandbox_id: str | None = None
    """Null until there is one."""
    agent_server_url: str | None = None
    """The base path of the server that runs it; null until READY."""
    request: AppConversationStartRequest
    created_at: UTCDateTime
    updated_at: UTCDateTime


class AppConversationStartTaskPage(Model):
    """A piece of a list of starts."""

    items: tuple[AppConversationStartTask, ...]
    next_page_id: str | None = None


class StartTaskFilter(Request):
    """Which starts. Every condition given must hold."""

    conversation_id__eq: UUID | None = None
    created_at__gte: UTCDateTime | None = None


class StartTaskOrder(StrEnum):
    """The order of a list of starts."""

    CREATED_AT = "CREATED_AT"
    CREATED_AT_DESC = "CREATED_AT_DESC"
    UPDATED_AT = "UPDATED_AT"
    UPDATED_AT_DESC = "UPDATED_AT_DESC"
