"""Which handler serves which path; a path may be a resource over HTTP and a socket when upgraded."""

from __future__ import annotations

import re
from typing import Any

from jupyter_server.utils import url_path_join
from tornado import httputil, routing, web

from . import conversations, documents, events, files, sockets, tasks, v1
from .base import NotFoundHandler
from .gate import Gate

__all__ = ["DOCUMENTS", "HANDLERS", "SOCKETS", "rules"]

Handler = type[web.RequestHandler]

_ONE = "/conversation/{conversation_id}"
_APPS = "/api/v1/app-conversations"

HANDLERS: dict[str, Handler] = {
    "/conversation": conversations.ListHandler,
    "/conversation-count": conversations.CountHandler,
    _ONE: conversations.OneHandler,
    f"{_ONE}/event": events.ListHandler,
    f"{_ONE}/event-count": events.CountHandler,
    f"{_ONE}/event/{{event_id}}": events.OneHandler,
    f"{_ONE}/task": tasks.ListHandler,
    f"{_ONE}/task-count": tasks.CountHandler,
    f"{_ONE}/task/{{task_id}}": tasks.OneHandler,
    f"{_ONE}/dir/{{path*}}": files.DirectoryHandler,
    f"{_ONE}/file/{{path*}}": files.OneHandler,
    f"{_ONE}/file-content/{{path*}}": files.ContentHandler,
    f"{_ONE}/upload/{{parent_path*}}": files.UploadHandler,
    f"{_ONE}/file-search": files.SearchHandler,
    f"{_ONE}/file-count": files.CountHandler,
    _APPS: v1.AppsHandler,
    f"{_APPS}/search": v1.SearchHandler,
    f"{_APPS}/count": v1.CountHandler,
    f"{_APPS}/stream-start": v1.StreamHandler,
    f"{_APPS}/start-tasks": v1.StartsHandler,
    f"{_APPS}/start-tasks/search": v1.SearchStartsHandler,
    f"{_APPS}/start-tasks/count": v1.CountStartsHandler,
    f"{_APPS}/start-tasks/{{start_task_id}}": v1.StartHandler,
    f"{_APPS}/{{conversation_id}}/file": v1.TextFileHandler,
    f"{_APPS}/{{conversation_id}}/skills": v1.SkillsHandler,
}
DOCUMENTS: dict[str, Handler] = {
    "/conversation/openapi.json": documents.OpenApiHandler,
    "/conversation/asyncapi.json": documents.AsyncApiHandler,
    "/conversation/docs": documents.DocsHandler,
}
SOCKETS: dict[str, Handler] = {
    "/conversation": sockets.NewConversationSocket,
    _ONE: sockets.ConversationSocket,
    "/firehose": sockets.FirehoseSocket,
}


class _Upgrading(routing.PathMatches):
    """Matches the path of a request that wants to become a WebSocket."""

    def match(self, request: httputil.HTTPServerRequest) -> dict[str, Any] | None:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return None
        return super().match(request)


def rules(base_url: str, gate: Gate) -> list[routing.Rule]:
    """The rules of all paths, for the server's web application."""
    given = {"gate": gate}
    found: list[routing.Rule] = [
        routing.Rule(_Upgrading(_pattern(base_url, path)), handler, given)
        for path, handler in SOCKETS.items()
    ]
    found += [
        routing.Rule(routing.PathMatches(_pattern(base_url, path)), handler, given)
        for path, handler in {**DOCUMENTS, **HANDLERS}.items()
    ]
    for below in ("/conversation/.*", "/firehose/?", f"{_APPS}/.*"):
        pattern = url_path_join(re.escape(base_url), below)
        found.append(routing.Rule(routing.PathMatches(pattern), NotFoundHandler, given))
    return found


def _pattern(base_url: str, path: str) -> str:
    segments = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
    if segments.endswith("*}"):
        # All that follows is the path, its slashes too; without one it is the workspace itself.
        head, _, name = segments.removesuffix("*}").rpartition("/{")
        return url_path_join(re.escape(base_url), head) + f"(?:/(?P<{name}>.*))?"
    return url_path_join(re.escape(base_url), segments) + "/?"
