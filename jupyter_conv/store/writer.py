"""The one writer: a thread that commits whatever has gathered.

A *unit* is what must be kept whole: a change of rows, the events that tell of it, or both. The writer takes all units
that wait, numbers their events, and commits them together; then, in the event loop, it tells of the committed events
and answers who waits, in this order: commit, tell, acknowledge. A unit whose change is refused is undone alone.
Numbers are given inside the transaction, so a commit that fails leaves no gap.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from ..errors import NotFoundError, StorageError, UnavailableError
from ..models import Envelope
from . import dialect
from .schema import conversations, event_counts, event_key, events
from .times import iso

__all__ = ["Apply", "Committed", "Draft", "Tell", "Writer"]


class Draft(NamedTuple):
    """An event before it has a number. One that is not `durable` is told in its turn, and not kept.

    `created_at` is microseconds since 1970 UTC; `task_id` is text already, for it is written many times.
    """

    conversation_key: int
    conversation_id: UUID
    created_at: int
    source: str
    type: str
    detail: bytes
    task_key: int | None = None
    task_id: str | None = None
    durable: bool = True


Committed = tuple[int | None, bytes]
"""An event's `seq` and its JSON."""

Apply = Callable[[sa.Connection], tuple[Any, Sequence[Draft]]]
"""A change of rows inside the transaction: its value, and the events that tell of it."""

Tell = Callable[[UUID, list[Committed]], None]
"""What is called in the event loop with what was committed, a conversation at a time."""


@dataclass(slots=True)
class _Unit:
    apply: Apply | None
    drafts: Sequence[Draft]
    future: asyncio.Future[tuple[Any, list[Committed]]] | None
    on_error: Callable[[BaseException], None] | None
    weight: int
    value: Any = None
    error: BaseException | None = None
    committed: list[Committed] = field(default_factory=list)


class Writer:
    """Owns the writing connection. All methods are called in the event loop that made it."""

    group = 2000
    """At most so many events in one commit."""
    capacity = 16 << 20
    """At most so many bytes wait before `room()` makes the producers wait."""
    checkpoint_every = 4000
    """A checkpoint after so many events."""

    def __init__(self, engine: sa.Engine, readers: sa.Engine, tell: Tell) -> None:
        self._engine, self._readers, self._tell = engine, readers, tell
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._dirty = threading.Event()
        self._closing = False
        self._pending = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._threads = [
            threading.Thread(target=self._write, name="jupyter-conv-writer", daemon=True),
            threading.Thread(target=self._tidy, name="jupyter-conv-checkpoint", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def write(
        self, apply: Apply | None, drafts: Sequence[Draft]
    ) -> asyncio.Future[tuple[Any, list[Committed]]]:
        """Queue a unit: a future of its value and its committed events."""
        future = self._loop.create_future()
        self._submit(apply, drafts, future, None)
        return future

    def append(
        self,
        apply: Apply | None,
        drafts: Sequence[Draft],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Queue a unit that nobody waits for; `on_error` is called where it could not be kept."""
        self._submit(apply, drafts, None, on_error)

    def _submit(
        self,
        apply: Apply | None,
        drafts: Sequence[Draft],
        future: asyncio.Future[tuple[Any, list[Committed]]] | None,
        on_error: Callable[[BaseException], None] | None,
    ) -> None:
        if self._closing:
            raise UnavailableError("The server is closing; ask again when it is back.")
        unit = _Unit(apply, drafts, future, on_error, sum(len(d.detail) + 300 for d in drafts))
        self._pending += unit.weight
        if self._pending > self.capacity:
            self._has_room.clear()
        self._queue.put(unit)

    async def room(self) -> None:
        """Return when there is room for more."""
        await self._has_room.wait()

    async def aclose(self) -> None:
        """Commit what is queued, then end the threads."""
        self._closing = True
        self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        # What the last commits told is still on its way through the loop.
        await asyncio.sleep(0)

    def _write(self) -> None:
        with self._engine.connect() as connection:
            since = 0
            while (units := self._gather()) is not None:
                since += self._commit(connection, units)
                self._loop.call_soon_threadsafe(self._settle, units)
                if since >= self.checkpoint_every:
                    since = 0
                    self._dirty.set()
        self._dirty.set()

    def _gather(self) -> list[_Unit] | None:
        first = self._queue.get()
        if first is None:
            return None
        units, size = [first], len(first.drafts)
        while size < self.group:
            try:
                unit = self._queue.get_nowait()
            except queue.Empty:
                break
            if unit is None:
                self._queue.put(None)
                break
            units.append(unit)
            size += len(unit.drafts)
        return units

    def _commit(self, connection: sa.Connection, units: list[_Unit]) -> int:
        try:
            with connection.begin():
                for unit in units:
                    if unit.apply is not None:
                        _apply(connection, unit)
                return _append(connection, units)
        except Exception as error:  # noqa: BLE001
            # Nothing of the group was kept; every unit of it must hear so, and the writer goes on.
            for unit in units:
                unit.error, unit.committed = unit.error or _translate(error), []
            return 0

    def _tidy(self) -> None:
        # In a thread of its own: the disk's work is neither the writer's nor the event loop's.
        while self._dirty.wait() and not self._closing:
            self._dirty.clear()
            try:
                with self._readers.connect() as connection:
                    dialect.checkpoint(connection)
            except sa.exc.SQLAlchemyError:
                continue  # the next one does it

    def _settle(self, units: list[_Unit]) -> None:
        told: dict[UUID, list[Committed]] = {}
        for unit in units:
            self._pending -= unit.weight
            for draft, committed in zip(unit.drafts, unit.committed, strict=False):
                told.setdefault(draft.conversation_id, []).append(committed)
        if self._pending <= self.capacity // 2:
            self._has_room.set()
        for conversation_id, batch in told.items():
            self._tell(conversation_id, batch)
        for unit in units:
            if unit.error is not None and unit.on_error is not None:
                unit.on_error(unit.error)
            if unit.future is None or unit.future.done():
                continue
            if unit.error is not None:
                unit.future.set_exception(unit.error)
            else:
                unit.future.set_result((unit.value, unit.committed))


def _apply(connection: sa.Connection, unit: _Unit) -> None:
    assert unit.apply is not None
    savepoint = connection.begin_nested()
    try:
        unit.value, drafts = unit.apply(connection)
        unit.drafts = [*drafts, *unit.drafts]
    except sa.exc.OperationalError:
        raise  # the disk's affair, and so everyone's
    except Exception as error:  # noqa: BLE001
        savepoint.rollback()
        unit.error, unit.drafts = error, ()
    else:
        savepoint.commit()


def _append(connection: sa.Connection, units: list[_Unit]) -> int:
    """Number and insert the events of all units that still stand. Returns how many."""
    heads = _reserve(connection, units)
    rows: list[tuple[Any, ...]] = []
    counts: Counter[tuple[int, str, str]] = Counter()
    for unit in units:
        if any(heads.get(d.conversation_key, 0) is None for d in unit.drafts):
            unit.error = NotFoundError("The conversation was erased.")
            continue
        for draft in unit.drafts:
            key, id, created_at, source, type_, detail, task_key, task_id, durable = draft
            envelope, time = _envelope(id), iso(created_at)
            if not durable:
                body = envelope.encode_transient(time, source, task_id, detail)
                unit.committed.append((None, body))
                continue
            seq = heads[key]
            assert seq is not None
            heads[key] = seq + 1
            body = envelope.encode(seq, time, source, task_id, detail)
            unit.committed.append((seq, body))
            rows.append((event_key(key, seq), type_, source, task_key, created_at, body))
            counts[key, type_, source] += 1
    if rows:
        _INSERT.many(connection, rows)
        add = [(*of, number) for of, number in counts.items()]
        _COUNT.many(connection, add)
    return len(rows)


_envelope = lru_cache(maxsize=1000)(Envelope)

_INSERT = dialect.Statement(sa.insert(events))
_COUNT = dialect.adding(event_counts)
_RESERVE = dialect.Statement(
    sa.update(conversations)
    .where(conversations.c.key == sa.bindparam("of"))
    .values(
        last_seq=conversations.c.last_seq + sa.bindparam("number"), updated_at=sa.bindparam("now")
    )
    .returning(conversations.c.last_seq)
)


def _reserve(connection: sa.Connection, units: list[_Unit]) -> dict[int, int | None]:
    """The first number for each conversation of the group; None where it is gone."""
    numbers: Counter[int] = Counter()
    newest: dict[int, int] = {}
    for unit in units:
        for draft in unit.drafts:
            if draft.durable:
                numbers[draft.conversation_key] += 1
                newest[draft.conversation_key] = draft.created_at
    heads: dict[int, int | None] = {}
    for key, number in numbers.items():
        found = _RESERVE.one(connection, number=number, now=newest[key], of=key)
        heads[key] = None if found is None else found[0] - number + 1
    return heads


def _translate(error: Exception) -> Exception:
    if not isinstance(error, sa.exc.DBAPIError):
        return error
    if "full" in str(error.orig).lower():
        return StorageError(
            "The disk is full: nothing of this was kept. Make room, then ask again.",
            code="disk_full",
        )
    return StorageError(
        f"The database did not take it ({type(error.orig).__name__}): nothing of this was kept. "
        "Ask again; if it stays so, look at the server's log."
    )
