"""Handlers of the documents: OpenAPI, AsyncAPI, and a page to read them, which needs no network."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..documents import asyncapi, openapi
from .base import ConversationHandler
from .page import page

__all__ = ["AsyncApiHandler", "DocsHandler", "OpenApiHandler"]


class OpenApiHandler(ConversationHandler):
    """`/conversation/openapi.json`"""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """What goes over HTTP."""
        self.answer(_here(openapi(), self.base_url))


class AsyncApiHandler(ConversationHandler):
    """`/conversation/asyncapi.json`"""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """What goes through the sockets."""
        self.answer(json.dumps(asyncapi()).encode())


class DocsHandler(ConversationHandler):
    """`/conversation/docs`"""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Both, to read."""
        self.finish(_page(), set_content_type="text/html; charset=utf-8")

    @property
    def content_security_policy(self) -> str:
        """The page brings its style, and nothing else."""
        return f"{super().content_security_policy}; style-src 'unsafe-inline'"


@cache
def _page() -> str:
    return page(openapi(), asyncapi())


def _here(document: dict[str, Any], base_url: str) -> bytes:
    return json.dumps({**document, "servers": [{"url": base_url}]}).encode()
