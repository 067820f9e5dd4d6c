"""What a person says of conversations and tasks (a title, the beginning of an id, "last"), and which one is meant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from ..errors import ConflictError, NotFoundError
from ..interface import ConversationAPI
from ..models import (
    Conversation,
    ConversationFilter,
    ConversationOrder,
    ConversationRequest,
    ConversationStatus,
    PageQuery,
    Task,
    TaskFilter,
    Workspace,
)

__all__ = [
    "all_tasks",
    "begin",
    "find_conversation",
    "find_task",
    "newest_conversations",
    "parse_id",
    "unfinished",
]

_OVER = (ConversationStatus.DESTROYED, ConversationStatus.DESTROYING, ConversationStatus.ERROR)


def parse_id(text: str) -> UUID | None:
    """The id, if the text is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


async def newest_conversations(
    api: ConversationAPI, where: ConversationFilter | None = None
) -> AsyncIterator[Conversation]:
    """Conversations, those last changed first."""
    page = PageQuery()
    order = ConversationOrder.UPDATED_AT_DESC
    while True:
        found = await api.list_conversations(where or ConversationFilter(), page, order)
        for conversation in found.results:
            yield conversation
        if found.next_page_id is None:
            return
        page = PageQuery(page_id=found.next_page_id)


async def find_conversation(api: ConversationAPI, said: str) -> Conversation | None:
    """The conversation of that id, or the newest of exactly that title that is not over. None if there is none."""
    if (id := parse_id(said)) is not None:
        return await api.get_conversation(id)
    async for conversation in newest_conversations(api, ConversationFilter(title__contains=said)):
        if conversation.title == said.strip() and conversation.status not in _OVER:
            return conversation
    return None


async def begin(
    api: ConversationAPI,
    title: str | None,
    *,
    id: UUID | None = None,
    attached: str | None = None,
    tags: dict[str, str] | None = None,
) -> Conversation:
    """A new conversation, in the directory `attached` (below the server's root) where the server allows it."""
    request = ConversationRequest(title=title, id=id, tags=tags or {})
    if attached is not None:
        workspace = Workspace(type="attached", path=attached)
        try:
            return await api.create_conversation(
                request.model_copy(update={"workspace": workspace})
            )
        except ConflictError:
            raise
        except Exception as error:
            # 4xx: the server will not have it there. Files of its own are better than no conversation.
            if not 400 <= getattr(error, "status", 0) < 500:
                raise
    return await api.create_conversation(request)


async def all_tasks(
    api: ConversationAPI, conversation_id: UUID, where: TaskFilter | None = None
) -> AsyncIterator[Task]:
    """The tasks of a conversation, oldest first."""
    page = PageQuery()
    while True:
        found = await api.list_tasks(conversation_id, where or TaskFilter(), page)
        for task in found.results:
            yield task
        if found.next_page_id is None:
            return
        page = PageQuery(page_id=found.next_page_id)


async def unfinished(api: ConversationAPI, conversation_id: UUID) -> list[Task]:
    """The tasks that have not ended."""
    return [task async for task in all_tasks(api, conversation_id) if not task.status.finished]


async def find_task(api: ConversationAPI, conversation_id: UUID, said: str) -> Task:
    """The task of that id, of which `said` may be the beginning, or of that title; `last` is the newest.

    Raises `NotFoundError`, also where several are meant.
    """
    if (id := parse_id(said)) is not None:
        return await api.get_task(conversation_id, id)
    tasks = [task async for task in all_tasks(api, conversation_id)]
    if said == "last" and tasks:
        return tasks[-1]
    meant = [t for t in tasks if str(t.id).startswith(said.lower()) or t.title == said]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise NotFoundError(f"{said!r} could be {len(meant)} tasks: give more of the id.")
    raise NotFoundError(
        f"This conversation has no task {said!r}: `%conversation tasks` lists them."
    )
