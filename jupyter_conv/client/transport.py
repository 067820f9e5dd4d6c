"""One request and its answer: tried again where that is safe, and every failure said in words."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import (
    ConversationError,
    ForbiddenError,
    NoServerError,
    StorageError,
    UnavailableError,
    error_from_body,
)

if TYPE_CHECKING:
    import httpx
    from pydantic import BaseModel

__all__ = [
    "as_query",
    "backoff",
    "failure",
    "http_client",
    "is_local",
    "login_needed",
    "receive",
    "send",
    "tls",
    "unreachable",
]

_TRIES = 4


def backoff(attempt: int, *, most: float = 20.0) -> float:
    """Seconds to wait before the attempt after `attempt` (from 0), with jitter so that not all come back at once."""
    return min(most, 0.1 * 2.0 ** min(attempt, 12)) * random.uniform(0.5, 1.0)


def is_local(url: str) -> bool:
    """Whether the URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def http_client() -> httpx.AsyncClient:
    """A client as this package uses it.

    On this machine no proxy of the environment comes between, and the certificate, which for a server of one's own is
    often one's own too, is not asked for: the token leaves the machine no more than it does over plain HTTP there.
    """
    import httpx

    local = httpx.AsyncHTTPTransport(verify=False)
    names = ("localhost", "127.0.0.1", "[::1]")
    return httpx.AsyncClient(
        timeout=httpx.Timeout(30, connect=5), mounts={f"all://{name}": local for name in names}
    )


def tls(url: str) -> ssl.SSLContext | bool | None:
    """The TLS settings for a WebSocket to the URL, by the same rule: none, the usual, or our own."""
    if not url.startswith("https:"):
        return None
    if not is_local(url):
        return True
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def send(http: httpx.AsyncClient, request: httpx.Request, *, repeatable: bool) -> bytes:
    """The body of a good answer.

    A `repeatable` request is sent again on a lost connection or a 503; any request is where no connection came about.
    Raises the error that the answer carries, or `NoServerError`.
    """
    for attempt in range(_TRIES):
        error, again = await _try(http, request, repeatable)
        if isinstance(error, bytes):
            return error
        if not again or attempt == _TRIES - 1:
            raise error
        await asyncio.sleep(backoff(attempt))
    raise AssertionError("unreachable")


async def receive(http: httpx.AsyncClient, request: httpx.Request) -> AsyncGenerator[bytes]:
    """The body of a good answer, piece by piece. Raises the error that another carries, or `NoServerError`."""
    import httpx

    url = str(request.url)
    try:
        answer = await http.send(request, stream=True)
        try:
            if not answer.is_success:
                raise failure(answer.status_code, await answer.aread(), url)
            async for piece in answer.aiter_bytes():
                yield piece
        finally:
            await answer.aclose()
    except httpx.TransportError as error:
        raise unreachable(url, str(error) or type(error).__name__) from error


def as_query(*parts: BaseModel, **more: str) -> dict[str, Any]:
    """The query that these models are, without what is null."""
    query: dict[str, Any] = {}
    for part in parts:
        query |= part.model_dump(mode="json", exclude_none=True)
    return query | more


async def _try(
    http: httpx.AsyncClient, request: httpx.Request, repeatable: bool
) -> tuple[bytes | ConversationError, bool]:
    import httpx

    try:
        answer = await http.send(request)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return unreachable(str(request.url), str(error)), True
    except httpx.TimeoutException:
        return unreachable(str(request.url), "no answer in time"), False
    except httpx.TransportError as error:
        return unreachable(str(request.url), str(error) or type(error).__name__), repeatable
    if answer.is_success:
        return answer.content, False
    failed = failure(answer.status_code, answer.content, str(request.url))
    return failed, isinstance(failed, UnavailableError) and not isinstance(failed, StorageError)


def failure(status: int, body: bytes, url: str) -> ConversationError:
    """The error of an answer that is not a good one."""
    if 300 <= status < 400:
        return login_needed(url)
    error = error_from_body(status, body)
    ours = not error.code.startswith("http_")
    if status == 401 or (status == 403 and not ours):
        return login_needed(url)
    if status == 404 and not ours:
        return NoServerError(
            f"The server at {_origin(url)} does not have jupyter_conv: install it where that server runs "
            "and start the server again, or check the base URL."
        )
    if status == 503 and error.code == StorageError.default_code:
        return StorageError(error.message)
    if not ours and status >= 500:
        # What a proxy says is a page of HTML; nobody wants to read that.
        kind = UnavailableError if status in (502, 503, 504) else ConversationError
        return kind(
            f"The server at {_origin(url)} answered {status}; try again, or look at its log."
        )
    return error


def login_needed(url: str) -> ForbiddenError:
    """The server does not know who asks."""
    return ForbiddenError(
        f"The server at {_origin(url)} does not let this token in: give its token "
        "(`jupyter server list` shows it), as an argument or in JUPYTER_CONV_TOKEN."
    )


def unreachable(url: str, why: str) -> NoServerError:
    """Nothing answers."""
    return NoServerError(
        f"The server at {_origin(url)} does not answer ({why}). Does it still run? "
        "`jupyter server list` shows those that do; `jupyter conv doctor` says more."
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
