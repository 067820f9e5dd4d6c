"""The rows of conversations. Every function takes a connection; none decides anything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ..models import (
    Conversation,
    ConversationFilter,
    ConversationOrder,
    ConversationRequest,
    ConversationStatus,
    Page,
    Workspace,
)
from . import dialect
from .paging import page_of
from .schema import conversations as table
from .schema import event_counts, events, key_range, starts, tasks, title_order
from .times import micros, moment

__all__ = [
    "ConversationRow",
    "batch",
    "children",
    "count",
    "find",
    "insert",
    "purge",
    "search",
    "set_status",
    "status",
    "unsettled",
    "update",
    "with_unfinished_tasks",
]


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation with what only the house knows of it."""

    key: int
    conversation: Conversation
    request: str


def insert(
    connection: sa.Connection,
    *,
    id: UUID,
    owner: str,
    request: ConversationRequest,
    body: str,
    now: datetime,
    status: ConversationStatus = ConversationStatus.CREATING,
) -> ConversationRow:
    """A new conversation. Raises `IntegrityError` for a known id."""
    values = {
        "id": id,
        "owner": owner,
        "status": status,
        "title": request.title,
        "agent": request.agent,
        "workspace_type": request.workspace.type,
        "workspace_path": request.workspace.path,
        "parent_id": request.parent_conversation_id,
        "tags": json.dumps(request.tags, ensure_ascii=False),
        "request": body,
        "last_seq": 0,
        "created_at": micros(now),
        "updated_at": micros(now),
    }
    key = int(connection.execute(_INSERT, values).scalar_one())
    conversation = Conversation.model_construct(
        id=id,
        status=status,
        title=request.title,
        message=None,
        owner=owner,
        agent=request.agent,
        workspace=request.workspace,
        parent_conversation_id=request.parent_conversation_id,
        sub_conversation_ids=(),
        tags=request.tags,
        created_at=now,
        updated_at=now,
    )
    return ConversationRow(key, conversation, body)


_INSERT = sa.insert(table).returning(table.c.key)


def find(connection: sa.Connection, id: UUID) -> ConversationRow | None:
    """One conversation, by its id."""
    row = connection.execute(_FIND, {"id": id}).one_or_none()
    return None if row is None else _rows(connection, [row])[0]


_FIND = sa.select(table).where(table.c.id == sa.bindparam("id"))


def status(connection: sa.Connection, key: int) -> tuple[ConversationStatus, int] | None:
    """A conversation's status, and its last `seq`."""
    row = _STATUS.one(connection, of=key)
    return None if row is None else (ConversationStatus(row.status), row.last_seq)


_STATUS = dialect.Statement(
    sa.select(table.c.status, table.c.last_seq).where(table.c.key == sa.bindparam("of"))
)


def search(
    connection: sa.Connection,
    where: ConversationFilter,
    *,
    limit: int,
    page_id: str | None,
    order: ConversationOrder,
) -> Page[Conversation]:
    """A page of conversations."""
    column = _COLUMNS[order.removesuffix("_DESC")]
    statement = sa.select(table).where(*_conditions(where))
    rows, following = page_of(
        connection, statement, column, table.c.key, order=order, limit=limit, page_id=page_id
    )
    found = tuple(row.conversation for row in _rows(connection, rows))
    return Page[Conversation](results=found, next_page_id=following)


_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "CREATED_AT": table.c.created_at,
    "UPDATED_AT": table.c.updated_at,
    "TITLE": title_order,
}


def count(connection: sa.Connection, where: ConversationFilter) -> int:
    """How many `search` would list on all its pages."""
    statement = sa.select(sa.func.count()).select_from(table).where(*_conditions(where))
    return int(connection.execute(statement).scalar_one())


def _conditions(where: ConversationFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if not where.include_sub_conversations:
        found.append(table.c.parent_id.is_(None))
    if where.title__contains is not None:
        needle = where.title__contains.lower()
        found.append(sa.func.lower(table.c.title).contains(needle, autoescape=True))
    if where.status__eq is not None:
        found.append(table.c.status == where.status__eq)
    if where.owner__eq is not None:
        found.append(table.c.owner == where.owner__eq)
    for column, name in ((table.c.created_at, "created_at"), (table.c.updated_at, "updated_at")):
        if (since := getattr(where, f"{name}__gte")) is not None:
            found.append(column >= micros(since))
        if (before := getattr(where, f"{name}__lt")) is not None:
            found.append(column < micros(before))
    return found


def batch(connection: sa.Connection, ids: Iterable[UUID]) -> dict[UUID, Conversation]:
    """Those of these ids that there are."""
    rows = connection.execute(sa.select(table).where(table.c.id.in_(list(ids)))).all()
    return {row.conversation.id: row.conversation for row in _rows(connection, rows)}


def children(connection: sa.Connection, id: UUID) -> list[ConversationRow]:
    """The sub-conversations of one, oldest first."""
    found = sa.select(table).where(table.c.parent_id == id).order_by(table.c.key)
    return _rows(connection, connection.execute(found).all())


def update(connection: sa.Connection, key: int, now: datetime, **values: Any) -> None:
    """Write the columns named."""
    if "tags" in values:
        values["tags"] = json.dumps(values["tags"], ensure_ascii=False)
    connection.execute(
        sa.update(table).where(table.c.key == key).values(**values, updated_at=micros(now))
    )


def set_status(
    connection: sa.Connection,
    key: int,
    status: ConversationStatus,
    *,
    since: Iterable[ConversationStatus],
    message: str | None,
    now: datetime,
) -> bool:
    """Write the status, where it is one of `since`. Returns whether it was."""
    result = connection.execute(
        sa.update(table)
        .where(table.c.key == key, table.c.status.in_(list(since)))
        .values(
            status=status,
            message=message,
            updated_at=micros(now),
        )
    )
    return result.rowcount == 1


def unsettled(connection: sa.Connection) -> list[ConversationRow]:
    """Those that are on the way from one status to the next."""
    between = [ConversationStatus.CREATING, ConversationStatus.DESTROYING]
    rows = connection.execute(
        sa.select(table).where(table.c.status.in_(between)).order_by(table.c.key)
    ).all()
    return _rows(connection, rows)


def with_unfinished_tasks(connection: sa.Connection) -> list[ConversationRow]:
    """Those that have tasks which are not finished."""
    keys = sa.select(tasks.c.conversation_key).where(tasks.c.finished_at.is_(None))
    rows = connection.execute(sa.select(table).where(table.c.key.in_(keys))).all()
    return _rows(connection, rows)


def purge(connection: sa.Connection, key: int) -> bool:
    """Erase a conversation with its tasks and events. Returns whether it was there."""
    low, high = key_range(key)
    connection.execute(sa.delete(events).where(events.c.key > low, events.c.key < high))
    connection.execute(sa.delete(event_counts).where(event_counts.c.conversation_key == key))
    connection.execute(sa.delete(tasks).where(tasks.c.conversation_key == key))
    connection.execute(sa.delete(starts).where(starts.c.conversation_key == key))
    return connection.execute(sa.delete(table).where(table.c.key == key)).rowcount == 1


_MANAGED = Workspace()


def _rows(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[ConversationRow]:
    children: dict[UUID, list[UUID]] = {}
    if rows:
        statement = (
            sa.select(table.c.parent_id, table.c.id)
            .where(table.c.parent_id.in_([row.id for row in rows]))
            .order_by(table.c.key)
        )
        for parent, child in connection.execute(statement):
            children.setdefault(parent, []).append(child)
    return [_row(row, tuple(children.get(row.id, ()))) for row in rows]


def _row(row: sa.Row[Any], children: tuple[UUID, ...]) -> ConversationRow:
    conversation = Conversation.model_construct(
        id=row.id,
        status=ConversationStatus(row.status),
        title=row.title,
        message=row.message,
        owner=row.owner,
        agent=row.agent,
        workspace=_MANAGED
        if row.workspace_type == "managed"
        else Workspace(type=row.workspace_type, path=row.workspace_path),
        parent_conversation_id=row.parent_id,
        sub_conversation_ids=children,
        tags=json.loads(row.tags) if row.tags != "{}" else {},
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )
    return ConversationRow(row.key, conversation, row.request)
