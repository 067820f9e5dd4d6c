"""The event log: the one place that writes events. Stamp, serialise once, append; the store numbers and tells."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from ..bus import Bus
from ..errors import ConflictError, ConversationError, NotFoundError
from ..models import (
    ConversationStatus,
    Event,
    EventFilter,
    EventOrder,
    PageQuery,
    Source,
    dump_detail,
    event_seq,
)
from ..store import (
    Connection,
    Draft,
    RawPage,
    Store,
    conversations,
    events,
    micros,
    now_micros,
    tasks,
)
from .follow import Follower, Queue, Sink
from .principal import Ref

__all__ = ["EventLog"]


class EventLog:
    """Writes and reads the events of conversations."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store, self._bus = store, bus

    def draft(
        self,
        ref: Ref,
        detail: BaseModel,
        source: Source,
        *,
        task: tuple[int, str] | None = None,
        durable: bool = True,
        at: datetime | None = None,
    ) -> Draft:
        """A detail, stamped with the present moment or with `at`, and serialised. `task`: its key and its id."""
        kind: str = detail.type  # type: ignore[attr-defined]  # every detail has one
        key, id = task or (None, None)
        return Draft(
            ref.key,
            ref.id,
            now_micros() if at is None else micros(at),
            source._value_,
            kind,
            dump_detail(detail),
            key,
            id,
            durable,
        )

    async def say(self, ref: Ref, detail: BaseModel) -> bytes:
        """A client's word. Its event's JSON, once it is kept. Raises `ConflictError` in a finished conversation."""
        draft = self.draft(ref, detail, Source.USER)

        def apply(connection: Connection) -> tuple[None, list[Draft]]:
            require_open(connection, ref)
            return None, [draft]

        _, committed = await self._store.write(apply)
        return committed[0][1]

    def append(self, *drafts: Draft, on_error: Callable[[BaseException], None]) -> None:
        """Queue events without waiting; `on_error` is told where they could not be kept."""
        self._store.append(drafts, on_error=on_error)

    @property
    def full(self) -> bool:
        """Whether the log is so far behind that who appends should wait for `room()`."""
        return self._store.full

    async def room(self) -> None:
        """Let others have their turn; return when the log is not too far behind."""
        await asyncio.sleep(0)
        await self._store.room()

    async def flush(self) -> None:
        """Return when all that was appended so far is on disk, or is known not to be."""
        await self._store.write(None)

    async def page(
        self, ref: Ref, where: EventFilter, page: PageQuery, order: EventOrder
    ) -> RawPage:
        """A page of events, as JSON."""

        def query(connection: Connection) -> RawPage:
            return events.search(
                connection,
                ref.key,
                _task_key(connection, ref, where),
                where,
                limit=page.limit,
                page_id=page.page_id,
                order=order,
            )

        return await self._store.read(query)

    async def count(self, ref: Ref, where: EventFilter) -> int:
        """How many events hold."""
        return await self._store.read(
            lambda c: events.count(c, ref.key, _task_key(c, ref, where), where)
        )

    async def one(self, ref: Ref, event_id: UUID) -> bytes:
        """One event, as JSON."""
        seq = event_seq(ref.id, event_id)
        body = None
        if seq:
            body = await self._store.read(lambda c: events.one(c, ref.key, seq))
        if body is None:
            raise NotFoundError(f"This conversation has no event {event_id}.")
        return body

    async def follow(self, ref: Ref, after_seq: int | None, sink: Sink) -> Follower:
        """Tell a sink all after `after_seq`, or the newest status; then what comes, until the follower is stopped."""
        follower = Follower(self._bus, ref.id, sink)
        follower.listen()
        try:
            if after_seq is None:
                newest, status = await self._store.read(partial(_newest_status, ref=ref))
                await sink.replay([status] if status else [])
                after_seq = newest
            await follower.catch_up(partial(self._after, ref), after_seq)
        except BaseException:
            follower.stop()
            raise
        return follower

    def follow_all(self, sink: Sink) -> Follower:
        """Tell a sink what comes, of every conversation."""
        follower = Follower(self._bus, None, sink)
        follower.listen()
        follower.go_live()
        return follower

    async def _after(self, ref: Ref, seq: int, limit: int) -> list[tuple[int, bytes]]:
        return await self._store.read(lambda c: events.after(c, ref.key, seq, limit))

    async def stream(self, ref: Ref, after_seq: int | None) -> AsyncGenerator[Event, None]:
        """The same for readers in this process, as models. Begins again by itself where it was cut off."""
        if after_seq is None:
            after_seq, status = await self._store.read(partial(_newest_status, ref=ref))
            if status:
                yield Event.model_validate_json(status)
        last = after_seq
        while True:
            queue = Queue()
            following = asyncio.ensure_future(self.follow(ref, last, queue))
            following.add_done_callback(queue.watch)
            try:
                while (body := await queue.get()) is not None:
                    event = Event.model_validate_json(body)
                    last = last if event.seq is None else event.seq
                    yield event
            finally:
                await _stop(following)

    async def firehose(self) -> AsyncGenerator[Event, None]:
        """What comes, of every conversation; what is missed by who does not read is missed."""
        while True:
            queue = Queue()
            follower = self.follow_all(queue)
            try:
                while (body := await queue.get()) is not None:
                    yield Event.model_validate_json(body)
            finally:
                follower.stop()


async def _stop(following: asyncio.Future[Follower]) -> None:
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError, ConversationError):
        (await following).stop()


def require_open(connection: Connection, ref: Ref) -> ConversationStatus:
    """The status of a conversation that takes tasks and words. Raises `ConflictError` for a finished one."""
    found = conversations.status(connection, ref.key)
    if found is None:
        raise NotFoundError(f"There is no conversation {ref.id}.")
    status, _ = found
    if status not in (ConversationStatus.CREATING, ConversationStatus.READY):
        raise ConflictError(
            f"The conversation is {status}: it can be read, and takes nothing new. Begin another one.",
            code="conversation_finished",
        )
    return status


def _newest_status(connection: Connection, *, ref: Ref) -> tuple[int, bytes | None]:
    found = conversations.status(connection, ref.key)
    if found is None:
        raise NotFoundError(f"There is no conversation {ref.id}.")
    return found[1], events.newest(connection, ref.key, "ConversationStatusUpdate")


def _task_key(connection: Connection, ref: Ref, where: EventFilter) -> int | None:
    if where.task_id__eq is None:
        return None
    row: Any = tasks.find(connection, where.task_id__eq)
    return row.key if row is not None and row.conversation_key == ref.key else None
