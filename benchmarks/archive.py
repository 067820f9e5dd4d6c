"""Many conversations and events on disk, written through the store."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from jupyter_conv.models import (
    ConversationRequest,
    ConversationStatus,
    TextReply,
    Usage,
    dump_detail,
    utc_now,
)
from jupyter_conv.store import Draft, Store, conversations, now_micros

from .plugin import TEXT

__all__ = ["Archive", "make_archive"]

RARE = 2000
"""One in so many events is of a rare type."""


@dataclass(frozen=True)
class Archive:
    """Where it is, and the conversations in it that are not empty."""

    data_dir: Path
    number: int
    events: int
    long: str
    """The id of the conversation that has all events but those of the next two."""
    hundredth: str
    tenth: str
    tenth_key: int

    @property
    def database(self) -> Path:
        """The file."""
        return self.data_dir / "conversations.db"


def make_archive(home: Path, number: int, events: int) -> Archive:
    """The archive of that size in this folder, made unless it is there. `hundredth` and `tenth` are shares of it."""
    note = home / "archive.json"
    if note.exists():
        found = json.loads(note.read_text())
        if (found["number"], found["events"]) == (number, events):
            return Archive(**{**found, "data_dir": Path(found["data_dir"])})
    (data_dir := home / f"{number}-{events}").mkdir()
    made = asyncio.run(_write(data_dir, number, events))
    note.write_text(json.dumps(asdict(made), default=str))
    return made


async def _write(data_dir: Path, number: int, events: int) -> Archive:
    store = await Store.open(f"sqlite:///{data_dir / 'conversations.db'}", lambda *_: None)
    try:
        made = [uuid4() for _ in range(number)]
        keys, _ = await store.write(lambda c: (_insert(c, made), ()))
        shares = [events * 89 // 100, events // 10, events // 100]
        for key, id, share in zip(keys, made, shares, strict=False):
            await _fill(store, key, id, share)
    finally:
        await store.aclose()
    return Archive(data_dir, number, events, str(made[0]), str(made[2]), str(made[1]), keys[1])


def _insert(connection: sa.Connection, ids: list[UUID]) -> list[int]:
    request = ConversationRequest(title="An archived conversation")
    body, now = request.model_dump_json(), utc_now()
    made = [
        conversations.insert(
            connection,
            id=id,
            owner="root",
            request=request,
            body=body,
            now=now,
            status=ConversationStatus.READY,
        )
        for id in ids
    ]
    return [row.key for row in made]


async def _fill(store: Store, key: int, id: UUID, events: int) -> None:
    common = ("TextReply", dump_detail(TextReply(text=TEXT)))
    rare = ("Usage", dump_detail(Usage(model="a model")))
    for start in range(0, events, 1000):
        drafts = []
        for number in range(start, min(start + 1000, events)):
            type_, detail = common if number % RARE else rare
            drafts.append(Draft(key, id, now_micros(), "runtime", type_, detail))
        store.append(drafts, on_error=_raise)
        await store.room()
    await store.write(None)


def _raise(error: BaseException) -> Any:
    raise error
