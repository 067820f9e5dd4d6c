"""Every verb, once. The service and the HTTP client both are a `ConversationAPI`."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol
from uuid import UUID

from .models import (
    Conversation,
    ConversationFilter,
    ConversationOrder,
    ConversationPatch,
    ConversationRequest,
    Event,
    EventFilter,
    EventOrder,
    EventRequest,
    FileFilter,
    FileInfo,
    Page,
    PageQuery,
    Task,
    TaskFilter,
    TaskRequest,
)

__all__ = ["Bytes", "ConversationAPI", "Events", "FileSource"]

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


class ConversationAPI(Protocol):
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
