"""Tell: what was just kept, to who is there now. Knows no socket and never waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

__all__ = ["Batch", "Bus", "Subscriber"]

Render = Callable[[Sequence[bytes]], bytes]


class Batch:
    """Events of one conversation that came together: `(seq, JSON)` in order; a transient one has no `seq`."""

    __slots__ = ("_rendered", "conversation_id", "events", "newest", "oldest", "size")

    def __init__(self, conversation_id: UUID, events: Sequence[tuple[int | None, bytes]]) -> None:
        self.conversation_id = conversation_id
        self.events = events
        self.size = sum(len(body) for _, body in events)
        numbers = [seq for seq, _ in events if seq is not None]
        self.oldest, self.newest = (numbers[0], numbers[-1]) if numbers else (0, 0)
        self._rendered: dict[Render, bytes] = {}

    def after(self, seq: int) -> Batch:
        """The part behind `seq`; transient events stay."""
        if self.oldest > seq or not self.newest:
            return self
        return Batch(self.conversation_id, [e for e in self.events if e[0] is None or e[0] > seq])

    def rendered(self, render: Render) -> bytes:
        """The batch as a wire carries it, made once for all who ask."""
        found = self._rendered.get(render)
        if found is None:
            found = self._rendered[render] = render([body for _, body in self.events])
        return found


class Subscriber(Protocol):
    """Who is told."""

    def deliver(self, batch: Batch) -> None:
        """Take the batch. Must not wait; what it cannot hold it drops, and ends itself."""
        ...


class Bus:
    """Who listens to which conversation. `None` stands for all of them."""

    def __init__(self) -> None:
        self._subscribers: dict[UUID | None, set[Subscriber]] = {}

    def subscribe(self, conversation_id: UUID | None, subscriber: Subscriber) -> None:
        """Tell this one from now on."""
        self._subscribers.setdefault(conversation_id, set()).add(subscriber)

    def unsubscribe(self, conversation_id: UUID | None, subscriber: Subscriber) -> None:
        """Tell it no more."""
        listeners = self._subscribers.get(conversation_id)
        if listeners is not None:
            listeners.discard(subscriber)
            if not listeners:
                del self._subscribers[conversation_id]

    def publish(self, conversation_id: UUID, events: Sequence[tuple[int | None, bytes]]) -> None:
        """Tell all who listen."""
        here = self._subscribers.get(conversation_id, ())
        everywhere = self._subscribers.get(None, ())
        if not here and not everywhere:
            return
        batch = Batch(conversation_id, events)
        for subscriber in (*here, *everywhere):
            subscriber.deliver(batch)

    def participants(self, conversation_id: UUID) -> int:
        """How many listen to this conversation."""
        return len(self._subscribers.get(conversation_id, ()))
