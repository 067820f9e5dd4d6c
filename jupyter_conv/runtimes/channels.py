"""Reading a kernel's messages off the wire, without holding up the loop."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from jupyter_core.utils import ensure_async

from .shielding import in_thread

__all__ = ["Kernel", "Message", "MessageReader"]

log = logging.getLogger(__name__)

Message = dict[str, Any]
"""A message of the Jupyter protocol, unpacked."""
Kernel = Any
"""A kernel manager or client of jupyter_client, or what takes its place behind a gateway."""

_LARGE = 2**18
_PIECE = 2**17
_SLICE = 0.005
"""Seconds after which others on the loop get their turn."""
_HIGH_WATER = 20_000
"""Messages that may wait to be read; beyond it ZeroMQ drops them. Its own default is 1,000."""

_WHOLE = re.compile(
    rb"(?:[^\\]++|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4}"
    rb"|\\u(?![dD][89abAB])[0-9a-fA-F]{4}|\\[^u])*+"
)
"""Characters and whole escapes; a pair of surrogates is one."""
_STREAM = re.compile(rb'\s*\{\s*"name"\s*:\s*"(stdout|stderr)"\s*,\s*"text"\s*:\s*"')


class MessageReader:
    """Reads what a kernel publishes (its iopub channel). `received` counts the messages."""

    def __init__(self, client: Kernel) -> None:
        self.received = 0
        self._client = client
        self._channel = client.iopub_channel
        socket = getattr(self._channel, "socket", None)
        # A gateway's channel is a queue of unpacked messages; the rest is a socket.
        self._socket = socket if hasattr(socket, "recv_multipart") else None
        if self._socket is not None:
            self._widen(self._socket)

    @staticmethod
    def _widen(socket: Kernel) -> None:
        """Let more messages wait. Takes effect for a new connection only, so connect anew."""
        import zmq

        endpoint = socket.getsockopt(zmq.LAST_ENDPOINT)
        socket.setsockopt(zmq.RCVHWM, _HIGH_WATER)
        socket.disconnect(endpoint)
        socket.connect(endpoint)

    async def messages(self) -> AsyncIterator[Message]:
        """What comes, for ever. Long texts of streams come in several messages; bad ones are logged and left out."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while True:
            # A socket that has something answers at once and never gives way by itself.
            if loop.time() - begun > _SLICE:
                await asyncio.sleep(0)
                begun = loop.time()
            try:
                async for message in self._next():
                    self.received += 1
                    yield message
            except (ValueError, TypeError, KeyError) as error:
                log.warning("A kernel sent a message that cannot be read: %s", error)

    async def _next(self) -> AsyncIterator[Message]:
        if self._socket is None:
            yield await ensure_async(self._channel.get_msg(timeout=None))
            return
        session = self._client.session
        _, parts = session.feed_identities(await self._socket.recv_multipart())
        if len(parts) < 5 or len(parts[4]) <= _LARGE:
            yield session.deserialize(parts)
            return
        # Checking a signature lets go of the interpreter's lock; unpacking does not, so that is done in pieces.
        message = await in_thread(session.deserialize, parts, False)
        for content in _contents(parts[4]):
            yield {**message, "content": content}
            await asyncio.sleep(0)


def _contents(raw: bytes) -> Iterator[dict[str, Any]]:
    """The content of a large message: a stream's in pieces, any other whole."""
    head = _STREAM.match(raw)
    end = len(raw.rstrip()) - 2
    if head is None or raw[end : end + 2] != b'"}':
        yield json.loads(raw)
        return
    name = head[1].decode()
    start = head.end()
    while start < end:
        cut = _cut(raw, start, end)
        yield {"name": name, "text": json.loads(b'"%s"' % raw[start:cut], strict=False)}
        start = cut


def _cut(raw: bytes, start: int, end: int) -> int:
    """Where a JSON string may be cut: after an escaped line end, else anywhere that is not within an escape."""
    at = start + _PIECE
    if at >= end:
        return end
    line = raw.rfind(b"\\n", start, at)
    if line > start:
        return (
            line + 2
        )  # also where the backslash is itself escaped: both halves are before the cut
    whole = _WHOLE.match(raw, start, at)
    cut = at if whole is None else whole.end()
    while cut > start and 0x80 <= raw[cut] < 0xC0:  # within a character
        cut -= 1
    return cut if cut > start else end
