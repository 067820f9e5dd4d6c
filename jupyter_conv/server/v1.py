"""The V1 door: conversations, starts and skills in the words of an agent server's clients."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TypeVar

from jupyter_server.auth.decorator import authorized
from pydantic import BaseModel
from pydantic_core import to_json
from tornado import web
from tornado.iostream import StreamClosedError

from ..models import (
    AppConversation,
    AppConversationFilter,
    AppConversationStartRequest,
    AppConversationStartTask,
    IdsQuery,
    PageQuery,
    StartTaskFilter,
    StartTaskStatus,
    TextFileQuery,
)
from ..routes import AppConversationQuery, StartTaskQuery
from ..service import Participant
from .base import ConversationHandler

__all__ = [
    "AppsHandler",
    "CountHandler",
    "CountStartsHandler",
    "SearchHandler",
    "SearchStartsHandler",
    "SkillsHandler",
    "StartHandler",
    "StartsHandler",
    "StreamHandler",
    "TextFileHandler",
]

M = TypeVar("M", bound=BaseModel)
LINES = "application/x-ndjson"


class V1Handler(ConversationHandler):
    """What its handlers share: a conversation and a start are told with where they are on this server."""

    def app(self, found: AppConversation) -> AppConversation:
        """A conversation, with its path."""
        url = f"{self.base_url}conversation/{found.id}"
        return AppConversation.model_construct(**{**dict(found), "conversation_url": url})

    def start(self, found: AppConversationStartTask) -> AppConversationStartTask:
        """A start, with the server's path once there is something to find there."""
        if found.status is not StartTaskStatus.READY:
            return found
        return found.model_copy(update={"agent_server_url": self.base_url})

    def answer_list(self, found: list[BaseModel | None]) -> None:
        """Write an array."""
        self.answer(to_json(found))


class AppsHandler(V1Handler):
    """`/api/v1/app-conversations`"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Several conversations."""
        ids = self.query(IdsQuery).ids
        api = await self.participant()
        found = await api.get_app_conversations(ids)
        self.answer_list([one and self.app(one) for one in found])

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start one."""
        request = self.body(AppConversationStartRequest)
        api = await self.participant()
        self.answer(self.start(await api.start_app_conversation(request)))


class SearchHandler(V1Handler):
    """`/api/v1/app-conversations/search`"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List conversations."""
        query = self.query(AppConversationQuery)
        api = await self.participant()
        found = await api.search_app_conversations(
            _filter(AppConversationFilter, query), _page(query), query.sort_order
        )
        self.answer(found.model_copy(update={"items": tuple(map(self.app, found.items))}))


class CountHandler(V1Handler):
    """`/api/v1/app-conversations/count`"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Count conversations."""
        where = self.query(AppConversationFilter)
        api = await self.participant()
        self.answer(await api.count_app_conversations(where))


class StreamHandler(V1Handler):
    """`/api/v1/app-conversations/stream-start`"""

    _sending: asyncio.Task[None] | None = None

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start one, and tell each step as it comes: an array item by item, or a line each."""
        request = self.body(AppConversationStartRequest)
        api = await self.participant()
        # What can be refused has been refused when the first byte goes out.
        start = await api.start_app_conversation(request)
        lines = LINES in self.request.headers.get("Accept", "")
        self.set_header("Content-Type", LINES if lines else "application/json")
        self.set_header("X-Accel-Buffering", "no")
        self._sending = asyncio.create_task(self._send(api, start, lines))
        with suppress(StreamClosedError, asyncio.CancelledError):
            await self._sending

    async def _send(self, api: Participant, start: AppConversationStartTask, lines: bool) -> None:
        between = "" if lines else "[\n"
        async with aclosing(api.follow_start(start)) as told:
            async for now in told:
                self.write(between + self.start(now).model_dump_json() + "\n" * lines)
                between = "" if lines else ",\n"
                await self.flush()
        await self.finish(None if lines else "]")

    def on_connection_close(self) -> None:
        """Who asked has gone. The start goes on."""
        super().on_connection_close()
        if self._sending is not None:
            self._sending.cancel()


class StartsHandler(V1Handler):
    """`/api/v1/app-conversations/start-tasks`"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Several starts."""
        ids = self.query(IdsQuery).ids
        api = await self.participant()
        found = await api.get_start_tasks(ids)
        self.answer_list([one and self.start(one) for one in found])


class SearchStartsHandler(V1Handler):
    """`/api/v1/app-conversations/start-tasks/search`"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List starts."""
        query = self.query(StartTaskQuery)
        api = await self.participant()
        found = await api.search_start_tasks(
            _filter(StartTaskFilter, query), _page(query), query.sort_order
        )
        self.answer(found.model_copy(update={"items": tuple(map(self.start, found.items))}))


class CountStartsHandler(V1Handler):
    """`/api/v1/app-conversations/start-tasks/count`"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Count starts."""
        where = self.query(StartTaskFilter)
        api = await self.participant()
        self.answer(await api.count_start_tasks(where))


class StartHandler(V1Handler):
    """`/api/v1/app-conversations/start-tasks/{start_task_id}`"""

    @web.authenticated
    @authorized
    async def delete(self, **_: str) -> None:
        """Cancel."""
        id = self.id("start_task_id")
        api = await self.participant()
        start, stopped = await api.stop_start_task(id)
        self.answer(self.start(start), 202 if stopped else 200)


class TextFileHandler(V1Handler):
    """`/api/v1/app-conversations/{conversation_id}/file`"""

    auth_resource = "jupyter_conv:file"

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """A file as text: a JSON string."""
        id, query = self.id("conversation_id"), self.query(TextFileQuery)
        api = await self.participant()
        self.answer(to_json(await api.read_text_file(id, query.file_path)))


class SkillsHandler(V1Handler):
    """`/api/v1/app-conversations/{conversation_id}/skills`"""

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """The skills of a conversation."""
        id = self.id("conversation_id")
        api = await self.participant()
        self.answer(await api.list_skills(id))


def _page(query: PageQuery) -> PageQuery:
    return PageQuery(limit=query.limit, page_id=query.page_id)


def _filter(model: type[M], query: BaseModel) -> M:
    return model.model_construct(**{name: getattr(query, name) for name in model.model_fields})
