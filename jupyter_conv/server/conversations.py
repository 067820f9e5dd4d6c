"""Handlers of conversations."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..models import ConversationFilter, ConversationPatch, ConversationRequest
from ..routes import ConversationQuery, DeleteQuery
from .base import ConversationHandler

__all__ = ["CountHandler", "ListHandler", "OneHandler"]


class ListHandler(ConversationHandler):
    """`/conversation`"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List conversations."""
        query = self.query(ConversationQuery)
        api = await self.participant()
        self.answer(await api.list_conversations(query, query, query.sort_order))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Begin a conversation."""
        request = self.body(ConversationRequest)
        api = await self.participant()
        conversation, created = await api.begin_conversation(request)
        self.answer(conversation, 201 if created else 200)


class CountHandler(ConversationHandler):
    """`/conversation-count`"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Count conversations."""
        where = self.query(ConversationFilter)
        api = await self.participant()
        self.answer(await api.count_conversations(where))


class OneHandler(ConversationHandler):
    """`/conversation/{conversation_id}`, where it is not a socket"""

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """One conversation."""
        id = self.id("conversation_id")
        api = await self.participant()
        self.answer(await api.get_conversation(id))

    @web.authenticated
    @authorized
    async def patch(self, **_: str) -> None:
        """Rename or tag."""
        id, patch = self.id("conversation_id"), self.body(ConversationPatch)
        api = await self.participant()
        self.answer(await api.update_conversation(id, patch))

    @web.authenticated
    @authorized
    async def delete(self, **_: str) -> None:
        """Finish, or erase."""
        id, query = self.id("conversation_id"), self.query(DeleteQuery)
        api = await self.participant()
        self.answer(await api.delete_conversation(id, purge=query.purge))
