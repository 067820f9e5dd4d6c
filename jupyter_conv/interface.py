"""Every verb, once. The service and the HTTP client both are a `ConversationAPI`."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

from .models import (
    AppConversation,
    AppConversationFilter,
    AppConversationPage,
    AppConversationStartRequest,
    AppConversationStartTask,
    AppConversationStartTaskPage,
    Conversation,
    ConversationFilter,
    ConversationOrder,
    ConversationPatch,
    ConversationRequest,
    ConversationSkills,
    Event,
    EventFilter,
    EventOrder,
    EventRequest,
    FileFilter,
    FileInfo,
    Page,
    PageQuery,
    StartTaskFilter,
    StartTaskOrder,
    Task,
    TaskFilter,
    TaskRequest,
)

__all__ = ["AppAPI", "Bytes", "ConversationAPI", "Events", "FileSource", "StartTasks"]

FileSource = bytes | Path | AsyncIterable[bytes]
"""The bytes of a file: at hand, in a file of this machine, or as they come."""


class Events(Protocol):
    """A stream of events. It does not end by itself: close it."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """Itself."""
        ...

    async def __anext__(self) -> Event:
        """The next event, when it comes."""
        ...

    async def aclose(self) -> None:
        """Hear no more."""
        ...


class Bytes(Protocol):
    """The bytes of a file, piece by piece. Who does not read to the end closes it."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Itself."""
        ...

    async def __anext__(self) -> bytes:
        """The next piece."""
        ...

    async def aclose(self) -> None:
        """Read no more."""
        ...


class StartTasks(Protocol):
    """The states of a start, as they come; it ends with the last."""

    def __aiter__(self) -> AsyncIterator[AppConversationStartTask]:
        """Itself."""
        ...

    async def __anext__(self) -> AppConversationStartTask:
        """The next state, when it comes."""
        ...

    async def aclose(self) -> None:
        """Hear no more. The start goes on."""
        ...


class AppAPI(Protocol):
    """Those of V1: conversations in its words, starts, a file as text, skills."""

    async def search_app_conversations(
        self,
        where: AppConversationFilter = ...,
        page: PageQuery = ...,
        sort_order: ConversationOrder = ...,
    ) -> AppConversationPage:
        """One's own conversations; an admin's are everyone's. Newest first unless asked otherwise."""
        ...

    async def count_app_conversations(self, where: AppConversationFilter = ...) -> int:
        """How many conversations the list holds."""
        ...

    async def get_app_conversations(
        self, ids: Sequence[UUID]
    ) -> tuple[AppConversation | None, ...]:
        """Up to 100 of them, in the order asked for; None for what is not there or not one's own."""
        ...

    async def start_app_conversation(
        self, request: AppConversationStartRequest
    ) -> AppConversationStartTask:
        """Start a conversation; the start goes on by itself. With a `conversation_id` it may be asked again."""
        ...

    def stream_app_conversation_start(self, request: AppConversationStartRequest) -> StartTasks:
        """The same, and every state of the start; of one that was asked for before too, while it goes on."""
        ...

    async def search_start_tasks(
        self,
        where: StartTaskFilter = ...,
        page: PageQuery = ...,
        sort_order: StartTaskOrder = ...,
    ) -> AppConversationStartTaskPage:
        """One's own starts; an admin's are everyone's. Newest first unless asked otherwise."""
        ...

    async def count_start_tasks(self, where: StartTaskFilter = ...) -> int:
        """How many starts the list holds."""
        ...

    async def get_start_tasks(
        self, ids: Sequence[UUID]
    ) -> tuple[AppConversationStartTask | None, ...]:
        """Up to 100 of them, in the order asked for; None for what is not there or not one's own."""
        ...

    async def cancel_start_task(self, start_task_id: UUID) -> AppConversationStartTask:
        """Stop a start: it ends in ERROR, `cancelled`. One that has ended is answered as it is."""
        ...

    async def read_text_file(self, conversation_id: UUID, file_path: str = ...) -> str:
        """A file of the workspace, as text."""
        ...

    async def list_skills(self, conversation_id: UUID) -> ConversationSkills:
        """The skills that the conversation has now."""
        ...


class ConversationAPI(AppAPI, Protocol):
    """What a participant can do. Each verb raises the errors that `routes.py` names for it."""

    async def create_conversation(self, request: ConversationRequest) -> Conversation:
        """Begin a conversation. Sent again with the same `id` and body it answers the same one."""
        ...

    async def list_conversations(
        self,
        where: ConversationFilter = ...,
        page: PageQuery = ...,
        sort_order: ConversationOrder = ...,
    ) -> Page[Conversation]:
        """One's own conversations; an admin's are everyone's. Newest first unless asked otherwise."""
        ...

    async def count_conversations(self, where: ConversationFilter = ...) -> int:
        """How many conversations the list holds."""
        ...

    async def get_conversation(self, conversation_id: UUID) -> Conversation:
        """One conversation."""
        ...

    async def update_conversation(
        self, conversation_id: UUID, patch: ConversationPatch
    ) -> Conversation:
        """Rename or tag."""
        ...

    async def delete_conversation(
        self, conversation_id: UUID, *, purge: bool = False
    ) -> Conversation:
        """Finish: cancel what runs; the record and its events stay. `purge` erases them and a managed workspace."""
        ...

    async def create_task(self, conversation_id: UUID, request: TaskRequest) -> Task:
        """Ask for work. Sent again with the same `id` and body it answers the same task."""
        ...

    async def list_tasks(
        self, conversation_id: UUID, where: TaskFilter = ..., page: PageQuery = ...
    ) -> Page[Task]:
        """The tasks of a conversation, oldest first."""
        ...

    async def count_tasks(self, conversation_id: UUID, where: TaskFilter = ...) -> int:
        """How many tasks the list holds."""
        ...

    async def get_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        """One task."""
        ...

    async def cancel_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        """Stop a task. A finished one is answered as it is; one that cannot be cancelled is a conflict."""
        ...

    async def create_event(self, conversation_id: UUID, request: EventRequest) -> Event:
        """Say something into the conversation."""
        ...

    async def list_events(
        self,
        conversation_id: UUID,
        where: EventFilter = ...,
        page: PageQuery = ...,
        sort_order: EventOrder = ...,
    ) -> Page[Event]:
        """The events of a conversation, oldest first unless asked otherwise."""
        ...

    async def count_events(self, conversation_id: UUID, where: EventFilter = ...) -> int:
        """How many events the list holds."""
        ...

    async def get_event(self, conversation_id: UUID, event_id: UUID) -> Event:
        """One event."""
        ...

    async def create_directory(self, conversation_id: UUID, path: str) -> FileInfo:
        """Make a directory of the workspace, and those above it. One that is there is answered as it is."""
        ...

    async def touch_file(self, conversation_id: UUID, path: str) -> FileInfo:
        """Make an empty file, and the directories above it; one that is there gets the present time."""
        ...

    async def upload_files(
        self, conversation_id: UUID, files: Mapping[str, FileSource], parent_path: str = ""
    ) -> tuple[FileInfo, ...]:
        """Take files in, by their paths below `parent_path`: all of them when all are whole, or none."""
        ...

    async def delete_file(
        self, conversation_id: UUID, path: str, *, recursive: bool = False
    ) -> None:
        """Remove a file, a link or an empty directory; `recursive`: a directory with all that is in it."""
        ...

    async def get_file(self, conversation_id: UUID, path: str) -> FileInfo:
        """What is told of one entry of the workspace."""
        ...

    def read_file(
        self, conversation_id: UUID, path: str, *, start: int = 0, stop: int | None = None
    ) -> Bytes:
        """A file's bytes from `start` to before `stop`; what lies behind its end is nothing."""
        ...

    async def list_files(
        self, conversation_id: UUID, where: FileFilter = ..., page: PageQuery = ...
    ) -> Page[FileInfo]:
        """What the workspace holds, in the order of its paths."""
        ...

    async def count_files(self, conversation_id: UUID, where: FileFilter = ...) -> int:
        """How many entries the list holds."""
        ...

    def stream(self, conversation_id: UUID, *, after_seq: int | None = None) -> Events:
        """Everything after `after_seq`, then what comes: no gap, no double, in order. It does not end by itself.

        Without `after_seq`: the newest status of the conversation, then what comes. Close it with `aclose()`.
        """
        ...

    def firehose(self) -> Events:
        """What comes, of every conversation. For admins."""
        ...

    async def aclose(self) -> None:
        """Let go of what this end holds."""
        ...
