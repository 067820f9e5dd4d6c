"""The rules of conversations: who may see one, how one begins and ends."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from ..errors import ConflictError, NotFoundError
from ..models import (
    Conversation,
    ConversationFilter,
    ConversationOrder,
    ConversationPatch,
    ConversationRequest,
    ConversationStatus,
    ConversationStatusUpdate,
    Page,
    PageQuery,
    Source,
    utc_now,
)
from ..sandbox import LocalSandbox
from ..store import Connection, Draft, Store, conversations
from ..store.conversations import ConversationRow
from ..workspace import Workspaces
from .events import EventLog, require_open
from .principal import Principal, Ref
from .tasks import Supervisor

__all__ = ["Conversations", "narrow"]

CREATING, READY = ConversationStatus.CREATING, ConversationStatus.READY
DESTROYING, DESTROYED = ConversationStatus.DESTROYING, ConversationStatus.DESTROYED
KNOWN = 10_000
"""At most so many references are remembered."""

Also = Callable[[Connection, ConversationRow, bool], Sequence[Draft]]
"""What is kept in the commit that begins a conversation: its row, whether it is new, and the events to tell."""


class Conversations:
    """Begins, finds, changes and finishes conversations."""

    def __init__(
        self,
        store: Store,
        events: EventLog,
        tasks: Supervisor,
        sandbox: LocalSandbox,
        workspaces: Workspaces,
    ) -> None:
        self._store, self._events, self._tasks = store, events, tasks
        self._sandbox, self._workspaces = sandbox, workspaces
        self._refs: OrderedDict[UUID, Ref] = OrderedDict()
        self._finishing: dict[UUID, asyncio.Task[None]] = {}
        self.on_finish: list[Callable[[Ref], Awaitable[None]]] = []

    async def ref(self, principal: Principal, id: UUID) -> Ref:
        """Let a participant in. Raises `NotFoundError` for what is not there and for what is not theirs."""
        ref = self._refs.get(id)
        if ref is None:
            row = await self._store.read(partial(conversations.find, id=id))
            ref = None if row is None else self._remember(_ref(row))
        if ref is None or not (principal.admin or principal.name == ref.owner):
            raise NotFoundError(f"There is no conversation {id}.")
        return ref

    def _remember(self, ref: Ref) -> Ref:
        self._refs[ref.id] = ref
        if len(self._refs) > KNOWN:
            self._refs.popitem(last=False)
        return ref

    async def begin(
        self, principal: Principal, request: ConversationRequest, *, also: Also | None = None
    ) -> tuple[Conversation, bool]:
        """A new conversation, or the one that has the request's id already; and whether it is new.

        With `also` it stays CREATING, and its tasks wait, until `transition` and the supervisor say otherwise.
        """
        check = partial(self._workspaces.check, request.workspace)
        # Only an attached directory has to be looked for.
        managed = request.workspace.type == "managed"
        workspace = check() if managed else await asyncio.to_thread(check)
        request = request.model_copy(update={"workspace": workspace})
        parent = None
        if request.parent_conversation_id is not None:
            parent = await self.ref(principal, request.parent_conversation_id)
        id = request.id or uuid4()
        apply = partial(
            self._insert, principal=principal, id=id, request=request, parent=parent, also=also
        )
        # Before the conversation can be known to anyone; two that ask at once are committed in this order.
        held, created = also is not None and self._tasks.hold(id), False
        try:
            (row, created), _ = await self._store.write(apply)
        finally:
            if held and not created:
                self._tasks.release(id)
        self._remember(_ref(row))
        return row.conversation, created

    def _insert(
        self,
        connection: Connection,
        *,
        principal: Principal,
        id: UUID,
        request: ConversationRequest,
        parent: Ref | None,
        also: Also | None,
    ) -> tuple[Any, Sequence[Draft]]:
        body = request.model_dump_json(exclude={"id"})
        known = conversations.find(connection, id) if request.id is not None else None
        if known is not None:
            if known.conversation.owner != principal.name or known.request != body:
                raise ConflictError(
                    f"Another conversation has the id {id}; leave the id out, or choose another one.",
                    code="id_taken",
                )
            return (known, False), () if also is None else also(connection, known, False)
        if parent is not None:
            require_open(connection, parent)
        now = utc_now()
        # Where nothing has to be prepared, both steps are told in one commit.
        steps = [CREATING] if also is not None else [CREATING, READY]
        row = conversations.insert(
            connection,
            id=id,
            owner=principal.name,
            request=request,
            body=body,
            now=now,
            status=steps[-1],
        )
        drafts = [self._told(_ref(row), status, now) for status in steps]
        if also is not None:
            drafts += also(connection, row, True)
        return (row, True), drafts

    async def get(self, ref: Ref) -> Conversation:
        """One conversation."""
        return (await self._row(ref)).conversation

    async def _row(self, ref: Ref) -> ConversationRow:
        row = await self._store.read(partial(conversations.find, id=ref.id))
        if row is None:
            self._refs.pop(ref.id, None)
            raise NotFoundError(f"There is no conversation {ref.id}.")
        return row

    async def page(
        self,
        principal: Principal,
        where: ConversationFilter,
        page: PageQuery,
        order: ConversationOrder,
    ) -> Page[Conversation]:
        """A page of the conversations that are theirs to see."""
        narrowed = narrow(principal, where)
        if narrowed is None:
            return Page(results=())
        return await self._store.read(
            lambda c: conversations.search(
                c, narrowed, limit=page.limit, page_id=page.page_id, order=order
            )
        )

    async def count(self, principal: Principal, where: ConversationFilter) -> int:
        """How many those are."""
        narrowed = narrow(principal, where)
        if narrowed is None:
            return 0
        return await self._store.read(lambda c: conversations.count(c, narrowed))

    async def update(self, ref: Ref, patch: ConversationPatch) -> Conversation:
        """Rename or tag."""
        values = patch.model_dump(include=patch.model_fields_set)
        if values.get("tags", ...) is None:
            values["tags"] = {}

        def apply(connection: Connection) -> tuple[ConversationRow | None, Sequence[Draft]]:
            if values:
                conversations.update(connection, ref.key, utc_now(), **values)
            return conversations.find(connection, ref.id), ()

        row, _ = await self._store.write(apply)
        if row is None:
            raise NotFoundError(f"There is no conversation {ref.id}.")
        found: Conversation = row.conversation
        return found

    async def finish(self, ref: Ref, *, purge: bool, grace: float) -> Conversation:
        """End what runs and close the conversation and its sub-conversations; with `purge`, erase them.

        Answers after at most `grace` seconds.
        """
        finishing = self._end(ref)
        await asyncio.wait([finishing], timeout=None if purge else grace)
        if finishing.done():
            finishing.result()
        conversation = await self.get(ref)
        if purge:
            await self._erase(ref)
        return conversation

    def _end(self, ref: Ref) -> asyncio.Task[None]:
        finishing = self._finishing.get(ref.id)
        if finishing is None:
            finishing = asyncio.create_task(self._finish(ref))
            self._finishing[ref.id] = finishing
            finishing.add_done_callback(lambda _: self._finishing.pop(ref.id, None))
        return finishing

    async def _finish(self, ref: Ref) -> None:
        await self._change(ref, [CREATING, READY, ConversationStatus.ERROR], DESTROYING)
        for end in self.on_finish:
            await end(ref)
        children = await self._children(ref)
        await asyncio.gather(
            *(self._end(_ref(row)) for row in children if row.conversation.status is not DESTROYED)
        )
        await self._tasks.cancel_all(ref)
        self._tasks.release(ref.id)
        await self._sandbox.release(ref.id)
        await self._change(ref, [DESTROYING], DESTROYED)

    async def _erase(self, ref: Ref) -> None:
        family = [ref]
        for member in family:
            family += [_ref(row) for row in await self._children(member)]
        for member in reversed(family):
            await self._store.write(partial(_purge, key=member.key))
            self._refs.pop(member.id, None)
            await self._sandbox.erase(member.id, member.workspace)

    async def _children(self, ref: Ref) -> list[ConversationRow]:
        return await self._store.read(partial(conversations.children, id=ref.id))

    async def _change(
        self, ref: Ref, since: Sequence[ConversationStatus], status: ConversationStatus
    ) -> None:
        await self._store.write(lambda c: (None, self.transition(c, ref, since, status)))

    def transition(
        self,
        connection: Connection,
        ref: Ref,
        since: Sequence[ConversationStatus],
        status: ConversationStatus,
        message: str | None = None,
    ) -> list[Draft]:
        """Write the status, where it is one of `since`: the event that tells it, or none."""
        now = utc_now()
        done = conversations.set_status(
            connection, ref.key, status, since=since, message=message, now=now
        )
        return [self._told(ref, status, now, message)] if done else []

    def _told(
        self, ref: Ref, status: ConversationStatus, now: datetime, message: str | None = None
    ) -> Draft:
        detail = ConversationStatusUpdate(conversation_id=ref.id, status=status, message=message)
        return self._events.draft(ref, detail, Source.SYSTEM, at=now)

    async def resume(self) -> None:
        """At boot: tasks first, then the conversations that were on their way to an end."""
        rows = await self._store.read(conversations.with_unfinished_tasks)
        await self._tasks.resume({row.key: _ref(row) for row in rows})
        for row in await self._store.read(conversations.unsettled):
            if row.conversation.status is DESTROYING:
                await self._finish(_ref(row))
            else:
                await self._change(_ref(row), [CREATING], READY)
        self._tasks.start()

    async def aclose(self, grace: float) -> None:
        """Wait for those that are being finished; the next server finishes those that take longer."""
        if self._finishing:
            _, late = await asyncio.wait(list(self._finishing.values()), timeout=grace)
            for finishing in late:
                finishing.cancel()


def _ref(row: ConversationRow) -> Ref:
    found = row.conversation
    return Ref(row.key, found.id, found.owner, found.workspace)


def _purge(connection: Connection, *, key: int) -> tuple[bool, Sequence[Draft]]:
    return conversations.purge(connection, key), ()


def narrow(principal: Principal, where: ConversationFilter) -> ConversationFilter | None:
    """The filter within what is theirs; None where that is nothing."""
    if principal.admin:
        return where
    if where.owner__eq not in (None, principal.name):
        return None
    return where.model_copy(update={"owner__eq": principal.name})
