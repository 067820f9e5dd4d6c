"""Handlers of tasks."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..models import TaskFilter, TaskRequest
from ..routes import TaskQuery
from .base import ConversationHandler

__all__ = ["CountHandler", "ListHandler", "OneHandler"]


class ListHandler(ConversationHandler):
    """`/conversation/{conversation_id}/task`"""

    auth_resource = "jupyter_conv:task"

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """List tasks."""
        id, query = self.id("conversation_id"), self.query(TaskQuery)
        api = await self.participant()
        self.answer(await api.list_tasks(id, query, query))

    @web.authenticated
    @authorized
    async def post(self, **_: str) -> None:
        """Ask for work."""
        id, request = self.id("conversation_id"), self.body(TaskRequest)
        api = await self.participant()
        task, created = await api.submit_task(id, request)
        self.answer(task, 201 if created else 200)


class CountHandler(ConversationHandler):
    """`/conversation/{conversation_id}/task-count`"""

    auth_resource = "jupyter_conv:task"

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """Count tasks."""
        id, where = self.id("conversation_id"), self.query(TaskFilter)
        api = await self.participant()
        self.answer(await api.count_tasks(id, where))


class OneHandler(ConversationHandler):
    """`/conversation/{conversation_id}/task/{task_id}`"""

    auth_resource = "jupyter_conv:task"

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """One task."""
        id, task_id = self.id("conversation_id"), self.id("task_id")
        api = await self.participant()
        self.answer(await api.get_task(id, task_id))

    @web.authenticated
    @authorized
    async def delete(self, **_: str) -> None:
        """Cancel."""
        id, task_id = self.id("conversation_id"), self.id("task_id")
        api = await self.participant()
        before = await api.get_task(id, task_id)
        task = await api.cancel_task(id, task_id)
        self.answer(task, 200 if before.status.finished else 202)
