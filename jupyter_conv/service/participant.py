"""A participant's end of the service: `ConversationAPI` in this process, within what is theirs.

The verbs that a door needs in another shape stand beside them: events as the bytes they were written in, and whether
what was asked for is new.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from uuid import UUID

from ..errors import ForbiddenError, InvalidError
from ..interface import FileSource
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
from ..store import RawPage
from .apps import Apps, AppVerbs
from .conversations import Conversations
from .events import EventLog
from .files import Files, OpenFile, Upload
from .follow import Follower, Sink
from .principal import Principal
from .tasks import Supervisor

__all__ = ["Participant"]

ALL_CONVERSATIONS, ALL_TASKS, ALL_EVENTS = ConversationFilter(), TaskFilter(), EventFilter()
ALL_FILES = FileFilter()
FIRST = PageQuery()
FINISH_GRACE = 10.0


class Participant(AppVerbs):
    """Every verb, for one principal."""

    def __init__(
        self,
        conversations: Conversations,
        tasks: Supervisor,
        events: EventLog,
        files: Files,
        apps: Apps,
        principal: Principal,
    ) -> None:
        self._conversations, self._tasks, self._events = conversations, tasks, events
        self._files, self._apps = files, apps
        self._principal = principal

    async def begin_conversation(self, request: ConversationRequest) -> tuple[Conversation, bool]:
        """The conversation, and whether it is new."""
        return await self._conversations.begin(self._principal, request)

    async def create_conversation(self, request: ConversationRequest) -> Conversation:
        return (await self.begin_conversation(request))[0]

    async def list_conversations(
        self,
        where: ConversationFilter = ALL_CONVERSATIONS,
        page: PageQuery = FIRST,
        sort_order: ConversationOrder = ConversationOrder.CREATED_AT_DESC,
    ) -> Page[Conversation]:
        return await self._conversations.page(self._principal, where, page, sort_order)

    async def count_conversations(self, where: ConversationFilter = ALL_CONVERSATIONS) -> int:
        return await self._conversations.count(self._principal, where)

    async def get_conversation(self, conversation_id: UUID) -> Conversation:
        return await self._conversations.get(
            await self._conversations.ref(self._principal, conversation_id)
        )

    async def update_conversation(
        self, conversation_id: UUID, patch: ConversationPatch
    ) -> Conversation:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._conversations.update(ref, patch)

    async def delete_conversation(
        self, conversation_id: UUID, *, purge: bool = False
    ) -> Conversation:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._conversations.finish(ref, purge=purge, grace=FINISH_GRACE)

    async def submit_task(self, conversation_id: UUID, request: TaskRequest) -> tuple[Task, bool]:
        """The task, and whether it is new."""
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._tasks.submit(ref, request)

    async def create_task(self, conversation_id: UUID, request: TaskRequest) -> Task:
        return (await self.submit_task(conversation_id, request))[0]

    async def list_tasks(
        self, conversation_id: UUID, where: TaskFilter = ALL_TASKS, page: PageQuery = FIRST
    ) -> Page[Task]:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._tasks.page(ref, where, page)

    async def count_tasks(self, conversation_id: UUID, where: TaskFilter = ALL_TASKS) -> int:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._tasks.count(ref, where)

    async def get_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._tasks.get(ref, task_id)

    async def cancel_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._tasks.cancel(ref, task_id)

    async def say(self, conversation_id: UUID, request: EventRequest) -> bytes:
        """The new event, as JSON."""
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._events.say(ref, request.detail)

    async def create_event(self, conversation_id: UUID, request: EventRequest) -> Event:
        return Event.model_validate_json(await self.say(conversation_id, request))

    async def event_page(
        self, conversation_id: UUID, where: EventFilter, page: PageQuery, sort_order: EventOrder
    ) -> RawPage:
        """A page of events, as JSON."""
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._events.page(ref, where, page, sort_order)

    async def list_events(
        self,
        conversation_id: UUID,
        where: EventFilter = ALL_EVENTS,
        page: PageQuery = FIRST,
        sort_order: EventOrder = EventOrder.SEQ,
    ) -> Page[Event]:
        raw = await self.event_page(conversation_id, where, page, sort_order)
        found = tuple(Event.model_validate_json(body) for body in raw.bodies)
        return Page[Event](results=found, next_page_id=raw.next_page_id)

    async def count_events(self, conversation_id: UUID, where: EventFilter = ALL_EVENTS) -> int:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._events.count(ref, where)

    async def event_body(self, conversation_id: UUID, event_id: UUID) -> bytes:
        """One event, as JSON."""
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._events.one(ref, event_id)

    async def get_event(self, conversation_id: UUID, event_id: UUID) -> Event:
        return Event.model_validate_json(await self.event_body(conversation_id, event_id))

    async def make_directory(self, conversation_id: UUID, path: str) -> tuple[FileInfo, bool]:
        """The directory, and whether it is new."""
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._files.make_directory(ref, path)

    async def create_directory(self, conversation_id: UUID, path: str) -> FileInfo:
        return (await self.make_directory(conversation_id, path))[0]

    async def touch(self, conversation_id: UUID, path: str) -> tuple[FileInfo, bool]:
        """The file, and whether it is new."""
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._files.touch(ref, path)

    async def touch_file(self, conversation_id: UUID, path: str) -> FileInfo:
        return (await self.touch(conversation_id, path))[0]

    @property
    def max_upload_bytes(self) -> int:
        """So many bytes may come in one upload; 0 is no limit."""
        return self._files.max_upload_bytes

    async def begin_upload(self, conversation_id: UUID, parent_path: str) -> Upload:
        """Files that come in; commit or abort it."""
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._files.begin_upload(ref, parent_path)

    async def upload_files(
        self, conversation_id: UUID, files: Mapping[str, FileSource], parent_path: str = ""
    ) -> tuple[FileInfo, ...]:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._files.upload(ref, parent_path, files)

    async def delete_file(
        self, conversation_id: UUID, path: str, *, recursive: bool = False
    ) -> None:
        ref = await self._conversations.ref(self._principal, conversation_id)
        await self._files.remove(ref, path, recursive=recursive)

    async def get_file(self, conversation_id: UUID, path: str) -> FileInfo:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._files.look(ref, path)

    async def open_file(self, conversation_id: UUID, path: str) -> OpenFile:
        """A file, open for reading. Close it."""
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._files.open(ref, path)

    async def read_file(
        self, conversation_id: UUID, path: str, *, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes]:
        if start < 0 or (stop is not None and stop < start):
            raise InvalidError("A range is from `start`, 0 or more, to `stop`, not before it.")
        file = await self.open_file(conversation_id, path)
        size = file.content.size
        stop = size if stop is None else min(stop, size)
        async with contextlib.aclosing(file.chunks(start, stop)) as found:
            async for chunk in found:
                yield chunk

    async def list_files(
        self, conversation_id: UUID, where: FileFilter = ALL_FILES, page: PageQuery = FIRST
    ) -> Page[FileInfo]:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._files.page(ref, where, page)

    async def count_files(self, conversation_id: UUID, where: FileFilter = ALL_FILES) -> int:
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._files.count(ref, where)

    async def follow(self, conversation_id: UUID, after_seq: int | None, sink: Sink) -> Follower:
        """Tell a sink what the stream holds, as JSON; see `EventLog.follow`."""
        ref = await self._conversations.ref(self._principal, conversation_id)
        return await self._events.follow(ref, after_seq, sink)

    async def stream(
        self, conversation_id: UUID, *, after_seq: int | None = None
    ) -> AsyncGenerator[Event, None]:
        ref = await self._conversations.ref(self._principal, conversation_id)
        async for event in self._events.stream(ref, after_seq):
            yield event

    def follow_all(self, sink: Sink) -> Follower:
        """Tell a sink what comes, of every conversation. For admins."""
        if not self._principal.admin:
            raise ForbiddenError("Every conversation's events are for administrators alone.")
        return self._events.follow_all(sink)

    async def firehose(self) -> AsyncGenerator[Event, None]:
        if not self._principal.admin:
            raise ForbiddenError("Every conversation's events are for administrators alone.")
        async for event in self._events.firehose():
            yield event

    async def aclose(self) -> None:
        """Nothing: the service belongs to who opened it."""
