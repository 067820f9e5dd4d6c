"""A `ConversationAPI` that lives on the background loop, for use from any other loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from ..interface import ConversationAPI, FileSource
from ..models import (
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
from .app_skins import AppBridge
from .background import Background

__all__ = ["Bridge"]

T = TypeVar("T")

_CONVERSATIONS = ConversationFilter()
_TASKS = TaskFilter()
_EVENTS = EventFilter()
_FILES = FileFilter()
_PAGE = PageQuery()


class Bridge(AppBridge):
    """The same verbs, each carried over to the loop where `api` lives.

    An embedded service must not live on the kernel's own loop: that stands still while a cell runs.
    """

    def __init__(self, api: ConversationAPI, home: Background) -> None:
        self._api = api
        self._home = home

    @property
    def inner(self) -> ConversationAPI:
        """The interface itself, for use on the background loop only."""
        return self._api

    async def create_conversation(self, request: ConversationRequest) -> Conversation:
        return await self._home.hop(self._api.create_conversation(request))

    async def list_conversations(
        self,
        where: ConversationFilter = _CONVERSATIONS,
        page: PageQuery = _PAGE,
        sort_order: ConversationOrder = ConversationOrder.CREATED_AT_DESC,
    ) -> Page[Conversation]:
        return await self._home.hop(self._api.list_conversations(where, page, sort_order))

    async def count_conversations(self, where: ConversationFilter = _CONVERSATIONS) -> int:
        return await self._home.hop(self._api.count_conversations(where))

    async def get_conversation(self, conversation_id: UUID) -> Conversation:
        return await self._home.hop(self._api.get_conversation(conversation_id))

    async def update_conversation(
        self, conversation_id: UUID, patch: ConversationPatch
    ) -> Conversation:
        return await self._home.hop(self._api.update_conversation(conversation_id, patch))

    async def delete_conversation(
        self, conversation_id: UUID, *, purge: bool = False
    ) -> Conversation:
        return await self._home.hop(self._api.delete_conversation(conversation_id, purge=purge))

    async def create_task(self, conversation_id: UUID, request: TaskRequest) -> Task:
        return await self._home.hop(self._api.create_task(conversation_id, request))

    async def list_tasks(
        self, conversation_id: UUID, where: TaskFilter = _TASKS, page: PageQuery = _PAGE
    ) -> Page[Task]:
        return await self._home.hop(self._api.list_tasks(conversation_id, where, page))

    async def count_tasks(self, conversation_id: UUID, where: TaskFilter = _TASKS) -> int:
        return await self._home.hop(self._api.count_tasks(conversation_id, where))

    async def get_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        return await self._home.hop(self._api.get_task(conversation_id, task_id))

    async def cancel_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        return await self._home.hop(self._api.cancel_task(conversation_id, task_id))

    async def create_event(self, conversation_id: UUID, request: EventRequest) -> Event:
        return await self._home.hop(self._api.create_event(conversation_id, request))

    async def list_events(
        self,
        conversation_id: UUID,
        where: EventFilter = _EVENTS,
        page: PageQuery = _PAGE,
        sort_order: EventOrder = EventOrder.SEQ,
    ) -> Page[Event]:
        return await self._home.hop(self._api.list_events(conversation_id, where, page, sort_order))

    async def count_events(self, conversation_id: UUID, where: EventFilter = _EVENTS) -> int:
        return await self._home.hop(self._api.count_events(conversation_id, where))

    async def get_event(self, conversation_id: UUID, event_id: UUID) -> Event:
        return await self._home.hop(self._api.get_event(conversation_id, event_id))

    async def create_directory(self, conversation_id: UUID, path: str) -> FileInfo:
        return await self._home.hop(self._api.create_directory(conversation_id, path))

    async def touch_file(self, conversation_id: UUID, path: str) -> FileInfo:
        return await self._home.hop(self._api.touch_file(conversation_id, path))

    async def upload_files(
        self, conversation_id: UUID, files: Mapping[str, FileSource], parent_path: str = ""
    ) -> tuple[FileInfo, ...]:
        return await self._home.hop(self._api.upload_files(conversation_id, files, parent_path))

    async def delete_file(
        self, conversation_id: UUID, path: str, *, recursive: bool = False
    ) -> None:
        await self._home.hop(self._api.delete_file(conversation_id, path, recursive=recursive))

    async def get_file(self, conversation_id: UUID, path: str) -> FileInfo:
        return await self._home.hop(self._api.get_file(conversation_id, path))

    async def list_files(
        self, conversation_id: UUID, where: FileFilter = _FILES, page: PageQuery = _PAGE
    ) -> Page[FileInfo]:
        return await self._home.hop(self._api.list_files(conversation_id, where, page))

    async def count_files(self, conversation_id: UUID, where: FileFilter = _FILES) -> int:
        return await self._home.hop(self._api.count_files(conversation_id, where))

    def read_file(
        self, conversation_id: UUID, path: str, *, start: int = 0, stop: int | None = None
    ) -> Bridged[bytes]:
        return Bridged(
            self._api.read_file(conversation_id, path, start=start, stop=stop), self._home
        )

    def stream(self, conversation_id: UUID, *, after_seq: int | None = None) -> Bridged[Event]:
        return Bridged(self._api.stream(conversation_id, after_seq=after_seq), self._home)

    def firehose(self) -> Bridged[Event]:
        return Bridged(self._api.firehose(), self._home)

    async def aclose(self) -> None:
        """Nothing: the service is closed when the process ends."""


class Bridged(Generic[T]):
    """A stream carried over piece by piece."""

    def __init__(self, source: Any, home: Background) -> None:
        self._source = source
        self._home = home

    def __aiter__(self) -> Bridged[T]:
        return self

    async def __anext__(self) -> T:
        piece = await self._home.hop(self._next())
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def _next(self) -> T | None:
        return cast("T | None", await anext(self._source, None))

    async def aclose(self) -> None:
        await self._home.hop(self._source.aclose())
