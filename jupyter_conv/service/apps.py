"""The V1 verbs of a participant: conversations in V1's words, starts, a file as text, skills."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence, Set
from contextlib import aclosing
from uuid import UUID

from ..errors import TooLargeError, UnsupportedError
from ..models import (
    AppConversation,
    AppConversationFilter,
    AppConversationPage,
    AppConversationStartRequest,
    AppConversationStartTask,
    AppConversationStartTaskPage,
    Conversation,
    ConversationFilter,
    ConversationOrder,
    ConversationSkills,
    ConversationStatus,
    ExecutionStatus,
    PageQuery,
    SandboxStatus,
    StartTaskFilter,
    StartTaskOrder,
)
from ..sandbox import LocalSandbox
from ..skills import Roots, load_skills
from ..store import Connection, Store, conversations, starts
from .conversations import Conversations, narrow
from .files import Files
from .principal import Principal
from .starts import Starts
from .tasks import Supervisor

__all__ = ["AppVerbs", "Apps"]

ALL_APPS, ALL_STARTS, FIRST = AppConversationFilter(), StartTaskFilter(), PageQuery()

V1_WORKSPACE = "/workspace/project/"
"""What clients of V1 call the directory of a workspace."""

_SANDBOX = {
    ConversationStatus.CREATING: SandboxStatus.STARTING,
    ConversationStatus.READY: SandboxStatus.RUNNING,
    ConversationStatus.DESTROYING: SandboxStatus.RUNNING,
    ConversationStatus.DESTROYED: SandboxStatus.MISSING,
    ConversationStatus.ERROR: SandboxStatus.ERROR,
}


class Apps:
    """What the V1 verbs need of the house, once for a server."""

    def __init__(
        self,
        store: Store,
        tasks: Supervisor,
        conversations: Conversations,
        starts: Starts,
        sandbox: LocalSandbox,
        files: Files,
        max_text_bytes: int,
    ) -> None:
        self.starts, self._store, self._tasks = starts, store, tasks
        self._conversations = conversations
        self._sandbox, self._files, self._max_text_bytes = sandbox, files, max_text_bytes

    async def page(
        self,
        principal: Principal,
        where: AppConversationFilter,
        page: PageQuery,
        order: ConversationOrder,
    ) -> AppConversationPage:
        """A page of the conversations that are theirs to see."""
        narrowed = narrow(principal, ConversationFilter.model_construct(**dict(where)))
        if narrowed is None:
            return AppConversationPage(items=())
        busy = self._tasks.busy

        def query(connection: Connection) -> AppConversationPage:
            found = conversations.search(
                connection, narrowed, limit=page.limit, page_id=page.page_id, order=order
            )
            items = tuple(_apps(connection, found.results, busy).values())
            return AppConversationPage(items=items, next_page_id=found.next_page_id)

        return await self._store.read(query)

    async def batch(
        self, principal: Principal, ids: Sequence[UUID]
    ) -> tuple[AppConversation | None, ...]:
        """Those of these ids, in their order; None for what is not there or not theirs."""
        busy = self._tasks.busy

        def query(connection: Connection) -> dict[UUID, AppConversation]:
            found = conversations.batch(connection, ids).values()
            theirs = [one for one in found if principal.admin or one.owner == principal.name]
            return _apps(connection, theirs, busy)

        told = await self._store.read(query)
        return tuple(told.get(id) for id in ids)

    async def text(self, principal: Principal, id: UUID, path: str) -> str:
        """A file of the workspace, as text. Raises `TooLargeError`, `UnsupportedError`, and what opening it does.

        In: a path as clients of V1 know it, or relative to the workspace.
        """
        ref = await self._conversations.ref(principal, id)
        file = await self._files.open(ref, path.removeprefix(V1_WORKSPACE))
        try:
            raw = await self._files.do(file.content.read, 0, self._max_text_bytes + 1)
        finally:
            file.close()
        if len(raw) > self._max_text_bytes:
            raise TooLargeError(
                f"{path[:200]!r} has more than the {self._max_text_bytes} bytes that are told as text; "
                "ask for its content."
            )
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise UnsupportedError(
                f"{path[:200]!r} is not UTF-8 text; ask for its content."
            ) from None

    async def skills(self, principal: Principal, id: UUID) -> ConversationSkills:
        """The skills that the conversation has now."""
        ref = await self._conversations.ref(principal, id)
        workspace = await asyncio.to_thread(self._sandbox.workspace, ref.id, ref.workspace)
        return (await asyncio.to_thread(load_skills, workspace, Roots.usual())).response


class AppVerbs:
    """The V1 verbs, for one principal."""

    _apps: Apps
    _conversations: Conversations
    _principal: Principal

    async def search_app_conversations(
        self,
        where: AppConversationFilter = ALL_APPS,
        page: PageQuery = FIRST,
        sort_order: ConversationOrder = ConversationOrder.CREATED_AT_DESC,
    ) -> AppConversationPage:
        return await self._apps.page(self._principal, where, page, sort_order)

    async def count_app_conversations(self, where: AppConversationFilter = ALL_APPS) -> int:
        return await self._conversations.count(self._principal, ConversationFilter(**dict(where)))

    async def get_app_conversations(
        self, ids: Sequence[UUID]
    ) -> tuple[AppConversation | None, ...]:
        return await self._apps.batch(self._principal, ids)

    async def start_app_conversation(
        self, request: AppConversationStartRequest
    ) -> AppConversationStartTask:
        return await self._apps.starts.begin(self._principal, request)

    async def stream_app_conversation_start(
        self, request: AppConversationStartRequest
    ) -> AsyncGenerator[AppConversationStartTask, None]:
        start = await self.start_app_conversation(request)
        async with aclosing(self.follow_start(start)) as told:
            async for now in told:
                yield now

    def follow_start(
        self, start: AppConversationStartTask
    ) -> AsyncGenerator[AppConversationStartTask, None]:
        """Every state of a start, to the last, as they come; of one that has ended, the last."""
        return self._apps.starts.follow(self._principal, start)

    async def search_start_tasks(
        self,
        where: StartTaskFilter = ALL_STARTS,
        page: PageQuery = FIRST,
        sort_order: StartTaskOrder = StartTaskOrder.CREATED_AT_DESC,
    ) -> AppConversationStartTaskPage:
        return await self._apps.starts.page(self._principal, where, page, sort_order)

    async def count_start_tasks(self, where: StartTaskFilter = ALL_STARTS) -> int:
        return await self._apps.starts.count(self._principal, where)

    async def get_start_tasks(
        self, ids: Sequence[UUID]
    ) -> tuple[AppConversationStartTask | None, ...]:
        return await self._apps.starts.batch(self._principal, ids)

    async def stop_start_task(self, id: UUID) -> tuple[AppConversationStartTask, bool]:
        """The start as it is then, and whether there was anything to stop."""
        return await self._apps.starts.cancel(self._principal, id)

    async def cancel_start_task(self, start_task_id: UUID) -> AppConversationStartTask:
        return (await self.stop_start_task(start_task_id))[0]

    async def read_text_file(self, conversation_id: UUID, file_path: str = "PLAN.md") -> str:
        return await self._apps.text(self._principal, conversation_id, file_path)

    async def list_skills(self, conversation_id: UUID) -> ConversationSkills:
        return await self._apps.skills(self._principal, conversation_id)


def _apps(
    connection: Connection, found: Sequence[Conversation], busy: Set[UUID]
) -> dict[UUID, AppConversation]:
    """Conversations in V1's words, by their ids, in their order."""
    ids = [one.id for one in found]
    asked = starts.requests(connection, ids)
    return {one.id: _app(one, asked.get(one.id, _PLAIN), one.id in busy) for one in found}


_PLAIN = AppConversationStartRequest()


def _app(found: Conversation, asked: AppConversationStartRequest, busy: bool) -> AppConversation:
    sandbox = _SANDBOX[found.status]
    running = ExecutionStatus.RUNNING if busy else ExecutionStatus.IDLE
    # Every value comes out of a model: nothing is to be checked again.
    return AppConversation.model_construct(
        id=found.id,
        created_by_user_id=found.owner,
        sandbox_id="local",
        selected_repository=asked.selected_repository,
        selected_branch=asked.selected_branch,
        git_provider=asked.git_provider,
        title=found.title,
        trigger=asked.trigger,
        pr_number=asked.pr_number,
        llm_model=asked.llm_model,
        parent_conversation_id=found.parent_conversation_id,
        sub_conversation_ids=found.sub_conversation_ids,
        tags=found.tags,
        created_at=found.created_at,
        updated_at=found.updated_at,
        sandbox_status=sandbox,
        execution_status=running if sandbox is SandboxStatus.RUNNING else None,
        conversation_url=None,
    )
