"""The documents of the interface, made of the routes and models that serve: OpenAPI 3.1 and AsyncAPI 3.0.

Sources: https://spec.openapis.org/oas/v3.1.1, https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from http.client import responses
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from . import __version__
from .errors import ConversationError, ErrorBody, ForbiddenError
from .models import Event, Frame
from .routes import ROUTES, SOCKETS, Route, Socket, SocketQuery

__all__ = ["asyncapi", "openapi"]

Document = dict[str, Any]
Asked = tuple[Any, Literal["read", "written"]]
"""A type, and whether it is what the server reads or what it writes."""

_REF = "#/components/schemas/{model}"
_TITLE = "jupyter_conv"
_ABOUT = (
    "Conversations: tasks that go in, events that come out. Paths are below the server's base URL."
)
_TOKEN = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`token …`; or the server's cookie with its XSRF header",
}


class _Schemas:
    """JSON schemas of all types that a document names, with their definitions in one place."""

    def __init__(self, asked: Iterable[Asked]) -> None:
        modes: dict[str, JsonSchemaMode] = {"read": "validation", "written": "serialization"}
        adapters = {(_key(kind), way): TypeAdapter(kind) for kind, way in asked}
        inputs = [(key, modes[key[1]], adapter.core_schema) for key, adapter in adapters.items()]
        found, definitions = _AsWritten(ref_template=_REF).generate_definitions(inputs)
        self.definitions: Document = {str(name): schema for name, schema in definitions.items()}
        self._found = {key: schema for (key, _), schema in found.items()}
        for name in set(_members([*self._found.values(), *self.definitions.values()])):
            _require_kind(self.definitions[name])

    def of(self, kind: Any, way: Literal["read", "written"]) -> Document:
        """The schema of a type."""
        return self._found[_key(kind), way]


class _AsWritten(GenerateJsonSchema):
    """What the server writes has every field."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


def _members(part: Any) -> Iterator[str]:
    """The names of all that is a member of a union."""
    if isinstance(part, list):
        for item in part:
            yield from _members(item)
    elif isinstance(part, dict):
        for member in part.get("oneOf", ()):
            if "$ref" in member:
                yield member["$ref"].rpartition("/")[2]
        for value in part.values():
            yield from _members(value)


def _require_kind(definition: Document) -> None:
    # By it a union is told apart; that it has a default is a convenience of Python alone.
    for name in ("type", "output_type"):
        if "const" in definition.get("properties", {}).get(name, {}):
            definition["required"] = sorted({*definition.get("required", ()), name})


def _key(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)


@cache
def openapi() -> Document:
    """What goes over HTTP."""
    asked: list[Asked] = [(ErrorBody, "written")]
    for route in ROUTES:
        if route.response not in (None, bytes):
            asked.append((route.response, "written"))
        asked += [(model, "read") for model in (route.body, route.query) if model is not None]
    schemas = _Schemas(asked)
    paths: Document = {}
    for route in ROUTES:
        path = route.path.replace("*}", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas.definitions, "securitySchemes": {"token": _TOKEN}},
    }


def _operation(route: Route, schemas: _Schemas) -> Document:
    found: Document = {
        "operationId": route.verb,
        "summary": route.summary,
        "tags": [route.resource],
        "parameters": [*_path_parameters(route.path), *_query_parameters(route.query, schemas)],
        "responses": _answers(route, schemas),
    }
    if route.body is not None:
        content = {"application/json": {"schema": schemas.of(route.body, "read")}}
        found["requestBody"] = {"required": True, "content": content}
    elif route.takes == _FORM["type"]:
        found["requestBody"] = {"required": True, "content": {_FORM["type"]: _FORM["content"]}}
    return found


_EMPTY = (204, 304)
"""Answers that have no body."""
_FORM: Document = {
    "type": "multipart/form-data",
    "content": {
        "schema": {
            "type": "object",
            "description": "Any number of files, by any field names; a filename may have folders.",
        }
    },
}
_ID = {"description": "With or without dashes.", "schema": {"type": "string", "format": "uuid"}}
_PATH = {"description": "A path of the workspace, with `/`.", "schema": {"type": "string"}}


def _path_parameters(path: str) -> list[Document]:
    return [
        {"name": name, "in": "path", "required": True, **(_PATH if spans else _ID)}
        for name, spans in re.findall(r"\{(\w+)(\*?)\}", path)
    ]


def _query_parameters(query: type[BaseModel] | None, schemas: _Schemas) -> list[Document]:
    if query is None:
        return []
    model = schemas.of(query, "read")
    while "$ref" in model:
        model = schemas.definitions[model["$ref"].rpartition("/")[2]]
    return [
        {"name": name, "in": "query", "required": False, "schema": _given(schema)}
        for name, schema in model["properties"].items()
    ]


def _given(schema: Document) -> Document:
    """A parameter's schema: what is null in a model is left out of a query."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default", "title")}
    default = {"default": schema["default"]} if schema.get("default") is not None else {}
    return {
        **rest,
        **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}),
        **default,
    }


def _answers(route: Route, schemas: _Schemas) -> Document:
    good: Document = {}
    if route.response is bytes:
        good = {"content": {"*/*": {"schema": {}}}}
    elif route.response is not None:
        good = {"content": {route.gives: {"schema": schemas.of(route.response, "written")}}}
    found: Document = {
        str(status): {"description": responses[status], **({} if status in _EMPTY else good)}
        for status in sorted(route.status)
    }
    for status, codes in sorted(_errors(route).items()):
        found[str(status)] = {
            "description": f"{responses[status]}: {', '.join(codes)}",
            "content": {"application/json": {"schema": schemas.of(ErrorBody, "written")}},
        }
    return found


def _errors(route: Route) -> dict[int, list[str]]:
    kinds: list[type[ConversationError]] = [ForbiddenError, *route.errors]
    found: dict[int, list[str]] = {}
    for kind in kinds:
        codes = found.setdefault(kind.status, [])
        if kind.default_code not in codes:
            codes.append(kind.default_code)
    return found


@cache
def asyncapi() -> Document:
    """What goes through the sockets."""
    schemas = _Schemas([(Event, "written"), (Frame, "read"), (SocketQuery, "read")])
    channels: Document = {}
    operations: Document = {}
    for socket in SOCKETS:
        name = re.sub(r"\W+", "_", socket.path).strip("_")
        channels[name] = _channel(socket)
        channel = {"$ref": f"#/channels/{name}"}
        # As the server's: it sends events, and receives frames.
        operations[f"{name}_events"] = {
            "action": "send",
            "channel": channel,
            "summary": socket.summary,
            "messages": [{"$ref": f"#/channels/{name}/messages/event"}],
        }
        if socket.takes_frames:
            operations[f"{name}_frames"] = {
                "action": "receive",
                "channel": channel,
                "messages": [{"$ref": f"#/channels/{name}/messages/frame"}],
            }
    messages = {
        "event": _message("Event", schemas.of(Event, "written")),
        "frame": _message("Frame", schemas.of(Frame, "read")),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": _TITLE, "version": __version__, "description": _ABOUT},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": schemas.definitions,
            "securitySchemes": {
                "token": {
                    "type": "httpApiKey",
                    **{key: value for key, value in _TOKEN.items() if key != "type"},
                }
            },
        },
    }


def _message(name: str, payload: Document) -> Document:
    return {"name": name, "contentType": "application/json", "payload": payload}


def _channel(socket: Socket) -> Document:
    names = ("event", "frame") if socket.takes_frames else ("event",)
    found: Document = {
        "address": socket.path,
        "description": socket.summary,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }
    parameters = re.findall(r"\{(\w+)\}", socket.path)
    if parameters:
        found["parameters"] = {
            name: {"description": "A UUID, with or without dashes."} for name in parameters
        }
        found["bindings"] = {
            "ws": {
                "query": {
                    "type": "object",
                    "properties": {"after_seq": {"type": "integer", "minimum": 0}},
                }
            }
        }
    return found
