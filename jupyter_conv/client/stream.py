"""The events of a conversation over a WebSocket that mends itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from ..errors import (
    ConversationError,
    ForbiddenError,
    NoServerError,
    NotFoundError,
)
from ..models import Event
from .transport import backoff, failure, is_local, login_needed, tls, unreachable

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import ConnectionClosed

__all__ = ["EventStream"]

_MAX_FRAME = 256 * 1024 * 1024
_MAX_QUEUE = 256
_CUT_OFF = 1013
_FORBIDDEN = frozenset({1008, 4401, 4403})
_GONE = frozenset({4404, 4410})


class EventStream:
    """Events in the order of `seq`: none left out, none twice, however often the line breaks.

    In: the address as http(s), headers, the last `seq` that is known; without it `newest` asks for the newest `seq`
    there is, so that a line that breaks before the first event can be taken up again. A line that breaks is tried again
    for `patience` seconds. Reads only as fast as it is iterated: what is not read waits, bounded, on the wire.
    Raises `NoServerError`, `ForbiddenError`, `NotFoundError`. Iterate it from one task; `aclose()` from any.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        after_seq: int | None = None,
        newest: Callable[[], Awaitable[int]] | None = None,
        patience: float = 600.0,
    ) -> None:
        self._url = url
        self._headers = dict(headers)
        self._last = after_seq
        self._newest = newest
        self._ordered = after_seq is not None or newest is not None
        self._status_first = after_seq is None and newest is not None
        self._patience = patience
        self._socket: ClientConnection | None = None
        self._opening: asyncio.Task[ClientConnection] | None = None
        self._failures = 0
        self._delay = 0.0
        self._down_since: float | None = None
        self._was_open = False
        self._closed = False

    @property
    def last_seq(self) -> int | None:
        """The newest `seq` seen."""
        return self._last

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> Event:
        from websockets.exceptions import ConnectionClosed

        while not self._closed:
            if self._socket is None:
                await self._open()
                continue
            try:
                frame = await self._socket.recv(decode=False)
            except ConnectionClosed as closed:
                self._lost(closed)
                continue
            event = self._take(frame)
            if event is not None:
                return event
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the stream, also while another task waits for its next event."""
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()

    def _take(self, frame: bytes) -> Event | None:
        event = Event.model_validate_json(frame)
        self._failures, self._down_since = 0, None
        if not self._ordered or event.seq is None:
            return event
        if self._status_first:
            # The newest status is told first, whatever its number.
            self._status_first = False
            self._last = max(self._last or 0, event.seq)
            return event
        if self._last is not None and event.seq <= self._last:
            return None
        self._last = event.seq
        return event

    async def _open(self) -> None:
        self._opening = asyncio.ensure_future(self._connect())
        try:
            self._socket = await self._opening
            self._was_open = True
        except asyncio.CancelledError:
            if not self._closed:
                raise
        except ConversationError as error:
            self._failed(error)
        finally:
            self._opening = None

    async def _connect(self) -> ClientConnection:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus

        await asyncio.sleep(self._delay)
        if self._last is None and self._newest is not None:
            self._last = await self._newest()
        fresh = self._last is None or self._status_first
        url = self._url if fresh else f"{self._url}?after_seq={self._last}"
        try:
            return await connect(
                "ws" + url.removeprefix("http"),
                additional_headers=self._headers,
                max_size=_MAX_FRAME,
                max_queue=_MAX_QUEUE,
                compression=None,
                close_timeout=1,
                proxy=None if is_local(self._url) else True,
                ssl=tls(url),
            )
        except InvalidStatus as error:
            status = error.response.status_code
            if status < 400:
                raise login_needed(self._url) from error
            raise failure(status, bytes(error.response.body or b""), self._url) from error
        except (OSError, InvalidHandshake, EOFError) as error:
            raise unreachable(self._url, str(error) or type(error).__name__) from error

    def _lost(self, closed: ConnectionClosed) -> None:
        self._socket = None
        code = closed.rcvd.code if closed.rcvd else None
        reason = closed.rcvd.reason if closed.rcvd else ""
        if code in _FORBIDDEN:
            raise ForbiddenError(reason or "The server does not let this participant in.")
        if code in _GONE:
            raise NotFoundError(reason or "There is no such conversation here any more.")
        if code == _CUT_OFF and self._failures == 0:
            self._delay = 0.0
            self._failures = 1
            return
        self._wait()

    def _failed(self, error: ConversationError) -> None:
        """Try again later, unless waiting does not help."""
        lasting = isinstance(error, (ForbiddenError, NotFoundError)) or (
            400 <= error.status < 500 and not isinstance(error, NoServerError)
        )
        self._wait()
        waited = time.monotonic() - (self._down_since or 0.0)
        # A server that was never there is told of soon; one that was there may be starting again.
        hopeless = waited > self._patience if self._was_open else self._failures > 3
        if lasting or hopeless:
            raise error

    def _wait(self) -> None:
        self._delay = backoff(self._failures)
        self._failures += 1
        if self._down_since is None:
            self._down_since = time.monotonic()
