"""Every error that this package raises on purpose.

    ConversationError            500 internal
    ├── MalformedError           400 malformed
    │   └── CursorError          400 invalid_cursor
    ├── ForbiddenError           403 forbidden
    ├── NotFoundError            404 not_found
    ├── ConflictError            409 conflict
    ├── TooLargeError            413 too_large
    ├── UnsupportedError         415 unsupported
    ├── RangeError               416 range
    ├── InvalidError             422 invalid
    ├── QuotaError               429 quota
    ├── UnavailableError         503 unavailable
    │   └── StorageError         503 storage_failed
    ├── NoServerError            –   no_server      no server was found, or it does not answer
    └── RuntimeFailure           –   error          a task ends in ERROR; raised by runtimes

`code` is a stable word for machines and may be more precise than the class's. `message` is one sentence that says
what to do. `detail` are the field errors, if any.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

from pydantic import ValidationError

from .models.base import Json, Model

__all__ = [
    "ConflictError",
    "ConversationError",
    "CursorError",
    "ErrorBody",
    "FieldError",
    "ForbiddenError",
    "InvalidError",
    "MalformedError",
    "NoServerError",
    "NotFoundError",
    "QuotaError",
    "RuntimeFailure",
    "StorageError",
    "RangeError",
    "TooLargeError",
    "UnavailableError",
    "UnsupportedError",
    "error_from_body",
]


class FieldError(Model):
    """What is wrong with one field: where it stands, a word for machines, a sentence."""

    loc: tuple[str | int, ...]
    type: str
    msg: str


class ErrorBody(Model):
    """The one body of every error."""

    code: str
    message: str
    reason: str
    detail: tuple[FieldError, ...] | Json = None


class ConversationError(Exception):
    """The root. Carries what goes over the wire."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "internal"

    def __init__(
        self, message: str, *, code: str | None = None, detail: tuple[FieldError, ...] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.detail = detail


class MalformedError(ConversationError):
    """What came is not JSON, not UTF-8, or not of the form asked for."""

    status = 400
    default_code = "malformed"


class CursorError(MalformedError):
    """A page id that no page gave out."""

    default_code = "invalid_cursor"


class ForbiddenError(ConversationError):
    """Known, and not allowed."""

    status = 403
    default_code = "forbidden"


class NotFoundError(ConversationError):
    """Not there, or somebody else's."""

    status = 404
    default_code = "not_found"


class ConflictError(ConversationError):
    """The state does not allow it."""

    status = 409
    default_code = "conflict"


class TooLargeError(ConversationError):
    """More bytes than are taken."""

    status = 413
    default_code = "too_large"


class UnsupportedError(ConversationError):
    """Bytes of a type that is not taken here."""

    status = 415
    default_code = "unsupported"


class RangeError(ConversationError):
    """A range of bytes that the file does not have."""

    status = 416
    default_code = "range"


class InvalidError(ConversationError):
    """Well formed, and not valid."""

    status = 422
    default_code = "invalid"

    @classmethod
    def of(cls, error: ValidationError) -> InvalidError:
        """The first field error as the sentence, all of them (up to 20) as the detail."""
        found = error.errors(include_url=False, include_context=False, include_input=False)
        fields = tuple(
            FieldError(loc=_place(e["loc"]), type=e["type"], msg=e["msg"]) for e in found[:20]
        )
        where = ".".join(str(part) for part in fields[0].loc) or "body"
        return cls(f"{where}: {fields[0].msg}.", detail=fields)


def _place(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    # Which branch of a union it was is our affair.
    return tuple(
        part
        for before, part in pairwise(("", *loc))
        if before not in ("runnable", "detail") or part not in ("known", "plugin", "unknown")
    )


class QuotaError(ConversationError):
    """More than is allowed at a time."""

    status = 429
    default_code = "quota"


class UnavailableError(ConversationError):
    """Not now: starting, closing, or without its database."""

    status = 503
    default_code = "unavailable"


class StorageError(UnavailableError):
    """The database did not take it: full, read-only, or gone."""

    default_code = "storage_failed"


class NoServerError(ConversationError):
    """No server was found, or it does not answer."""

    default_code = "no_server"


class RuntimeFailure(ConversationError):
    """A task fails, in words: it ends in ERROR with this code and message, and this result."""

    default_code = "error"

    def __init__(self, message: str, *, code: str | None = None, result: Any = None) -> None:
        super().__init__(message, code=code)
        self.result = result


_BY_STATUS: dict[int, type[ConversationError]] = {
    kind.status: kind
    for kind in (
        MalformedError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        TooLargeError,
        UnsupportedError,
        RangeError,
        InvalidError,
        QuotaError,
        UnavailableError,
    )
}


_BY_CODE: dict[str, type[ConversationError]] = {
    kind.default_code: kind for kind in (CursorError, StorageError)
}


def error_from_body(status: int, body: bytes) -> ConversationError:
    """The error that an answer carries; one made of the status alone where the body is not ours."""
    try:
        told = ErrorBody.model_validate_json(body)
    except ValidationError:
        text = body[:200].decode("utf-8", "replace").strip()
        told = ErrorBody(
            code=f"http_{status}",
            message=f"The server answered {status}{': ' + text if text else ''}",
            reason="",
        )
    kind = _BY_CODE.get(told.code) or _BY_STATUS.get(status, ConversationError)
    detail = told.detail if isinstance(told.detail, tuple) else None
    return kind(told.message, code=told.code, detail=detail)
