"""The base of all handlers: body to model, model to answer, error to status. Errors are translated here alone."""

from __future__ import annotations

import re
from http.client import responses
from typing import Any, TypeVar, cast, get_origin
from uuid import UUID

from jupyter_server.base.handlers import APIHandler, JupyterHandler
from pydantic import BaseModel, ValidationError
from tornado import web

from .. import errors
from ..errors import ConversationError, ErrorBody, FieldError, InvalidError, MalformedError
from ..service import Participant
from .gate import Gate

__all__ = [
    "MAX_BODY",
    "ConversationHandler",
    "ErrorWriter",
    "parse_body",
    "parse_id",
    "parse_query",
]

M = TypeVar("M", bound=BaseModel)

MAX_BODY = 1 << 20
"""At most so many bytes of JSON in a request or a frame."""

_MALFORMED = frozenset({"json_invalid", "json_type"})


def parse_body(model: type[M], body: bytes) -> M:
    """A body as a model. Raises `TooLargeError`, `MalformedError`, `InvalidError`."""
    if len(body) > MAX_BODY:
        raise errors.TooLargeError(
            f"{len(body)} bytes are more than the {MAX_BODY} that are taken at once; send less."
        )
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if first["type"] in _MALFORMED:
            raise MalformedError(f"The body is not JSON: {first['msg']}.") from None
        raise InvalidError.of(error) from None


def parse_query(model: type[M], arguments: dict[str, list[bytes]]) -> M:
    """A query as a model. Raises `InvalidError`."""
    many = {name for name, field in model.model_fields.items() if _is_many(field.annotation)}
    values: dict[str, str | tuple[str, ...]] = {}
    for name, given in arguments.items():
        if name in ("token", "no_track_activity") or (name.isdigit() and given == [b""]):
            continue  # Jupyter Server's own, and the time that JupyterLab adds against caches
        if len(given) != 1 and name not in many:
            raise _field(name, "multiple", "is given more than once")
        try:
            texts = tuple(value.decode() for value in given)
        except UnicodeDecodeError:
            raise _field(name, "unicode", "is not UTF-8") from None
        values[name] = texts if name in many else texts[0]
    try:
        return model.model_validate(values) if many else model.model_validate_strings(values)
    except ValidationError as error:
        raise InvalidError.of(error) from None


def _is_many(annotation: Any) -> bool:
    return get_origin(annotation) is tuple


_ID = re.compile(r"[0-9A-Fa-f]{8}(-?)(?:[0-9A-Fa-f]{4}\1){3}[0-9A-Fa-f]{12}")


def parse_id(name: str, text: str) -> UUID:
    """An id of a path, with or without dashes. Raises `InvalidError`."""
    if _ID.fullmatch(text):
        return UUID(text)
    raise _field(name, "uuid", f"{text[:40]!r} is not a UUID")


def _field(name: str, kind: str, msg: str) -> InvalidError:
    return InvalidError(f"{name}: {msg}.", detail=(FieldError(loc=(name,), type=kind, msg=msg),))


def error_body(error: ConversationError) -> bytes:
    """The one body of every error."""
    reason = responses.get(error.status, "Error")
    body = ErrorBody(code=error.code, message=error.message, reason=reason, detail=error.detail)
    return body.model_dump_json().encode()


class ErrorWriter(JupyterHandler):
    """How a handler of ours tells errors: one body for all; what is not meant for the outside stays in the log."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the body."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        self.set_header("Content-Type", "application/json")
        if isinstance(error, ConversationError):
            self.set_status(error.status)
            self.finish(error_body(error))
            return
        if status_code == 405:
            self.set_header("Allow", ", ".join(_methods(type(self))))
        reason = responses.get(status_code, "Error")
        told = cast("str | None", getattr(error, "log_message", None))
        body = ErrorBody(
            code=_CODES.get(status_code, "internal"),
            message=_SENTENCES.get(status_code) or told or f"{reason}.",
            reason=reason,
        )
        self.finish(body.model_dump_json())

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """What we raise on purpose is no news for the log."""
        if not isinstance(value, ConversationError):
            super().log_exception(typ, value, tb)


class ConversationHandler(ErrorWriter, APIHandler):
    """A handler is three steps: read a model, call the service, write a model."""

    auth_resource = "jupyter_conv:conversation"

    def initialize(self, gate: Gate) -> None:
        """Take what the app injects."""
        self._gate = gate

    async def participant(self) -> Participant:
        """The service, as who asks may use it."""
        return await self._gate.participant(self.current_user)

    def id(self, name: str) -> UUID:
        """An id out of the path."""
        return parse_id(name, self.path_kwargs[name])

    def query(self, model: type[M]) -> M:
        """The query."""
        return parse_query(model, self.request.query_arguments)

    def body(self, model: type[M]) -> M:
        """The body."""
        return parse_body(model, self.request.body)

    def answer(self, value: BaseModel | bytes | int, status: int = 200) -> None:
        """Write a model, a number, or JSON as bytes."""
        self.set_status(status)
        if isinstance(value, BaseModel):
            self.finish(value.model_dump_json())
        else:
            self.finish(value if isinstance(value, bytes) else str(value))


def _methods(handler: type[web.RequestHandler]) -> list[str]:
    unimplemented = web.RequestHandler._unimplemented_method
    return [
        method
        for method in handler.SUPPORTED_METHODS
        if getattr(handler, method.lower()) is not unimplemented
    ]


_CODES = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}
_SENTENCES = {
    403: "You are not allowed to do this here; log in, send a token, or send the XSRF header.",
    405: "There is nothing of this method here.",
    500: "Something went wrong in the server; its log says what.",
}


class NotFoundHandler(ConversationHandler):
    """Paths below ours that are nothing."""

    @web.authenticated
    def get(self, **_: str) -> None:
        """404."""
        raise errors.NotFoundError("There is nothing at this path.")
