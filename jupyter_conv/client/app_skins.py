"""The verbs of V1 for those who live on another loop, or cannot await: carried over as they are."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from ..interface import ConversationAPI
from ..models import (
    AppConversation,
    AppConversationFilter,
    AppConversationPage,
    AppConversationStartRequest,
    AppConversationStartTask,
    AppConversationStartTaskPage,
    ConversationOrder,
    ConversationSkills,
    PageQuery,
    StartTaskFilter,
    StartTaskOrder,
)
from .background import Background

if TYPE_CHECKING:
    from .bridge import Bridged

__all__ = ["AppBridge", "BlockingApps"]

T = TypeVar("T")

_APPS, _STARTS, _FIRST = AppConversationFilter(), StartTaskFilter(), PageQuery()
_NEWEST, _NEWEST_START = ConversationOrder.CREATED_AT_DESC, StartTaskOrder.CREATED_AT_DESC
_PLAN = "PLAN.md"


class AppBridge:
    """Each verb of V1, carried over to the loop where `api` lives."""

    _api: ConversationAPI
    _home: Background

    async def search_app_conversations(
        self,
        where: AppConversationFilter = _APPS,
        page: PageQuery = _FIRST,
        sort_order: ConversationOrder = _NEWEST,
    ) -> AppConversationPage:
        return await self._home.hop(self._api.search_app_conversations(where, page, sort_order))

    async def count_app_conversations(self, where: AppConversationFilter = _APPS) -> int:
        return await self._home.hop(self._api.count_app_conversations(where))

    async def get_app_conversations(
        self, ids: Sequence[UUID]
    ) -> tuple[AppConversation | None, ...]:
        return await self._home.hop(self._api.get_app_conversations(ids))

    async def start_app_conversation(
        self, request: AppConversationStartRequest
    ) -> AppConversationStartTask:
        return await self._home.hop(self._api.start_app_conversation(request))

    async def search_start_tasks(
        self,
        where: StartTaskFilter = _STARTS,
        page: PageQuery = _FIRST,
        sort_order: StartTaskOrder = _NEWEST_START,
    ) -> AppConversationStartTaskPage:
        return await self._home.hop(self._api.search_start_tasks(where, page, sort_order))

    async def count_start_tasks(self, where: StartTaskFilter = _STARTS) -> int:
        return await self._home.hop(self._api.count_start_tasks(where))

    async def get_start_tasks(
        self, ids: Sequence[UUID]
    ) -> tuple[AppConversationStartTask | None, ...]:
        return await self._home.hop(self._api.get_start_tasks(ids))

    async def cancel_start_task(self, start_task_id: UUID) -> AppConversationStartTask:
        return await self._home.hop(self._api.cancel_start_task(start_task_id))

    async def read_text_file(self, conversation_id: UUID, file_path: str = _PLAN) -> str:
        return await self._home.hop(self._api.read_text_file(conversation_id, file_path))

    async def list_skills(self, conversation_id: UUID) -> ConversationSkills:
        return await self._home.hop(self._api.list_skills(conversation_id))

    def stream_app_conversation_start(
        self, request: AppConversationStartRequest
    ) -> Bridged[AppConversationStartTask]:
        from .bridge import Bridged

        return Bridged(self._api.stream_app_conversation_start(request), self._home)


class BlockingApps:
    """Each verb of V1, waiting for its answer."""

    api: ConversationAPI

    if TYPE_CHECKING:

        def _run(self, work: Coroutine[Any, Any, T]) -> T: ...

        def _each(self, source: Any) -> Iterator[Any]: ...

    def search_app_conversations(
        self,
        where: AppConversationFilter = _APPS,
        page: PageQuery = _FIRST,
        sort_order: ConversationOrder = _NEWEST,
    ) -> AppConversationPage:
        return self._run(self.api.search_app_conversations(where, page, sort_order))

    def count_app_conversations(self, where: AppConversationFilter = _APPS) -> int:
        return self._run(self.api.count_app_conversations(where))

    def get_app_conversations(self, ids: Sequence[UUID]) -> tuple[AppConversation | None, ...]:
        return self._run(self.api.get_app_conversations(ids))

    def start_app_conversation(
        self, request: AppConversationStartRequest
    ) -> AppConversationStartTask:
        return self._run(self.api.start_app_conversation(request))

    def search_start_tasks(
        self,
        where: StartTaskFilter = _STARTS,
        page: PageQuery = _FIRST,
        sort_order: StartTaskOrder = _NEWEST_START,
    ) -> AppConversationStartTaskPage:
        return self._run(self.api.search_start_tasks(where, page, sort_order))

    def count_start_tasks(self, where: StartTaskFilter = _STARTS) -> int:
        return self._run(self.api.count_start_tasks(where))

    def get_start_tasks(self, ids: Sequence[UUID]) -> tuple[AppConversationStartTask | None, ...]:
        return self._run(self.api.get_start_tasks(ids))

    def cancel_start_task(self, start_task_id: UUID) -> AppConversationStartTask:
        return self._run(self.api.cancel_start_task(start_task_id))

    def read_text_file(self, conversation_id: UUID, file_path: str = _PLAN) -> str:
        return self._run(self.api.read_text_file(conversation_id, file_path))

    def list_skills(self, conversation_id: UUID) -> ConversationSkills:
        return self._run(self.api.list_skills(conversation_id))

    def stream_app_conversation_start(
        self, request: AppConversationStartRequest
    ) -> Iterator[AppConversationStartTask]:
        """The states of a start as they come."""
        return self._each(self.api.stream_app_conversation_start(request))
