"""An open store, and what the tests of it write."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from jupyter_conv.models import ConversationRequest, utc_now
from jupyter_conv.store import Committed, Draft, Store, conversations, events, now_micros

Told = dict[UUID, list[Committed]]


class House:
    """A store with what it told, and words for what the tests do with it."""

    def __init__(self, store: Store, told: Told) -> None:
        self.store, self.told = store, told

    async def begin(self, id: UUID | None = None) -> tuple[int, UUID]:
        """A new conversation: its key and its id."""
        id = id or uuid4()
        request = ConversationRequest()

        def apply(connection: Any) -> tuple[int, tuple[()]]:
            row = conversations.insert(
                connection, id=id, owner="ada", request=request, body="{}", now=utc_now()
            )
            return row.key, ()

        return (await self.store.write(apply))[0], id

    async def say(self, to: tuple[int, UUID], *texts: str, durable: bool = True) -> list[Committed]:
        """Append messages in one unit."""
        drafts = [draft(to, text, durable=durable) for text in texts]
        return (await self.store.write(None, drafts))[1]

    async def log(self, to: tuple[int, UUID]) -> list[tuple[int, str]]:
        """What is kept: each `seq` with its text."""
        rows = await self.store.read(lambda c: events.after(c, to[0], 0, 10**6))
        return [(seq, json.loads(body)["detail"]["content"]) for seq, body in rows]


def draft(to: tuple[int, UUID], text: str, *, type: str = "Message", **more: Any) -> Draft:
    """An event that says something."""
    detail = json.dumps({"type": type, "content": text}).encode()
    return Draft(*to, now_micros(), "user", type, detail, **more)


@asynccontextmanager
async def open_house(path: Path, **options: Any) -> AsyncIterator[House]:
    """A store at a path, with what it tells collected."""
    told: Told = {}
    store = await Store.open(
        f"sqlite:///{path}",
        lambda id, batch: told.setdefault(id, []).extend(batch),
        **options,
    )
    try:
        yield House(store, told)
    finally:
        await store.aclose()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "data" / "conversations.db"


@pytest_asyncio.fixture
async def house(database: Path) -> AsyncIterator[House]:
    """An open store."""
    async with open_house(database) as opened:
        yield opened
