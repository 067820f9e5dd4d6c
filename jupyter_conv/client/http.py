"""The unified interface over HTTP, made from `routes`. It keeps no rules of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, TypeAdapter, ValidationError

from ..errors import MalformedError, NoServerError
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
    Page,
    PageQuery,
    Task,
    TaskFilter,
    TaskRequest,
)
from ..routes import route
from .apps import AppVerbs
from .files import FileVerbs
from .form import Form
from .stream import EventStream
from .transport import as_query as _query
from .transport import http_client, send

if TYPE_CHECKING:
    import httpx

__all__ = ["ConversationClient"]

_ALL_CONVERSATIONS = ConversationFilter()
_ALL_TASKS = TaskFilter()
_ALL_EVENTS = EventFilter()
_FIRST_PAGE = PageQuery()

R = TypeVar("R", ConversationRequest, TaskRequest)


class ConversationClient(FileVerbs, AppVerbs):
    """A `ConversationAPI` that speaks to a server.

    In: the server's base URL, and a token; it goes into the header, never into a URL. `http`: a client of your own
    (for another certificate authority, say); it is then yours to close. Use one client within one event loop.
    Raises, besides the errors of `routes`: `NoServerError` where nothing, or something else, answers.
    """

    def __init__(
        self, base_url: str, token: str | None = None, *, http: httpx.AsyncClient | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"token {token}"} if token else {}
        self._http = http
        self._own = http is None

    def __repr__(self) -> str:
        return f"ConversationClient({self.base_url!r})"

    def copy(self) -> ConversationClient:
        """A client of the same server, for another event loop."""
        other = ConversationClient(self.base_url)
        other._headers = self._headers
        return other

    async def create_conversation(self, request: ConversationRequest) -> Conversation:
        return await self._call("create_conversation", body=_with_id(request))  # type: ignore[no-any-return]

    async def list_conversations(
        self,
        where: ConversationFilter = _ALL_CONVERSATIONS,
        page: PageQuery = _FIRST_PAGE,
        sort_order: ConversationOrder = ConversationOrder.CREATED_AT_DESC,
    ) -> Page[Conversation]:
        query = _query(where, page, sort_order=sort_order)
        return await self._call("list_conversations", query)  # type: ignore[no-any-return]

    async def count_conversations(self, where: ConversationFilter = _ALL_CONVERSATIONS) -> int:
        return await self._call("count_conversations", _query(where))  # type: ignore[no-any-return]

    async def get_conversation(self, conversation_id: UUID) -> Conversation:
        return await self._call("get_conversation", conversation_id=conversation_id)  # type: ignore[no-any-return]

    async def update_conversation(
        self, conversation_id: UUID, patch: ConversationPatch
    ) -> Conversation:
        return await self._call(  # type: ignore[no-any-return]
            "update_conversation", body=patch, conversation_id=conversation_id
        )

    async def delete_conversation(
        self, conversation_id: UUID, *, purge: bool = False
    ) -> Conversation:
        return await self._call(  # type: ignore[no-any-return]
            "delete_conversation",
            {"purge": True} if purge else {},
            repeatable=not purge,
            conversation_id=conversation_id,
        )

    async def create_task(self, conversation_id: UUID, request: TaskRequest) -> Task:
        return await self._call(  # type: ignore[no-any-return]
            "create_task", body=_with_id(request), conversation_id=conversation_id
        )

    async def list_tasks(
        self, conversation_id: UUID, where: TaskFilter = _ALL_TASKS, page: PageQuery = _FIRST_PAGE
    ) -> Page[Task]:
        query = _query(where, page)
        return await self._call("list_tasks", query, conversation_id=conversation_id)  # type: ignore[no-any-return]

    async def count_tasks(self, conversation_id: UUID, where: TaskFilter = _ALL_TASKS) -> int:
        return await self._call(  # type: ignore[no-any-return]
            "count_tasks", _query(where), conversation_id=conversation_id
        )

    async def get_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        return await self._call(  # type: ignore[no-any-return]
            "get_task", conversation_id=conversation_id, task_id=task_id
        )

    async def cancel_task(self, conversation_id: UUID, task_id: UUID) -> Task:
        return await self._call(  # type: ignore[no-any-return]
            "cancel_task", conversation_id=conversation_id, task_id=task_id
        )

    async def create_event(self, conversation_id: UUID, request: EventRequest) -> Event:
        # An event has no id of the client's: said again after a lost answer it could stand there twice.
        return await self._call(  # type: ignore[no-any-return]
            "create_event", body=request, repeatable=False, conversation_id=conversation_id
        )

    async def list_events(
        self,
        conversation_id: UUID,
        where: EventFilter = _ALL_EVENTS,
        page: PageQuery = _FIRST_PAGE,
        sort_order: EventOrder = EventOrder.SEQ,
    ) -> Page[Event]:
        query = _query(where, page, sort_order=sort_order)
        return await self._call("list_events", query, conversation_id=conversation_id)  # type: ignore[no-any-return]

    async def count_events(self, conversation_id: UUID, where: EventFilter = _ALL_EVENTS) -> int:
        return await self._call(  # type: ignore[no-any-return]
            "count_events", _query(where), conversation_id=conversation_id
        )

    async def get_event(self, conversation_id: UUID, event_id: UUID) -> Event:
        return await self._call(  # type: ignore[no-any-return]
            "get_event", conversation_id=conversation_id, event_id=event_id
        )

    def stream(self, conversation_id: UUID, *, after_seq: int | None = None) -> EventStream:
        async def newest() -> int:
            return await self.count_events(conversation_id)

        return EventStream(
            f"{self.base_url}/conversation/{conversation_id}",
            self._headers,
            after_seq=after_seq,
            newest=newest,
        )

    def firehose(self) -> EventStream:
        """What comes, of every conversation. Events told while the line was down are not told again."""
        return EventStream(f"{self.base_url}/firehose", self._headers)

    async def aclose(self) -> None:
        if self._own and self._http is not None:
            http, self._http = self._http, None
            await http.aclose()

    async def _call(
        self,
        verb: str,
        query: dict[str, Any] | None = None,
        *,
        body: BaseModel | None = None,
        form: Form | None = None,
        repeatable: bool = True,
        **path: object,
    ) -> Any:
        asked = route(verb)
        headers: dict[str, str] = {}
        content: bytes | AsyncIterator[bytes] | None = None
        if form is not None:
            headers, content = form.headers, form.body()
        elif body is not None:
            headers["Content-Type"] = asked.takes
            content = _encode(body, whole=asked.method != "PATCH")
        request = self._client().build_request(
            asked.method,
            self.base_url + asked.url(**path),
            params=query,
            content=content,
            headers=self._headers | headers,
        )
        answer = await send(self._client(), request, repeatable=repeatable)
        if asked.response is None:
            return None
        try:
            return _adapter(verb).validate_json(answer)
        except ValidationError as error:
            raise NoServerError(
                f"What {self.base_url} answered to {asked.method} {request.url.path} is not "
                "jupyter_conv's. Is this the base URL of a Jupyter server that has it, of this version?"
            ) from error

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = http_client()
        return self._http


@cache
def _adapter(verb: str) -> TypeAdapter[Any]:
    return TypeAdapter(route(verb).response)


def _with_id(request: R) -> R:
    # With an id of ours the request can be repeated after a lost answer, and nothing is made twice.
    return request if request.id else request.model_copy(update={"id": uuid4()})


def _encode(body: BaseModel, *, whole: bool) -> bytes:
    try:
        # In a PATCH, what is left out stays as it is.
        return body.model_dump_json(exclude_unset=not whole).encode()
    except ValueError as error:
        raise MalformedError(
            "The text holds half of a surrogate pair, which JSON cannot carry; "
            "pass it through .encode('utf-8', 'replace').decode() first."
        ) from error
