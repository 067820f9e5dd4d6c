"""The tables. Times are microseconds since 1970 UTC.

An event's key is its conversation's key and its `seq` in one integer, so that a conversation's events lie side by
side in the order they are read, with no further index. Its id is computed from both (`models.event.event_id`).
"""

from __future__ import annotations

import sqlalchemy as sa

__all__ = [
    "HEAD",
    "MAX_SEQ",
    "conversations",
    "event_counts",
    "event_key",
    "events",
    "key_range",
    "meta",
    "metadata",
    "seq_of",
    "starts",
    "tasks",
    "title_order",
]

HEAD = "0002"
"""The newest migration."""

SEQ_BITS = 32
MAX_SEQ = (1 << SEQ_BITS) - 1

metadata = sa.MetaData()

_Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column declared INTEGER."""

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("key", _Key, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    sa.Column("owner", sa.String(255), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("title", sa.Text),
    sa.Column("message", sa.Text),
    sa.Column("agent", sa.Text),
    sa.Column("workspace_type", sa.String(20), nullable=False),
    sa.Column("workspace_path", sa.Text),
    sa.Column("parent_id", sa.Uuid),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),  # what was asked, to know it when asked again
    sa.Column("last_seq", sa.BigInteger, nullable=False, default=0),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Index("ix_conversations_created", "created_at", "key"),
    sa.Index("ix_conversations_updated", "updated_at", "key"),
    sa.Index("ix_conversations_owner_created", "owner", "created_at", "key"),
    sa.Index("ix_conversations_owner_updated", "owner", "updated_at", "key"),
    sqlite_autoincrement=True,  # the key of an erased one is never given again
)
# Partial, or SQLite would take it for the many that have no parent, and sort them.
_below = conversations.c.parent_id.is_not(None)
sa.Index(
    "ix_conversations_parent",
    conversations.c.parent_id,
    sqlite_where=_below,
    postgresql_where=_below,
)
title_order = sa.func.coalesce(conversations.c.title, sa.text("''"))
"""By what conversations are put in the order of their titles: those without come first."""
sa.Index("ix_conversations_title", title_order, conversations.c.key)
sa.Index("ix_conversations_owner_title", conversations.c.owner, title_order, conversations.c.key)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("key", _Key, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    sa.Column("conversation_key", _Key, nullable=False),
    sa.Column("conversation_id", sa.Uuid, nullable=False),
    sa.Column("type", sa.String(100), nullable=False),
    sa.Column("runnable", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("title", sa.Text),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("message", sa.Text),
    sa.Column("progress", sa.Float),
    sa.Column("delay", sa.Float, nullable=False),
    sa.Column("timeout", sa.Float),
    sa.Column("result", sa.Text),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("finished_at", sa.BigInteger),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Index("ix_tasks_conversation", "conversation_key", "key"),
)
_unfinished = tasks.c.finished_at.is_(None)
sa.Index(
    "ix_tasks_unfinished",
    tasks.c.key,
    sqlite_where=_unfinished,
    postgresql_where=_unfinished,
)

starts = sa.Table(
    "starts",
    metadata,
    sa.Column("key", _Key, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    sa.Column("owner", sa.String(255), nullable=False),
    sa.Column("conversation_key", _Key, nullable=False, unique=True),
    sa.Column("conversation_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("status", sa.String(30), nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("finished_at", sa.BigInteger),
    sa.Index("ix_starts_created", "created_at", "key"),
    sa.Index("ix_starts_updated", "updated_at", "key"),
    sa.Index("ix_starts_owner_created", "owner", "created_at", "key"),
    sa.Index("ix_starts_owner_updated", "owner", "updated_at", "key"),
)
_begun = starts.c.finished_at.is_(None)
sa.Index("ix_starts_unfinished", starts.c.key, sqlite_where=_begun, postgresql_where=_begun)

events = sa.Table(
    "events",
    metadata,
    sa.Column("key", _Key, primary_key=True, autoincrement=False),
    sa.Column("type", sa.String(100), nullable=False),
    sa.Column("source", sa.String(10), nullable=False),
    sa.Column("task_key", _Key),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),  # the event's JSON, as every wire carries it
    sa.Index("ix_events_type", "type", "key"),
)
_of_task = events.c.task_key.is_not(None)
sa.Index(
    "ix_events_task",
    events.c.task_key,
    events.c.key,
    sqlite_where=_of_task,
    postgresql_where=_of_task,
)

event_counts = sa.Table(
    "event_counts",
    metadata,
    sa.Column("conversation_key", _Key, primary_key=True, autoincrement=False),
    sa.Column("type", sa.String(100), primary_key=True),
    sa.Column("source", sa.String(10), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)


def event_key(conversation_key: int, seq: int) -> int:
    """The key of an event."""
    return conversation_key << SEQ_BITS | seq


def key_range(conversation_key: int) -> tuple[int, int]:
    """The keys between which (both excluded) a conversation's events lie."""
    return conversation_key << SEQ_BITS, (conversation_key + 1) << SEQ_BITS


def seq_of(key: int) -> int:
    """The `seq` in an event's key."""
    return key & MAX_SEQ
