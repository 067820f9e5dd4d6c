"""The rows of events, read. They are written by the writer alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from ..models import EventFilter, EventOrder
from . import cursor, dialect
from .schema import MAX_SEQ, conversations, event_counts, event_key, key_range, seq_of
from .schema import events as table
from .times import micros

__all__ = ["RawPage", "after", "count", "newest", "one", "search"]


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page of events as the JSON they were written in."""

    bodies: list[bytes]
    next_page_id: str | None


def after(
    connection: sa.Connection, conversation_key: int, seq: int, limit: int
) -> list[tuple[int, bytes]]:
    """The next events behind `seq`, in order, at most `limit`."""
    low, high = key_range(conversation_key)
    rows = _page(frozenset(), False).all(
        connection, low=_behind(low, high, seq), high=high, limit=limit
    )
    return [(seq_of(key), body) for key, body in rows]


def one(connection: sa.Connection, conversation_key: int, seq: int) -> bytes | None:
    """One event's JSON."""
    if not 0 < seq <= MAX_SEQ:
        return None  # a larger number would reach into another conversation's keys
    row = _ONE.one(connection, key=event_key(conversation_key, seq))
    return None if row is None else row.body


_ONE = dialect.Statement(sa.select(table.c.body).where(table.c.key == sa.bindparam("key")))


def newest(connection: sa.Connection, conversation_key: int, type: str) -> bytes | None:
    """The last event of one type, as JSON."""
    low, high = key_range(conversation_key)
    row = _page(frozenset({"type__eq"}), True).one(
        connection, low=low, high=high, type__eq=type, limit=1
    )
    return None if row is None else row.body


def _behind(low: int, high: int, seq: int) -> int:
    return min(low + max(seq, 0), high)


def search(
    connection: sa.Connection,
    conversation_key: int,
    task_key: int | None,
    where: EventFilter,
    *,
    limit: int,
    page_id: str | None,
    order: EventOrder,
) -> RawPage:
    """A page of events. `task_key` stands for `where.task_id__eq`."""
    descending = order is EventOrder.SEQ_DESC
    low, high = _range(conversation_key, where)
    if page_id is not None:
        # Into the range, and not beside it: SQLite would begin to read at the first bound it sees.
        place = _behind(*key_range(conversation_key), cursor.decode(page_id, order, int)[0])
        low, high = (low, min(high, place)) if descending else (max(low, place), high)
    values = _values(where, task_key)
    rows = _page(frozenset(values), descending).all(
        connection, low=low, high=high, limit=limit + 1, **values
    )
    following = cursor.encode(order, seq_of(rows[limit - 1].key)) if len(rows) > limit else None
    return RawPage([body for _, body in rows[:limit]], following)


def count(
    connection: sa.Connection, conversation_key: int, task_key: int | None, where: EventFilter
) -> int:
    """How many `search` would list on all its pages; kept, not counted, for type and source."""
    values = _values(where, task_key)
    given = frozenset(values)
    if where.seq__gt is not None or where.seq__lt is not None or not given <= {*_KEPT}:
        low, high = _range(conversation_key, where)
        row = _count(given).one(connection, low=low, high=high, **values)
    elif given:
        row = _kept(given).one(connection, of=conversation_key, **values)
    else:
        row = _LAST.one(connection, of=conversation_key)
    return 0 if row is None else int(row[0])


_LAST = dialect.Statement(
    sa.select(conversations.c.last_seq).where(conversations.c.key == sa.bindparam("of"))
)
_KEPT = {
    "type__eq": event_counts.c.type == sa.bindparam("type__eq"),
    "source__eq": event_counts.c.source == sa.bindparam("source__eq"),
}
_COMPARED = {
    "type__eq": table.c.type == sa.bindparam("type__eq"),
    "source__eq": table.c.source == sa.bindparam("source__eq"),
    "task_id__eq": table.c.task_key == sa.bindparam("task_id__eq"),
    "created_at__gte": table.c.created_at >= sa.bindparam("created_at__gte"),
    "created_at__lt": table.c.created_at < sa.bindparam("created_at__lt"),
}


def _range(conversation_key: int, where: EventFilter) -> tuple[int, int]:
    """The keys between which (both excluded) the events lie."""
    low, high = key_range(conversation_key)
    first = low if where.seq__gt is None else _behind(low, high, where.seq__gt)
    last = high if where.seq__lt is None else _behind(low, high, where.seq__lt)
    return first, last


def _values(where: EventFilter, task_key: int | None) -> dict[str, Any]:
    """What the events are compared with, by the names of the filters that are given."""
    found = {
        "type__eq": where.type__eq,
        "source__eq": where.source__eq and where.source__eq.value,
        "task_id__eq": where.task_id__eq and (-1 if task_key is None else task_key),
        "created_at__gte": where.created_at__gte and micros(where.created_at__gte),
        "created_at__lt": where.created_at__lt and micros(where.created_at__lt),
        "text__contains": where.text__contains and where.text__contains.lower(),
    }
    return {name: value for name, value in found.items() if value is not None}


def _conditions(given: frozenset[str], dialect_name: str) -> list[sa.ColumnElement[bool]]:
    found = [table.c.key > sa.bindparam("low"), table.c.key < sa.bindparam("high")]
    found += [_COMPARED[name] for name in sorted(given & _COMPARED.keys())]
    if "text__contains" in given:
        text = sa.func.lower(dialect.event_text(dialect_name, table.c.body))
        found.append(dialect.holds(dialect_name, text, sa.bindparam("text__contains")))
    return found


# One statement for each set of filters: that is compiled once, whatever the values are.


@cache
def _page(given: frozenset[str], descending: bool) -> dialect.Statement:
    return dialect.Statement(
        lambda name: (
            sa.select(table.c.key, table.c.body)
            .where(*_conditions(given, name))
            .order_by(table.c.key.desc() if descending else table.c.key)
            .limit(sa.bindparam("limit"))
        )
    )


@cache
def _count(given: frozenset[str]) -> dialect.Statement:
    return dialect.Statement(
        lambda name: sa.select(sa.func.count()).select_from(table).where(*_conditions(given, name))
    )


@cache
def _kept(given: frozenset[str]) -> dialect.Statement:
    return dialect.Statement(
        sa.select(sa.func.coalesce(sa.func.sum(event_counts.c.number), 0)).where(
            event_counts.c.conversation_key == sa.bindparam("of"),
            *(_KEPT[name] for name in sorted(given)),
        )
    )
