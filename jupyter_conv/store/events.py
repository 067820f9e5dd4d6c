"""The rows of events, read. They are written by the writer alone."""

from __future__ import annotations

from dataclasses import dataclass
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
    rows = connection.execute(
        _AFTER, {"low": _behind(low, high, seq), "high": high, "limit": limit}
    )
    return [(seq_of(key), body) for key, body in rows]


_AFTER = (
    sa.select(table.c.key, table.c.body)
    .where(table.c.key > sa.bindparam("low"), table.c.key < sa.bindparam("high"))
    .order_by(table.c.key)
    .limit(sa.bindparam("limit"))
)


def one(connection: sa.Connection, conversation_key: int, seq: int) -> bytes | None:
    """One event's JSON."""
    if not 0 < seq <= MAX_SEQ:
        return None  # a larger number would reach into another conversation's keys
    statement = sa.select(table.c.body).where(table.c.key == event_key(conversation_key, seq))
    return connection.execute(statement).scalar_one_or_none()


def newest(connection: sa.Connection, conversation_key: int, type: str) -> bytes | None:
    """The last event of one type, as JSON."""
    low, high = key_range(conversation_key)
    statement = (
        sa.select(table.c.body)
        .where(table.c.type == type, table.c.key > low, table.c.key < high)
        .order_by(table.c.key.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar_one_or_none()


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
    conditions = _conditions(connection, conversation_key, task_key, where)
    if page_id is not None:
        place = event_key(conversation_key, cursor.decode(page_id, order, 1)[0])
        conditions.append(table.c.key < place if descending else table.c.key > place)
    statement = (
        sa.select(table.c.key, table.c.body)
        .where(*conditions)
        .order_by(table.c.key.desc() if descending else table.c.key)
        .limit(limit + 1)
    )
    rows = connection.execute(statement).all()
    following = cursor.encode(order, seq_of(rows[limit - 1].key)) if len(rows) > limit else None
    return RawPage([row.body for row in rows[:limit]], following)


def count(
    connection: sa.Connection, conversation_key: int, task_key: int | None, where: EventFilter
) -> int:
    """How many `search` would list on all its pages; kept, not counted, for type and source."""
    statement: sa.Select[Any]
    given = where.model_fields_set & {n for n, v in where if v is not None}
    if not given:
        statement = sa.select(conversations.c.last_seq).where(
            conversations.c.key == conversation_key
        )
    elif given <= {"type__eq", "source__eq"}:
        counts = event_counts.c
        statement = sa.select(sa.func.coalesce(sa.func.sum(counts.number), 0)).where(
            counts.conversation_key == conversation_key
        )
        if where.type__eq is not None:
            statement = statement.where(counts.type == where.type__eq)
        if where.source__eq is not None:
            statement = statement.where(counts.source == where.source__eq)
    else:
        conditions = _conditions(connection, conversation_key, task_key, where)
        statement = sa.select(sa.func.count()).select_from(table).where(*conditions)
    return int(connection.execute(statement).scalar_one_or_none() or 0)


def _conditions(
    connection: sa.Connection, conversation_key: int, task_key: int | None, where: EventFilter
) -> list[sa.ColumnElement[bool]]:
    low, high = key_range(conversation_key)
    if where.seq__gt is not None:
        low = _behind(low, high, where.seq__gt)
    if where.seq__lt is not None:
        high = _behind(key_range(conversation_key)[0], high, where.seq__lt)
    found = [table.c.key > low, table.c.key < high]
    if where.type__eq is not None:
        found.append(table.c.type == where.type__eq)
    if where.task_id__eq is not None:
        found.append(table.c.task_key == (-1 if task_key is None else task_key))
    if where.source__eq is not None:
        found.append(table.c.source == where.source__eq)
    if where.created_at__gte is not None:
        found.append(table.c.created_at >= micros(where.created_at__gte))
    if where.created_at__lt is not None:
        found.append(table.c.created_at < micros(where.created_at__lt))
    if where.text__contains is not None:
        text = dialect.event_text(connection.dialect.name, table.c.body)
        needle = where.text__contains.lower()
        found.append(sa.func.lower(text).contains(needle, autoescape=True))
    return found
