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
    drafts: list[Draft]
    future: asyncio.Future[tuple[Any, list[Committed]]] | None
    on_error: Callable[[BaseException], None] | None
    weight: int = 0
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
        self._queue: queue.SimpleQueue[list[_Unit] | None] = queue.SimpleQueue()
        self._turn: list[_Unit] = []
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
        self._submit(_Unit(apply, list(drafts), future, None))
        self._hand_over()
        return future

    def append(
        self,
        apply: Apply | None,
        drafts: Sequence[Draft],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Queue a unit that nobody waits for; `on_error` is called where it could not be kept.

        What one producer appends in one turn of the loop is one unit, and goes to the writer when the turn ends.
        """
        last = self._turn[-1] if self._turn else None
        if apply is None and last is not None and last.apply is None and last.on_error == on_error:
            last.drafts += drafts
            self._weigh(last, drafts)
        else:
            self._submit(_Unit(apply, list(drafts), None, on_error))

    def _submit(self, unit: _Unit) -> None:
        if self._closing:
            raise UnavailableError("The server is closing; ask again when it is back.")
        self._weigh(unit, unit.drafts)
        if not self._turn:
            self._loop.call_soon(self._hand_over)
        self._turn.append(unit)

    def _weigh(self, unit: _Unit, drafts: Sequence[Draft]) -> None:
        weight = 0
        for draft in drafts:
            weight += 300 + len(draft.detail)
        unit.weight += weight
        self._pending += weight
        if self._pending > self.capacity:
            self._has_room.clear()

    def _hand_over(self) -> None:
        if self._turn:
            self._queue.put(self._turn)
            self._turn = []

    @property
    def full(self) -> bool:
        """Whether who appends should wait for `room()`."""
        return not self._has_room.is_set()

    async def room(self) -> None:
        """Return when there is room for more."""
        await self._has_room.wait()

    async def aclose(self) -> None:
        """Commit what is queued, then end the threads."""
        self._closing = True
        self._hand_over()
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
        units = self._queue.get()
        if units is None:
            return None
        size = _size(units)
        while size < self.group:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._queue.put(None)
                break
            units += more
            size += _size(more)
        return units

    def _commit(self, connection: sa.Connection, units: list[_Unit]) -> int:
        try:
            with connection.begin():
                for unit in units:
                    if unit.apply is not None:
                        _apply(connection, unit)
                return _append(connection, units)
        except Exception as error:  # noqa: BLE001
            # Nothing of the group was kept; every unit that lost something hears so, and the writer goes on.
            for unit in units:
                unit.committed = []
                if unit.apply is not None or unit.drafts:
                    unit.error = unit.error or _translate(error)
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


def _size(units: Sequence[_Unit]) -> int:
    return sum(len(unit.drafts) for unit in units)


def _apply(connection: sa.Connection, unit: _Unit) -> None:
    assert unit.apply is not None
    run = connection.exec_driver_sql  # a third of the time of SQLAlchemy's own savepoints
    run("SAVEPOINT unit")
    try:
        unit.value, drafts = unit.apply(connection)
        unit.drafts = [*drafts, *unit.drafts]
    except sa.exc.OperationalError:
        raise  # the disk's affair, and so everyone's
    except Exception as error:  # noqa: BLE001
        run("ROLLBACK TO unit")
        unit.error, unit.drafts = error, []
    run("RELEASE unit")


def _append(connection: sa.Connection, units: list[_Unit]) -> int:
    """Number and insert the events of all units that still stand. Returns how many."""
    heads = _reserve(connection, units)
    erased = {key for key, head in heads.items() if head.seq is None}
    rows: list[tuple[Any, ...]] = []
    counts: Counter[tuple[int, str, str]] = Counter()
    for unit in units:
        if erased and not erased.isdisjoint(d.conversation_key for d in unit.drafts):
            unit.error = NotFoundError("The conversation was erased.")
            continue
        for key, _, created_at, source, type_, detail, task_key, task_id, durable in unit.drafts:
            head, time = heads[key], iso(created_at)
            if not durable:
                body = head.envelope.encode_transient(time, source, task_id, detail)
                unit.committed.append((None, body))
                continue
            head.seq = seq = (head.seq or 0) + 1
            body = head.envelope.encode(seq, time, source, task_id, detail)
            unit.committed.append((seq, body))
            rows.append((event_key(key, seq), type_, source, task_key, created_at, body))
            counts[key, type_, source] += 1
    if rows:
        _INSERT.many(connection, rows)
        _COUNT.many(connection, [(*of, number) for of, number in counts.items()])
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


@dataclass(slots=True)
class _Head:
    """Where a conversation's log ends: its last `seq`, None where it was erased."""

    envelope: Envelope
    number: int = 0
    newest: int = 0
    seq: int | None = 0


def _reserve(connection: sa.Connection, units: list[_Unit]) -> dict[int, _Head]:
    """The heads of the group's conversations, as they are before its events."""
    heads: dict[int, _Head] = {}
    for unit in units:
        for draft in unit.drafts:
            head = heads.get(draft.conversation_key)
            if head is None:
                head = heads[draft.conversation_key] = _Head(_envelope(draft.conversation_id))
            if draft.durable:
                head.number += 1
                head.newest = draft.created_at
    for key, head in heads.items():
        if head.number:
            found = _RESERVE.one(connection, number=head.number, now=head.newest, of=key)
            head.seq = None if found is None else found[0] - head.number
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
