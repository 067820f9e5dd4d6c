"""Sockets: events out, as frames made once for all; tasks, words and cancels in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from tornado import iostream, web, websocket

from ..errors import ConversationError, ForbiddenError, UnavailableError
from ..models import ConversationRequest, Envelope, Failure, Source, dump_detail, utc_now
from ..routes import SocketQuery
from ..service import Batch, Follower, Participant
from .base import ErrorWriter, parse_id, parse_query
from .frames import frames
from .gate import Gate
from .speech import hear, request_id

__all__ = ["ConversationSocket", "FirehoseSocket", "NewConversationSocket"]

BUFFER = 4 << 20
"""At most so many bytes wait for a participant that does not read."""
CUT_OFF = 1013
"""The close code of RFC 6455's registry for "try again later"."""


class EventSocket(WebSocketMixin, websocket.WebSocketHandler, ErrorWriter):
    """A participant's socket. What is refused before it opens is refused as HTTP."""

    auth_resource = "jupyter_conv:conversation"
    # Tornado's own pings, in seconds; the mixin's count in milliseconds and tell Tornado the same number.
    ping_interval = 30.0
    ping_timeout = 30.0

    def initialize(self, gate: Gate) -> None:
        """Take what the app injects."""
        self._gate = gate
        self._follower: Follower | None = None
        self._following: asyncio.Task[None] | None = None
        self._cut = False

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Shake hands, if who asks may read."""
        if not self.check_origin():
            # Tornado would ask this last, when a conversation may have begun already.
            raise web.HTTPError(403)
        await self._require("read")
        self.api: Participant = await self._gate.participant(self.current_user)
        await self.prepare_follow()
        await super().get(*args, **kwargs)

    async def _require(self, action: str) -> None:
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource)
        )
        if not allowed:
            raise web.HTTPError(403, f"You are not allowed to {action} here.")

    async def prepare_follow(self) -> None:
        """Check what the path and the query ask for, before the socket opens."""
        raise NotImplementedError

    async def follow(self) -> Follower:
        """Begin to be told."""
        raise NotImplementedError

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Shaken: be told, with a buffer that ends somewhere."""
        self.set_nodelay(True)
        stream = self._stream()
        if stream is not None:
            stream.max_write_buffer_size = BUFFER
        self._following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        try:
            follower = await self.follow()
        except iostream.StreamClosedError:
            return
        except iostream.StreamBufferFullError:
            if (stream := self._stream()) is not None:
                self._cut_off(stream)
            return
        except ConversationError as error:
            self._fail(error)
            self.close(1011, error.code)
            return
        if self._cut or self._stream() is None:
            follower.stop()
        else:
            self._follower = follower

    def _stream(self) -> iostream.IOStream | None:
        connection = self.ws_connection
        stream = getattr(connection, "stream", None)
        return None if stream is None or stream.closed() else stream

    async def replay(self, bodies: Sequence[bytes]) -> None:
        """Take history, a block at a time, as fast as it is read."""
        block: list[bytes] = []
        size = 0
        for body in bodies:
            block.append(body)
            size += len(body)
            if size > BUFFER // 4:
                await self._write(frames(block))
                block, size = [], 0
        if block:
            await self._write(frames(block))

    async def _write(self, data: bytes) -> None:
        stream = self._stream()
        if stream is None:
            raise iostream.StreamClosedError
        if len(data) > BUFFER:
            stream.max_write_buffer_size = len(data) + BUFFER
        await stream.write(data)

    def live(self, batch: Batch) -> None:
        """Take what comes, or be cut off."""
        stream = self._stream()
        if stream is None or self._cut:
            return
        try:
            stream.write(batch.rendered(frames)).add_done_callback(_heard)
        except iostream.StreamBufferFullError:
            self._cut_off(stream)
        except iostream.StreamClosedError:
            self._leave()

    def _cut_off(self, stream: iostream.IOStream) -> None:
        self._cut = True
        self._leave()
        stream.max_write_buffer_size = None
        self.close(CUT_OFF, "You did not read; come back with after_seq.")

    def _leave(self) -> None:
        if self._follower is not None:
            self._follower.stop()
            self._follower = None

    def on_close(self) -> None:
        """Gone: tell nothing more."""
        self._leave()
        if self._following is not None:
            self._following.cancel()
        super().on_close()

    def _fail(self, error: ConversationError, asked: str | None = None) -> None:
        detail = Failure(code=error.code, message=error.message, request_id=asked)
        now = utc_now().isoformat().replace("+00:00", "Z")
        body = Envelope(self.conversation_id).encode_transient(
            now, Source.SYSTEM.value, None, dump_detail(detail)
        )
        stream = self._stream()
        if stream is not None:
            with contextlib.suppress(iostream.StreamBufferFullError):
                stream.write(frames([body])).add_done_callback(_heard)

    conversation_id: UUID = UUID(int=0)


class ConversationSocket(EventSocket):
    """`/conversation/{conversation_id}`"""

    _after_seq: int | None = None

    async def prepare_follow(self) -> None:
        """Find the conversation."""
        query = parse_query(SocketQuery, self.request.query_arguments)
        self._after_seq = query.after_seq
        self.conversation_id = parse_id("conversation_id", self.path_kwargs["conversation_id"])
        await self.api.get_conversation(self.conversation_id)

    async def follow(self) -> Follower:
        """From where the participant left off."""
        return await self.api.follow(self.conversation_id, self._after_seq, self)

    async def on_message(self, message: str | bytes) -> None:
        """Hear a frame. A bad one is answered, and the socket stays."""
        try:
            await self._require_speech()
            await hear(self.api, self.conversation_id, message)
        except ConversationError as error:
            self._fail(error, request_id(message))
        except Exception:
            self.log.exception("A frame failed")
            self._fail(
                UnavailableError("Something went wrong in the server.", code="internal"),
                request_id(message),
            )

    async def _require_speech(self) -> None:
        try:
            await self._require("write")
        except web.HTTPError:
            raise ForbiddenError("You may read here, and not write.") from None


class NewConversationSocket(ConversationSocket):
    """`/conversation`: a new one, to take part in"""

    async def prepare_follow(self) -> None:
        """Begin a conversation, if who asks may."""
        parse_query(SocketQuery, self.request.query_arguments)
        await self._require("write")
        conversation, _ = await self.api.begin_conversation(ConversationRequest())
        self.conversation_id = conversation.id


class FirehoseSocket(EventSocket):
    """`/firehose`"""

    auth_resource = "jupyter_conv:firehose"

    async def prepare_follow(self) -> None:
        """Only admins."""
        self._begin = partial(self.api.follow_all, self)
        if not self._gate.principal(self.current_user).admin:
            raise ForbiddenError("Every conversation's events are for administrators alone.")

    async def follow(self) -> Follower:
        """What comes, of every conversation."""
        return self._begin()

    def on_message(self, message: str | bytes) -> None:
        """Takes no frames."""
        self._fail(ForbiddenError("This socket takes no frames."), request_id(message))


def _heard(written: asyncio.Future[None]) -> None:
    # A socket that closes while it is written to says so through on_close.
    if not written.cancelled():
        written.exception()
