"""The rows of tasks. Every function takes a connection; none decides anything."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter

from ..models import (
    AnyRunnable,
    Page,
    Task,
    TaskFilter,
    TaskRequest,
    TaskStatus,
    clean,
    dump_json,
)
from . import cursor
from .schema import tasks as table
from .times import micros, moment

__all__ = ["TaskRow", "count", "find", "insert", "search", "unfinished", "update"]

_runnable: TypeAdapter[Any] = TypeAdapter(AnyRunnable)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task with what only the house knows of it."""

    key: int
    conversation_key: int
    task: Task
    request: str


def insert(
    connection: sa.Connection,
    *,
    id: UUID,
    conversation_key: int,
    conversation_id: UUID,
    request: TaskRequest,
    code: str | None,
    body: str,
    now: datetime,
) -> TaskRow:
    """A new task, PENDING. Raises `IntegrityError` for a known id."""
    runnable = request.runnable.model_dump_json()
    values = {
        "id": id,
        "conversation_key": conversation_key,
        "conversation_id": conversation_id,
        "type": request.runnable.type,
        "runnable": runnable,
        "request": body,
        "title": request.title,
        "status": TaskStatus.PENDING,
        "code": code,
        "delay": request.delay,
        "timeout": request.timeout,
        "created_at": micros(now),
        "updated_at": micros(now),
    }
    key = int(connection.execute(_INSERT, values).scalar_one())
    task = Task.model_construct(
        id=id,
        conversation_id=conversation_id,
        runnable=_runnable.validate_json(runnable),
        title=request.title,
        status=TaskStatus.PENDING,
        code=code,
        message=None,
        progress=None,
        delay=request.delay,
        timeout=request.timeout,
        result=None,
        created_at=now,
        started_at=None,
        finished_at=None,
        updated_at=now,
    )
    return TaskRow(key, conversation_key, task, body)


_INSERT = sa.insert(table).returning(table.c.key)


def find(connection: sa.Connection, id: UUID) -> TaskRow | None:
    """One task, by its id."""
    row = connection.execute(_FIND, {"id": id}).one_or_none()
    return None if row is None else _row(row)


_FIND = sa.select(table).where(table.c.id == sa.bindparam("id"))


def search(
    connection: sa.Connection,
    conversation_key: int,
    where: TaskFilter,
    *,
    limit: int,
    page_id: str | None,
) -> Page[Task]:
    """A page of a conversation's tasks, oldest first."""
    statement = sa.select(table).where(*_conditions(conversation_key, where))
    if page_id is not None:
        statement = statement.where(table.c.key > cursor.decode(page_id, "TASK", int)[0])
    rows = connection.execute(statement.order_by(table.c.key).limit(limit + 1)).all()
    following = cursor.encode("TASK", rows[limit - 1].key) if len(rows) > limit else None
    return Page[Task](results=tuple(_row(row).task for row in rows[:limit]), next_page_id=following)


def count(connection: sa.Connection, conversation_key: int, where: TaskFilter) -> int:
    """How many `search` would list on all its pages."""
    statement = (
        sa.select(sa.func.count()).select_from(table).where(*_conditions(conversation_key, where))
    )
    return int(connection.execute(statement).scalar_one())


def unfinished(connection: sa.Connection, conversation_key: int | None = None) -> list[TaskRow]:
    """The tasks that are not finished, oldest first; of one conversation, or of all."""
    statement = sa.select(table).where(table.c.finished_at.is_(None)).order_by(table.c.key)
    if conversation_key is not None:
        statement = statement.where(table.c.conversation_key == conversation_key)
    return [_row(row) for row in connection.execute(statement)]


def update(
    connection: sa.Connection,
    key: int,
    *,
    since: Iterable[TaskStatus],
    now: datetime,
    **values: Any,
) -> bool:
    """Write the columns named, where the status is one of `since`. Returns whether it was."""
    if "result" in values:
        values["result"] = dump_json(values["result"]).decode()
    values = clean(values)
    for name in ("started_at", "finished_at"):
        if name in values:
            values[name] = micros(values[name])
    result = connection.execute(
        sa.update(table)
        .where(table.c.key == key, table.c.status.in_(list(since)))
        .values(**values, updated_at=micros(now))
    )
    return result.rowcount == 1


def _conditions(conversation_key: int, where: TaskFilter) -> list[sa.ColumnElement[bool]]:
    found = [table.c.conversation_key == conversation_key]
    if where.status__eq is not None:
        found.append(table.c.status == where.status__eq)
    if where.type__eq is not None:
        found.append(table.c.type == where.type__eq)
    return found


def _row(row: sa.Row[Any]) -> TaskRow:
    task = Task.model_construct(
        id=row.id,
        conversation_id=row.conversation_id,
        runnable=_runnable.validate_json(row.runnable),
        title=row.title,
        status=TaskStatus(row.status),
        code=row.code,
        message=row.message,
        progress=row.progress,
        delay=row.delay,
        timeout=row.timeout,
        result=None if row.result is None else json.loads(row.result),
        created_at=moment(row.created_at),
        started_at=None if row.started_at is None else moment(row.started_at),
        finished_at=None if row.finished_at is None else moment(row.finished_at),
        updated_at=moment(row.updated_at),
    )
    return TaskRow(row.key, row.conversation_key, task, row.request)
