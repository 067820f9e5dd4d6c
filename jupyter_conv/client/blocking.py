"""A skin over a `ConversationAPI` for those who cannot await: the same verbs, blocking."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Mapping
from typing import Any, TypeVar
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
from .app_skins import BlockingApps
from .background import Background, background
from .follow import follow_task

__all__ = ["BlockingAPI"]

T = TypeVar("T")

_CONVERSATIONS = ConversationFilter()
_TASKS = TaskFilter()
_EVENTS = EventFilter()
_FILES = FileFilter()
_PAGE = PageQuery()


class BlockingAPI(BlockingApps):
    """The verbs of `ConversationAPI`, each waiting for its answer. `api` must live on the background loop.

    KeyboardInterrupt gives the question up; a task that was asked for goes on.
    """

    def __init__(self, api: ConversationAPI, home: Background | None = None) -> None:
        self.api = api
        self._home = home or background()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._home.run(work)

    def create_conversation(self, request: ConversationRequest) -> Conversation:
        return self._run(self.api.create_conversation(request))

    def list_conversations(
        self,
        where: ConversationFilter = _CONVERSATIONS,
        page: PageQuery = _PAGE,
        sort_order: ConversationOrder = ConversationOrder.CREATED_AT_DESC,
    ) -> Page[Conversation]:
        return self._run(self.api.list_conversations(where, page, sort_order))

    def count_conversations(self, where: ConversationFilter = _CONVERSATIONS) -> int:
        return self._run(self.api.count_conversations(where))

    def get_conversation(self, conversation_id: UUID) -> Conversation:
        return self._run(self.api.get_conversation(conversation_id))

    def update_conversation(self, conversation_id: UUID, patch: ConversationPatch) -> Conversation:
        return self._run(self.api.update_conversation(conversation_id, patch))

    def delete_conversation(self, conversation_id: UUID, *, purge: bool = False) -> Conversation:
        return self._run(self.api.delete_conversation(conversation_id, purge=purge))

    def create_task(self, conversation_id: UUID, request: TaskRequest) -> Task:
        return self._run(self.api.create_task(conversation_id, request))

    def list_tasks(
        self, conversation_id: UUID, where: TaskFilter = _TASKS, page: PageQuery = _PAGE
    ) -> Page[Task]:
        return self._run(self.api.list_tasks(conversation_id, where, page))

    def count_tasks(self, conversation_id: UUID, where: TaskFilter = _TASKS) -> int:
        return self._run(self.api.count_tasks(conversation_id, where))

    def get_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        return self._run(self.api.get_task(conversation_id, task_id))

    def cancel_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        return self._run(self.api.cancel_task(conversation_id, task_id))

    def create_event(self, conversation_id: UUID, request: EventRequest) -> Event:
        return self._run(self.api.create_event(conversation_id, request))

    def list_events(
        self,
        conversation_id: UUID,
        where: EventFilter = _EVENTS,
        page: PageQuery = _PAGE,
        sort_order: EventOrder = EventOrder.SEQ,
    ) -> Page[Event]:
        return self._run(self.api.list_events(conversation_id, where, page, sort_order))

    def count_events(self, conversation_id: UUID, where: EventFilter = _EVENTS) -> int:
        return self._run(self.api.count_events(conversation_id, where))

    def get_event(self, conversation_id: UUID, event_id: UUID) -> Event:
        return self._run(self.api.get_event(conversation_id, event_id))

    def create_directory(self, conversation_id: UUID, path: str) -> FileInfo:
        return self._run(self.api.create_directory(conversation_id, path))

    def touch_file(self, conversation_id: UUID, path: str) -> FileInfo:
        return self._run(self.api.touch_file(conversation_id, path))

    def upload_files(
        self, conversation_id: UUID, files: Mapping[str, FileSource], parent_path: str = ""
    ) -> tuple[FileInfo, ...]:
        return self._run(self.api.upload_files(conversation_id, files, parent_path))

    def delete_file(self, conversation_id: UUID, path: str, *, recursive: bool = False) -> None:
        self._run(self.api.delete_file(conversation_id, path, recursive=recursive))

    def get_file(self, conversation_id: UUID, path: str) -> FileInfo:
        return self._run(self.api.get_file(conversation_id, path))

    def list_files(
        self, conversation_id: UUID, where: FileFilter = _FILES, page: PageQuery = _PAGE
    ) -> Page[FileInfo]:
        return self._run(self.api.list_files(conversation_id, where, page))

    def count_files(self, conversation_id: UUID, where: FileFilter = _FILES) -> int:
        return self._run(self.api.count_files(conversation_id, where))

    def read_file(
        self, conversation_id: UUID, path: str, *, start: int = 0, stop: int | None = None
    ) -> Iterator[bytes]:
        """A file's bytes, piece by piece."""
        return self._each(self.api.read_file(conversation_id, path, start=start, stop=stop))

    def stream(self, conversation_id: UUID, *, after_seq: int | None = None) -> Iterator[Event]:
        """Events as they come; a `for` loop over it waits for the next."""
        return self._each(self.api.stream(conversation_id, after_seq=after_seq))

    def follow(
        self, conversation_id: UUID, task_id: UUID, *, after_seq: int = 0
    ) -> Iterator[Event]:
        """A task's events, to the one that ends it."""
        return self._each(follow_task(self.api, conversation_id, task_id, after_seq=after_seq))

    def _each(self, source: Any) -> Iterator[Any]:
        async def step() -> Any:
            return await anext(source, None)

        try:
            while (piece := self._run(step())) is not None:
                yield piece
        finally:
            self._run(source.aclose())

    def close(self) -> None:
        """Let go of what this end holds."""
        self._run(self.api.aclose())
