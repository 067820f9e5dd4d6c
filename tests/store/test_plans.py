"""How SQLite looks for things: by an index, however many rows of other kinds there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import sqlalchemy as sa

from jupyter_conv.models import (
    ConversationFilter,
    ConversationOrder,
    EventFilter,
    EventOrder,
    Source,
    TaskFilter,
)
from jupyter_conv.store import conversations, events, tasks

from .conftest import House, draft

KEY = 1
PLANS: list[tuple[str, Callable[[sa.Connection], Any], str]] = [
    ("a page", lambda c: page(c), "PRIMARY KEY (rowid>? AND rowid<?)"),
    ("the next", lambda c: events.after(c, KEY, 5, 10), "PRIMARY KEY (rowid>? AND rowid<?)"),
    ("one", lambda c: events.one(c, KEY, 5), "PRIMARY KEY (rowid=?)"),
    ("a type", lambda c: page(c, type__eq="Rare"), "ix_events_type (type=? AND key>? AND key<?)"),
    (
        "a type, newest first",
        lambda c: page(c, EventOrder.SEQ_DESC, type__eq="Rare"),
        "ix_events_type (type=? AND key>? AND key<?)",
    ),
    ("a task", lambda c: page(c, task_id__eq=uuid4()), "ix_events_task (task_key=? AND key>?"),
    (
        "a task's replies",
        lambda c: page(c, task_id__eq=uuid4(), type__eq="TextReply"),
        "ix_events_t",
    ),
    (
        "how many of a task",
        lambda c: events.count(c, KEY, 7, EventFilter(task_id__eq=uuid4())),
        "ix_events_task (task_key=?",
    ),
    ("how many", lambda c: count(c), "conversations USING INTEGER PRIMARY KEY"),
    ("how many of a type", lambda c: count(c, type__eq="Rare"), "event_counts USING"),
    ("how many said", lambda c: count(c, source__eq=Source.USER), "event_counts USING"),
    (
        "the newest status",
        lambda c: events.newest(c, KEY, "ConversationStatusUpdate"),
        "ix_events_type (type=? AND key>? AND key<?)",
    ),
    ("conversations", lambda c: listed(c), "ix_conversations_created"),
    ("one's own", lambda c: listed(c, owner__eq="ada"), "ix_conversations_owner_created (owner=?)"),
    ("one's tasks", lambda c: task_page(c), "ix_tasks_conversation (conversation_key=?)"),
    ("unfinished tasks", lambda c: tasks.unfinished(c), "ix_tasks_unfinished"),
]


def page(c: sa.Connection, order: EventOrder = EventOrder.SEQ, **where: Any) -> Any:
    return events.search(c, KEY, 7, EventFilter(**where), limit=100, page_id=None, order=order)


def count(c: sa.Connection, **where: Any) -> int:
    return events.count(c, KEY, None, EventFilter(**where))


def listed(c: sa.Connection, **where: Any) -> Any:
    filter = ConversationFilter(include_sub_conversations=True, **where)
    order = ConversationOrder.CREATED_AT_DESC
    return conversations.search(c, filter, limit=100, page_id=None, order=order)


def task_page(c: sa.Connection) -> Any:
    return tasks.search(c, KEY, TaskFilter(), limit=100, page_id=None)


@pytest_asyncio.fixture
async def full_house(house: House) -> House:
    """Many conversations, one of them long, and of one kind of event very few."""
    to = await house.begin()
    assert to[0] == KEY
    for _ in range(300):
        await house.begin()
    for start in range(0, 20_000, 2_000):
        more = [draft(to, "x", type="Common", task_key=n % 50) for n in range(2_000)]
        await house.store.write(None, [*more, draft(to, str(start), type="Rare", task_key=7)])
    return house


@pytest.mark.asyncio
async def test_every_question_finds_its_index(full_house: House) -> None:
    def explain(connection: sa.Connection) -> dict[str, str]:
        asked: list[tuple[str, Any]] = []

        def note(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
            asked.append((statement, parameters))

        found = {}
        sa.event.listen(connection, "before_cursor_execute", note)
        for name, ask, _ in PLANS:
            asked.clear()
            ask(connection)
            statement, parameters = asked[0]
            rows = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found[name] = "; ".join(row[3] for row in rows)
        return found

    found = await full_house.store.read(explain)
    for name, _, wanted in PLANS:
        assert wanted in found[name], name
        assert "SCAN events" not in found[name], name
        assert "TEMP B-TREE" not in found[name], name
