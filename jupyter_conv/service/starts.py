"""The rules of starts: what may be asked, who may see one, how one is followed, cancelled, and told after a crash."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from ..errors import ConflictError, InvalidError, NotFoundError, QuotaError
from ..models import (
    AppConversationStartRequest,
    AppConversationStartTask,
    AppConversationStartTaskPage,
    Conversation,
    ConversationRequest,
    Message,
    PageQuery,
    Source,
    StartTaskFilter,
    StartTaskOrder,
    Workspace,
    utc_now,
)
from ..sandbox import repository_url, without_password
from ..store import Connection, Draft, Store, conversations, starts
from ..store.conversations import ConversationRow
from ..store.starts import StartRow
from .conversations import Conversations
from .events import EventLog
from .principal import Principal, Ref
from .settings import Settings
from .start import Start
from .starter import Starter

__all__ = ["Starts"]

log = logging.getLogger("jupyter_conv")

CANCEL_GRACE = 10.0
"""Seconds after which a cancelled start is answered as it is, and goes on ending."""


class Starts:
    """Owns every start of this server, from the moment it is asked for to its last state."""

    def __init__(
        self,
        store: Store,
        events: EventLog,
        conversations: Conversations,
        starter: Starter,
        settings: Settings,
    ) -> None:
        self._store, self._events, self._conversations = store, events, conversations
        self._starter, self._settings = starter, settings
        self._live: dict[UUID, Start] = {}
        self._beginning: set[asyncio.Task[StartRow]] = set()
        conversations.on_finish.append(self._stop_of)

    @property
    def running(self) -> int:
        """How many starts are under way."""
        return len(self._live)

    async def begin(
        self, principal: Principal, request: AppConversationStartRequest
    ) -> AppConversationStartTask:
        """A start, on its way; the one there is, where its conversation is known and the same was asked."""
        if len(self._live) >= self._settings.max_waiting_starts:
            raise QuotaError("Too many starts wait already; ask again when some of them are done.")
        # Detached: who asked may go away, and what is kept has somebody who sees it to its end.
        task = asyncio.create_task(self._begin(principal, request))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        return (await asyncio.shield(task)).start

    async def _begin(self, principal: Principal, request: AppConversationStartRequest) -> StartRow:
        wanted, agent = await self._inherit(principal, request)
        repository = self._repository(wanted)
        wanted = _told(wanted)
        workspace = wanted.workspace or Workspace()
        begun = ConversationRequest(
            id=wanted.conversation_id,
            title=wanted.title,
            workspace=workspace,
            agent=agent,
            tags=wanted.tags,
            parent_conversation_id=wanted.parent_conversation_id,
        )
        id = uuid4()
        also = partial(self._insert, principal=principal, id=id, request=wanted)
        if repository is not None and workspace.type == "attached":
            await asyncio.to_thread(self._check_empty, workspace)
        conversation, created = await self._conversations.begin(principal, begun, also=also)
        row = await self._store.read(
            partial(starts.of_conversation, conversation_id=conversation.id)
        )
        if row is None:
            raise NotFoundError(f"There is no conversation {conversation.id}.")
        if created:
            ref = await self._conversations.ref(principal, conversation.id)
            self._go(Start(row.key, ref, [row.start], repository))
        return row

    async def _inherit(
        self, principal: Principal, request: AppConversationStartRequest
    ) -> tuple[AppConversationStartRequest, str | None]:
        """The request with what it takes over from its parent, and the agent."""
        agent = None if request.agent_type == "default" else request.agent_type
        if request.parent_conversation_id is None:
            return request, agent
        ref = await self._conversations.ref(principal, request.parent_conversation_id)
        parent = await self._conversations.get(ref)
        known = await self._store.read(partial(starts.requests, conversation_ids=[ref.id]))
        return _inherited(request, parent, known.get(ref.id)), agent or parent.agent

    def _repository(self, request: AppConversationStartRequest) -> str | None:
        if request.selected_repository is None:
            if request.selected_branch is not None:
                raise InvalidError(
                    "selected_branch is of a repository; name it in selected_repository.",
                    code="repository",
                )
            return None
        root, base = self._settings.root_dir, self._settings.git_base_url
        return repository_url(request.selected_repository, root, base)

    def _check_empty(self, workspace: Workspace) -> None:
        path = self._settings.root_dir / Path(workspace.path or "")
        if path.is_dir() and any(path.iterdir()):
            raise ConflictError(
                "A repository is cloned into an empty directory; attach one, or leave workspace out.",
                code="not_empty",
            )

    def _insert(
        self,
        connection: Connection,
        row: ConversationRow,
        created: bool,
        *,
        principal: Principal,
        id: UUID,
        request: AppConversationStartRequest,
    ) -> Sequence[Draft]:
        conversation_id = row.conversation.id
        if not created:
            known = starts.of_conversation(connection, conversation_id)
            if known is None or _without_id(known.start.request) != _without_id(request):
                raise ConflictError(
                    f"Another conversation has the id {conversation_id}; leave the id out, or choose "
                    "another one.",
                    code="id_taken",
                )
            return ()
        starts.insert(
            connection,
            id=id,
            owner=principal.name,
            conversation_key=row.key,
            conversation_id=conversation_id,
            request=request,
            now=utc_now(),
        )
        message = request.message
        if message is None:
            return ()
        ref = Ref(row.key, conversation_id, principal.name, row.conversation.workspace)
        return [self._events.draft(ref, Message(content=message.text), Source.USER)]

    def _go(self, start: Start) -> None:
        self._live[start.id] = start
        start.runner = asyncio.create_task(
            self._starter.run(start), name=f"jupyter-conv-start-{start.id}"
        )
        start.runner.add_done_callback(partial(self._ended, start))

    def _ended(self, start: Start, runner: asyncio.Task[None]) -> None:
        self._live.pop(start.id, None)
        start.close()
        if not runner.cancelled() and (error := runner.exception()) is not None:
            log.error("The end of start %s could not be told", start.id, exc_info=error)

    async def follow(
        self, principal: Principal, start: AppConversationStartTask
    ) -> AsyncGenerator[AppConversationStartTask, None]:
        """Every state of a start, to the last, as they come; of one that has ended, the last."""
        live = self._live.get(start.id)
        if live is None:
            yield (await self._row(principal, start.id)).start
            return
        async for now in live.follow():
            yield now

    async def cancel(self, principal: Principal, id: UUID) -> tuple[AppConversationStartTask, bool]:
        """Stop a start; as it is then, and whether there was anything to stop."""
        await self._row(principal, id)
        live = self._live.get(id)
        if live is not None and live.runner is not None:
            live.stop("cancelled")
            await asyncio.wait([live.runner], timeout=CANCEL_GRACE)
        return (await self._row(principal, id)).start, live is not None

    async def _row(self, principal: Principal, id: UUID) -> StartRow:
        row = await self._store.read(partial(starts.find, id=id))
        if row is None or not (principal.admin or principal.name == row.owner):
            raise NotFoundError(f"There is no start task {id}.")
        return row

    async def page(
        self,
        principal: Principal,
        where: StartTaskFilter,
        page: PageQuery,
        order: StartTaskOrder,
    ) -> AppConversationStartTaskPage:
        """A page of the starts that are theirs to see."""
        owner = _owner(principal)
        return await self._store.read(
            lambda c: starts.search(
                c, where, owner, limit=page.limit, page_id=page.page_id, order=order
            )
        )

    async def count(self, principal: Principal, where: StartTaskFilter) -> int:
        """How many those are."""
        return await self._store.read(lambda c: starts.count(c, where, _owner(principal)))

    async def batch(
        self, principal: Principal, ids: Sequence[UUID]
    ) -> tuple[AppConversationStartTask | None, ...]:
        """Those of these ids, in their order; None for what is not there or not theirs."""
        found = await self._store.read(lambda c: starts.batch(c, ids, _owner(principal)))
        return tuple(found.get(id) for id in ids)

    async def _stop_of(self, ref: Ref) -> None:
        """The conversation is being finished: its start, if it is under way, ends first."""
        for start in list(self._live.values()):
            if start.ref.id == ref.id and start.runner is not None:
                start.stop("cancelled")
                await asyncio.wait([start.runner])

    async def resume(self) -> None:
        """At boot, before anything else: what a dead server was starting ends in ERROR, `interrupted`."""
        for row in await self._store.read(starts.unfinished):
            found = await self._store.read(
                partial(conversations.find, id=row.start.app_conversation_id)
            )
            assert found is not None  # they are erased together
            of = found.conversation
            ref = Ref(found.key, of.id, of.owner, of.workspace)
            await self._starter.interrupt(Start(row.key, ref, [row.start], None))

    async def aclose(self, grace: float) -> None:
        """Stop what is under way, and say so."""
        if self._beginning:
            await asyncio.wait(list(self._beginning))
        for start in list(self._live.values()):
            start.stop("interrupted")
        runners = [start.runner for start in self._live.values() if start.runner is not None]
        if runners:
            _, late = await asyncio.wait(runners, timeout=grace)
            for runner in late:
                log.error("%s did not stop within %s s", runner.get_name(), grace)


def _owner(principal: Principal) -> str | None:
    return None if principal.admin else principal.name


def _told(request: AppConversationStartRequest) -> AppConversationStartRequest:
    """The request as it is kept and told: without a password."""
    said = request.selected_repository
    return request.model_copy(update={"selected_repository": said and without_password(said)})


def _without_id(request: AppConversationStartRequest) -> AppConversationStartRequest:
    return request.model_copy(update={"conversation_id": None})


def _inherited(
    request: AppConversationStartRequest,
    parent: Conversation,
    theirs: AppConversationStartRequest | None,
) -> AppConversationStartRequest:
    more: dict[str, object] = {}
    if request.workspace is None and parent.workspace.type == "attached":
        more["workspace"] = parent.workspace
    elif request.workspace is None and request.selected_repository is None and theirs is not None:
        # A workspace of its own has the same repository in it; in an attached one it is there.
        more["selected_repository"] = theirs.selected_repository
        more["selected_branch"] = request.selected_branch or theirs.selected_branch
        more["git_provider"] = request.git_provider or theirs.git_provider
    if request.llm_model is None and theirs is not None:
        more["llm_model"] = theirs.llm_model
    return request.model_copy(update=more)
