"""Events: the immutable facts of a conversation's log. An envelope around a detail."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import Field

from .base import Model, Request, UTCDateTime
from .detail import AnyDetail, ClientDetail

__all__ = [
    "Envelope",
    "Event",
    "EventFilter",
    "EventOrder",
    "EventRequest",
    "Source",
    "event_id",
    "event_seq",
]


class Source(StrEnum):
    """Who says it."""

    USER = "user"
    AGENT = "agent"
    RUNTIME = "runtime"
    SYSTEM = "system"


class Event(Model):
    """One fact. `seq` numbers the events of a conversation from 1 without gaps; null is transient."""

    id: UUID
    conversation_id: UUID
    seq: int | None
    created_at: UTCDateTime
    source: Source
    task_id: UUID | None = None
    detail: AnyDetail


class EventRequest(Request):
    """Say something into a conversation."""

    detail: ClientDetail


class EventFilter(Request):
    """Which events of a conversation. `text__contains` looks, without case, at what an event says."""

    seq__gt: Annotated[int, Field(ge=0)] | None = None
    seq__lt: Annotated[int, Field(ge=0)] | None = None
    type__eq: str | None = None
    task_id__eq: UUID | None = None
    source__eq: Source | None = None
    text__contains: str | None = None
    created_at__gte: UTCDateTime | None = None
    created_at__lt: UTCDateTime | None = None


class EventOrder(StrEnum):
    """The order of a list of events."""

    SEQ = "SEQ"
    SEQ_DESC = "SEQ_DESC"


_SEQ_BITS = 48
_LOW_BITS = (1 << 74) - 1


def event_id(conversation_id: UUID, seq: int) -> UUID:
    """The id of an event: computed, so that it costs no column and no index.

    A version 8 UUID (RFC 9562): `seq` in its first 48 bits, then 74 bits of the conversation's id.
    """
    low = conversation_id.int & _LOW_BITS
    a = seq & ((1 << _SEQ_BITS) - 1)
    b, c = low >> 62, low & ((1 << 62) - 1)
    return UUID(int=a << 80 | 8 << 76 | b << 64 | 2 << 62 | c)


def event_seq(conversation_id: UUID, id: UUID) -> int | None:
    """The `seq` that an event's id says; null when it is not an id of this conversation."""
    seq = id.int >> 80
    return seq if event_id(conversation_id, seq) == id else None


class Envelope:
    """The envelope of one conversation's events: the one place where an event's JSON is put together."""

    __slots__ = ("_low", "_middle")

    def __init__(self, conversation_id: UUID) -> None:
        low = event_id(conversation_id, 0).hex[12:]
        self._low = f"-{low[:4]}-{low[4:8]}-{low[8:]}"
        self._middle = f'","conversation_id":"{conversation_id}","seq":'

    def encode(
        self, seq: int, created_at: str, source: str, task_id: str | None, detail: bytes
    ) -> bytes:
        """A kept event's JSON around the JSON of its detail. `created_at` is ISO 8601, as it is to stand there."""
        id = f"{seq >> 16:08x}-{seq & 0xFFFF:04x}{self._low}"
        return self._around(id, str(seq), created_at, source, task_id, detail)

    def encode_transient(
        self, created_at: str, source: str, task_id: str | None, detail: bytes
    ) -> bytes:
        """The same for an event that is told and not kept."""
        return self._around(str(uuid4()), "null", created_at, source, task_id, detail)

    def _around(
        self, id: str, seq: str, created_at: str, source: str, task_id: str | None, detail: bytes
    ) -> bytes:
        task = f'"{task_id}"' if task_id else "null"
        head = (
            f'{{"id":"{id}{self._middle}{seq},"created_at":"{created_at}",'
            f'"source":"{source}","task_id":{task},"detail":'
        )
        return b"%s%s}" % (head.encode(), detail)
