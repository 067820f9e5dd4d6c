"""One start while it lives: where it is, who follows it, why it is to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from ..models import AppConversationStartRequest, AppConversationStartTask
from .principal import Ref

__all__ = ["Start"]


@dataclass(eq=False)
class Start:
    """A start that is not finished. `told` is every state it had, the newest last; `repository` what git is given."""

    key: int
    ref: Ref
    told: list[AppConversationStartTask]
    repository: str | None
    work: asyncio.Task[None] | None = None
    runner: asyncio.Task[None] | None = None
    stopping: Literal["cancelled", "interrupted"] | None = None
    closed: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> UUID:
        """The start's id."""
        return self.told[-1].id

    @property
    def request(self) -> AppConversationStartRequest:
        """What was asked for."""
        return self.told[-1].request

    def tell(self, now: AppConversationStartTask) -> None:
        """It has a new state, which is kept already."""
        self.told.append(now)
        self._wake()

    def close(self) -> None:
        """No more will be told."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def stop(self, why: Literal["cancelled", "interrupted"]) -> None:
        """Make it end. The first reason given is the one told."""
        if self.stopping is None:
            self.stopping = why
            if self.work is not None:
                self.work.cancel()

    async def follow(self) -> AsyncGenerator[AppConversationStartTask, None]:
        """Every state from the first to the last, as they come."""
        at = 0
        while True:
            changed = self._changed
            for now in self.told[at:]:
                at += 1
                yield now
            if self.closed or self.told[-1].status.finished:
                return
            if at == len(self.told):
                await changed.wait()
