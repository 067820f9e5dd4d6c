"""The verbs of V1 over HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

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
from ..routes import route
from .transport import as_query, receive

if TYPE_CHECKING:
    import httpx

__all__ = ["AppVerbs"]

_APPS, _STARTS, _FIRST = AppConversationFilter(), StartTaskFilter(), PageQuery()
_NEWEST, _NEWEST_START = ConversationOrder.CREATED_AT_DESC, StartTaskOrder.CREATED_AT_DESC
_PLAN = "PLAN.md"


class AppVerbs:
    """Those of `ConversationAPI` that are V1's."""

    base_url: str
    _headers: dict[str, str]

    if TYPE_CHECKING:

        async def _call(self, verb: str, query: Any = None, **more: Any) -> Any: ...

        def _client(self) -> httpx.AsyncClient: ...

    async def search_app_conversations(
        self,
        where: AppConversationFilter = _APPS,
        page: PageQuery = _FIRST,
        sort_order: ConversationOrder = _NEWEST,
    ) -> AppConversationPage:
        query = as_query(where, page, sort_order=sort_order)
        return await self._call("search_app_conversations", query)  # type: ignore[no-any-return]

    async def count_app_conversations(self, where: AppConversationFilter = _APPS) -> int:
        return await self._call("count_app_conversations", as_query(where))  # type: ignore[no-any-return]

    async def get_app_conversations(
        self, ids: Sequence[UUID]
    ) -> tuple[AppConversation | None, ...]:
        return await self._call("get_app_conversations", _ids(ids))  # type: ignore[no-any-return]

    async def start_app_conversation(
        self, request: AppConversationStartRequest
    ) -> AppConversationStartTask:
        return await self._call("start_app_conversation", body=_with_id(request))  # type: ignore[no-any-return]

    async def stream_app_conversation_start(
        self, request: AppConversationStartRequest
    ) -> AsyncGenerator[AppConversationStartTask]:
        asked = route("stream_app_conversation_start")
        headers = {"Content-Type": asked.takes, "Accept": "application/x-ndjson"}
        content = _with_id(request).model_dump_json()
        url = self.base_url + asked.url()
        made = self._client().build_request(
            asked.method, url, content=content, headers=self._headers | headers
        )
        made.extensions["timeout"] = {
            **made.extensions["timeout"],
            "read": None,
        }  # a step may take long
        rest = b""
        async with aclosing(receive(self._client(), made)) as pieces:
            async for piece in pieces:
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    yield AppConversationStartTask.model_validate_json(line)

    async def search_start_tasks(
        self,
        where: StartTaskFilter = _STARTS,
        page: PageQuery = _FIRST,
        sort_order: StartTaskOrder = _NEWEST_START,
    ) -> AppConversationStartTaskPage:
        query = as_query(where, page, sort_order=sort_order)
        return await self._call("search_start_tasks", query)  # type: ignore[no-any-return]

    async def count_start_tasks(self, where: StartTaskFilter = _STARTS) -> int:
        return await self._call("count_start_tasks", as_query(where))  # type: ignore[no-any-return]

    async def get_start_tasks(
        self, ids: Sequence[UUID]
    ) -> tuple[AppConversationStartTask | None, ...]:
        return await self._call("get_start_tasks", _ids(ids))  # type: ignore[no-any-return]

    async def cancel_start_task(self, start_task_id: UUID) -> AppConversationStartTask:
        return await self._call("cancel_start_task", start_task_id=start_task_id)  # type: ignore[no-any-return]

    async def read_text_file(self, conversation_id: UUID, file_path: str = _PLAN) -> str:
        query = {"file_path": file_path}
        return await self._call("read_text_file", query, conversation_id=conversation_id)  # type: ignore[no-any-return]

    async def list_skills(self, conversation_id: UUID) -> ConversationSkills:
        return await self._call("list_skills", conversation_id=conversation_id)  # type: ignore[no-any-return]


def _ids(ids: Sequence[UUID]) -> dict[str, Any]:
    return {"ids": [str(id) for id in ids]}


def _with_id(request: AppConversationStartRequest) -> AppConversationStartRequest:
    # With an id of ours the request can be repeated after a lost answer, and nothing is started twice.
    return (
        request
        if request.conversation_id
        else request.model_copy(update={"conversation_id": uuid4()})
    )
