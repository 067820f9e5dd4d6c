"""The rows of starts. Every function takes a connection; none decides anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ..models import (
    AppConversationStartRequest,
    AppConversationStartTask,
    AppConversationStartTaskPage,
    StartTaskFilter,
    StartTaskOrder,
    StartTaskStatus,
)
from .paging import page_of
from .schema import starts as table
from .times import micros, moment

__all__ = [
    "StartRow",
    "batch",
    "count",
    "find",
    "insert",
    "of_conversation",
    "requests",
    "search",
    "unfinished",
    "update",
]

_EARLY = (StartTaskStatus.WORKING, StartTaskStatus.WAITING_FOR_SANDBOX)


@dataclass(frozen=True, slots=True)
class StartRow:
    """A start with what only the house knows of it."""

    key: int
    conversation_key: int
    owner: str
    start: AppConversationStartTask


def insert(
    connection: sa.Connection,
    *,
    id: UUID,
    owner: str,
    conversation_key: int,
    conversation_id: UUID,
    request: AppConversationStartRequest,
    now: datetime,
) -> None:
    """A new start, WORKING."""
    connection.execute(
        sa.insert(table).values(
            id=id,
            owner=owner,
            conversation_key=conversation_key,
            conversation_id=conversation_id,
            status=StartTaskStatus.WORKING,
            request=request.model_dump_json(),
            created_at=micros(now),
            updated_at=micros(now),
        )
    )


def find(connection: sa.Connection, id: UUID) -> StartRow | None:
    """One start, by its id."""
    return _one(connection, table.c.id == id)


def of_conversation(connection: sa.Connection, conversation_id: UUID) -> StartRow | None:
    """The start that made a conversation."""
    return _one(connection, table.c.conversation_id == conversation_id)


def _one(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> StartRow | None:
    row = connection.execute(sa.select(table).where(condition)).one_or_none()
    return None if row is None else _row(row)


def batch(
    connection: sa.Connection, ids: Iterable[UUID], owner: str | None
) -> dict[UUID, AppConversationStartTask]:
    """Those of these ids that there are; of one owner, or of all."""
    found = sa.select(table).where(table.c.id.in_(list(ids)), *_owned(owner))
    return {row.id: _row(row).start for row in connection.execute(found)}


def search(
    connection: sa.Connection,
    where: StartTaskFilter,
    owner: str | None,
    *,
    limit: int,
    page_id: str | None,
    order: StartTaskOrder,
) -> AppConversationStartTaskPage:
    """A page of starts; of one owner, or of all."""
    column = table.c.updated_at if "UPDATED" in order else table.c.created_at
    statement = sa.select(table).where(*_conditions(where), *_owned(owner))
    rows, following = page_of(
        connection, statement, column, table.c.key, order=order, limit=limit, page_id=page_id
    )
    found = tuple(_row(row).start for row in rows)
    return AppConversationStartTaskPage(items=found, next_page_id=following)


def count(connection: sa.Connection, where: StartTaskFilter, owner: str | None) -> int:
    """How many `search` would list on all its pages."""
    statement = sa.select(sa.func.count()).select_from(table)
    return int(
        connection.execute(statement.where(*_conditions(where), *_owned(owner))).scalar_one()
    )


def unfinished(connection: sa.Connection) -> list[StartRow]:
    """The starts that are not finished, oldest first."""
    statement = sa.select(table).where(table.c.finished_at.is_(None)).order_by(table.c.key)
    return [_row(row) for row in connection.execute(statement)]


def update(
    connection: sa.Connection,
    key: int,
    status: StartTaskStatus,
    *,
    code: str | None,
    detail: str | None,
    now: datetime,
) -> bool:
    """Write the status, where the start is not finished. Returns whether it was."""
    result = connection.execute(
        sa.update(table)
        .where(table.c.key == key, table.c.finished_at.is_(None))
        .values(
            status=status,
            code=code,
            detail=detail,
            updated_at=micros(now),
            finished_at=micros(now) if status.finished else None,
        )
    )
    return result.rowcount == 1


def requests(
    connection: sa.Connection, conversation_ids: Iterable[UUID]
) -> dict[UUID, AppConversationStartRequest]:
    """What was asked of the starts of these conversations."""
    columns = (table.c.conversation_id, table.c.request)
    found = sa.select(*columns).where(table.c.conversation_id.in_(list(conversation_ids)))
    return {
        id: AppConversationStartRequest.model_validate_json(request)
        for id, request in connection.execute(found)
    }


def _owned(owner: str | None) -> list[sa.ColumnElement[bool]]:
    return [] if owner is None else [table.c.owner == owner]


def _conditions(where: StartTaskFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if where.conversation_id__eq is not None:
        found.append(table.c.conversation_id == where.conversation_id__eq)
    if where.created_at__gte is not None:
        found.append(table.c.created_at >= micros(where.created_at__gte))
    return found


def _row(row: sa.Row[Any]) -> StartRow:
    status = StartTaskStatus(row.status)
    start = AppConversationStartTask.model_construct(
        id=row.id,
        created_by_user_id=row.owner,
        status=status,
        code=row.code,
        detail=row.detail,
        app_conversation_id=row.conversation_id,
        sandbox_id=None if status in _EARLY else "local",
        request=AppConversationStartRequest.model_validate_json(row.request),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )
    return StartRow(row.key, row.conversation_key, row.owner, start)
