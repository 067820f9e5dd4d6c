"""Databases of earlier versions, with data in them, are brought up to this one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from jupyter_conv.models import ConversationFilter, ConversationOrder, StartTaskFilter
from jupyter_conv.store import conversations, schema, starts
from jupyter_conv.store import migrate as migrating

from .conftest import open_house

pytestmark = pytest.mark.asyncio


def make(database: Path, version: str) -> None:
    """A database of an earlier version."""
    database.parent.mkdir(parents=True)
    engine = sa.create_engine(f"sqlite:///{database}")
    with pytest.MonkeyPatch.context() as patch, engine.begin() as connection:
        patch.setattr(migrating, "HEAD", version)
        migrating.migrate(connection)
    engine.dispose()


async def test_a_database_of_0001_keeps_what_is_in_it(database: Path) -> None:
    make(database, "0001")
    ids = {title: uuid4() for title in ("b", None, "a")}
    with closing(sqlite3.connect(database)) as connection, connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        for title, id in ids.items():
            connection.execute(
                "INSERT INTO conversations (id, owner, status, title, workspace_type, tags, request, last_seq, "
                "created_at, updated_at) VALUES (?, 'ada', 'READY', ?, 'managed', '{}', '{}', 0, 1, 1)",
                [id.hex, title],
            )
        connection.execute("INSERT INTO meta VALUES ('instance', 'kept')")
    async with open_house(database) as house:
        assert house.store.instance == "kept"
        page = await house.store.read(
            lambda c: conversations.search(
                c, ConversationFilter(), limit=10, page_id=None, order=ConversationOrder.TITLE
            )
        )
        assert [found.id for found in page.results] == [ids[None], ids["a"], ids["b"]]
        assert await house.store.read(lambda c: starts.count(c, StartTaskFilter(), None)) == 0
        key, _ = await house.begin()
        assert key == 4
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        assert found == (schema.HEAD,)


@pytest.mark.parametrize("order", ["TITLE", "TITLE_DESC", "CREATED_AT_DESC", "UPDATED_AT"])
@pytest.mark.parametrize("owner", [None, "ada"])
@pytest.mark.parametrize("below", [True, False])
async def test_every_order_is_paged_by_its_index(
    database: Path, order: str, owner: str | None, below: bool
) -> None:
    where = ConversationFilter(owner__eq=owner, include_sub_conversations=below)
    async with open_house(database) as house:
        for _ in range(5):
            await house.begin()
        asked: list[str] = []

        def query(connection: sa.Connection) -> None:
            sa.event.listen(
                connection,
                "before_cursor_execute",
                lambda *given: asked.append((given[2], given[3])),  # type: ignore[arg-type]
            )
            page = conversations.search(
                connection, where, limit=2, page_id=None, order=ConversationOrder(order)
            )
            asked.clear()
            conversations.search(
                connection,
                where,
                limit=2,
                page_id=page.next_page_id,
                order=ConversationOrder(order),
            )

        await house.store.read(query)
    statement, given = asked[0]
    with closing(sqlite3.connect(database)) as connection:
        plan = "\n".join(
            str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", given)
        )
    column = order.split("_")[0].lower()
    assert f"ix_conversations_{'owner_' if owner else ''}{column}" in plan
    assert "TEMP B-TREE" not in plan, plan
