"""Handlers of events. They pass on the JSON that was written; nothing is parsed again."""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..models import EventFilter, EventRequest
from ..routes import EventQuery
from ..service import RawPage
from .base import ConversationHandler

__all__ = ["CountHandler", "ListHandler", "OneHandler"]


def _page(raw: RawPage) -> bytes:
    following = json.dumps(raw.next_page_id).encode()
    return b'{"results":[%s],"next_page_id":%s}' % (b",".join(raw.bodies), following)


class ListHandler(ConversationHandler):
    """`/conversation/{conversation_id}/event`"""

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """List events."""
        id, query = self.id("conversation_id"), self.query(EventQuery)
        api = await self.participant()
        self.answer(_page(await api.event_page(id, query, query, query.sort_order)))

    @web.authenticated
    @authorized
    async def post(self, **_: str) -> None:
        """Say something."""
        id, request = self.id("conversation_id"), self.body(EventRequest)
        api = await self.participant()
        self.answer(await api.say(id, request), 201)


class CountHandler(ConversationHandler):
    """`/conversation/{conversation_id}/event-count`"""

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """Count events."""
        id, where = self.id("conversation_id"), self.query(EventFilter)
        api = await self.participant()
        self.answer(await api.count_events(id, where))


class OneHandler(ConversationHandler):
    """`/conversation/{conversation_id}/event/{event_id}`"""

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """One event."""
        id, event_id = self.id("conversation_id"), self.id("event_id")
        api = await self.participant()
        self.answer(await api.event_body(id, event_id))
