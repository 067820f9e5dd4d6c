"""The widgets. What they and the TypeScript half say to each other is in `EventView`."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from typing import Any
from uuid import UUID

import anywidget
import traitlets

from ..client import BlockingAPI, Bridge, ConversationClient, follow_conversation, follow_task
from ..client.asking import unfinished
from ..client.background import Background, background
from ..display import Transcript
from ..errors import ConversationError
from ..interface import ConversationAPI
from ..models import Conversation, Event, Task, TaskStatusUpdate
from .assets import script, style
from .pump import Pump

__all__ = ["ConversationView", "EventView", "TaskView", "widget_bundle"]

_TAIL = 200
_TAIL_SIZE = 1_000_000
_WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


class EventView(anywidget.AnyWidget):
    """What both widgets share.

    From the view: `{kind: "open", after_seq}` asks for every event after that, `{kind: "cancel", task_id?}` cancels.
    To the view: `{kind: "events", events}`, `{kind: "task", task}`, `{kind: "error", message}`. Until a view opens,
    nothing is asked of the server and nothing is sent; when the last has gone, the transfer stops.
    """

    mode = traitlets.Unicode("task").tag(sync=True)
    conversation_id = traitlets.Unicode().tag(sync=True)
    task_id = traitlets.Unicode(allow_none=True, default_value=None).tag(sync=True)
    task = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    tail: Any = traitlets.List().tag(sync=True)
    # Without a declaration anywidget drops the value that the constructor is given.
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self, api: ConversationAPI, **traits: Any) -> None:
        self._api = api
        self._home: Background = background()
        self._pump: Pump | None = None
        self._recent: deque[Event] = deque(maxlen=_TAIL)
        # Not None: the front end then counts the views, and says when the last has gone.
        super().__init__(_esm=script(), _css=style(), _view_count=0, **traits)
        self.on_msg(self._heard)
        self.observe(self._views_changed, "_view_count")

    def _events(self, after_seq: int) -> AsyncIterator[Event]:
        raise NotImplementedError

    async def _cancel(self, task_id: UUID | None) -> None:
        raise NotImplementedError

    def _noticed(self, events: list[Event]) -> None:
        """Events are about to be shown."""

    async def _over(self) -> None:
        """Nothing more will come."""

    def _heard(self, _: Any, message: Any, __: Any) -> None:
        """A message of a view. What it does not know, it ignores: it came from a browser."""
        if not isinstance(message, dict):
            return
        kind = message.get("kind")
        if kind == "open":
            after = message.get("after_seq")
            self._start(self._open(after if type(after) is int and after >= 0 else 0))
        elif kind == "cancel":
            said = message.get("task_id")
            self._start(self._cancelled(said if isinstance(said, str) else None))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._home.submit(work)

    async def _open(self, after_seq: int) -> None:
        if self._pump is not None:
            if self._pump.running and self._pump.position <= after_seq:
                return
            # Another view begins further back. What the first then gets twice, it knows by its `seq`.
            await self._pump.stop()
        self._pump = Pump(self._events(after_seq), self._send_events, self._pump_ended)
        self._pump.position = after_seq

    async def _cancelled(self, said: str | None) -> None:
        try:
            await self._cancel(UUID(said) if said else None)
        except (ConversationError, ValueError) as error:
            self.send({"kind": "error", "message": str(error)})

    def _send_events(self, events: list[Event]) -> None:
        self._noticed(events)
        self._recent.extend(event for event in events if event.seq is not None)
        self.send({"kind": "events", "events": [_wire(event) for event in events]})

    def _pump_ended(self, problem: str | None) -> None:
        if problem is not None:
            self.send({"kind": "error", "message": problem})
        else:
            self._start(self._over())

    def _keep_tail(self) -> None:
        """Into the state, which a saved notebook keeps: the newest events, up to 200 and a megabyte."""
        kept: deque[Any] = deque()
        size = 0
        for event in reversed(self._recent):
            size += len(event.model_dump_json())
            if size > _TAIL_SIZE:
                break
            kept.appendleft(_wire(event))
        self.tail = list(kept)

    def _views_changed(self, change: Any) -> None:
        if change["new"] == 0 and change["old"] and self._pump is not None:
            self._start(self._pump.stop())

    def close(self) -> None:
        """Take the widget off every screen."""
        if getattr(self, "_pump", None) is not None:
            self._start(self._pump.stop())  # type: ignore[union-attr]
        super().close()


class TaskView(EventView):
    """One task: `TaskView(handle)`, or `TaskView(task, api)`."""

    def __init__(self, task: Any, api: Any = None) -> None:
        held: Task = task if isinstance(task, Task) else task.task
        self._transcript = Transcript(held)
        super().__init__(
            _on_background(api if api is not None else getattr(task, "api", None)),
            mode="task",
            conversation_id=str(held.conversation_id),
            task_id=str(held.id),
            task=held.model_dump(mode="json"),
        )

    def _events(self, after_seq: int) -> AsyncIterator[Event]:
        task = self._transcript.task
        return follow_task(self._api, task.conversation_id, task.id, after_seq=after_seq)

    async def _cancel(self, task_id: UUID | None) -> None:
        task = self._transcript.task
        await self._api.cancel_task(task.conversation_id, task_id or task.id)

    def _noticed(self, events: list[Event]) -> None:
        told = [event for event in events if event.detail.type == "TaskStatusUpdate"]
        changed = [self._transcript.add(event) for event in told]
        if any(changed):
            self.send({"kind": "task", "task": self._transcript.task.model_dump(mode="json")})

    async def _over(self) -> None:
        task = self._transcript.task
        ended = await self._api.get_task(task.conversation_id, task.id)
        self._transcript.replace(ended)
        wire = ended.model_dump(mode="json")
        with self.hold_sync():
            self.task = wire
            self._keep_tail()
        self.send({"kind": "task", "task": wire})


class ConversationView(EventView):
    """A whole conversation, with each of its tasks: `ConversationView(conversation, api)`."""

    def __init__(self, conversation: Conversation, api: Any = None) -> None:
        self._id = conversation.id
        self._known: set[UUID] = set()
        super().__init__(
            _on_background(api), mode="conversation", conversation_id=str(conversation.id)
        )

    def _events(self, after_seq: int) -> AsyncIterator[Event]:
        return follow_conversation(self._api, self._id, after_seq=after_seq)

    def _noticed(self, events: list[Event]) -> None:
        for event in events:
            detail = event.detail
            if isinstance(detail, TaskStatusUpdate) and (
                detail.task_id not in self._known or detail.status.finished
            ):
                self._known.add(detail.task_id)
                self._start(self._show_task(detail.task_id))

    async def _show_task(self, task_id: UUID) -> None:
        with contextlib.suppress(ConversationError):  # without it, the view has the task's events
            task = await self._api.get_task(self._id, task_id)
            self.send({"kind": "task", "task": task.model_dump(mode="json")})

    async def _cancel(self, task_id: UUID | None) -> None:
        tasks = [task_id] if task_id else [t.id for t in await unfinished(self._api, self._id)]
        for id in tasks:
            await self._api.cancel_task(self._id, id)


def widget_bundle(task: Any) -> dict[str, Any]:
    """The part of a MIME bundle that shows a new `TaskView`."""
    view = TaskView(task)
    return {_WIDGET_MIME: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}


def _on_background(api: Any) -> ConversationAPI:
    """The interface as the background loop may use it. Without one, the server is found."""
    if api is None:
        from ..client import connect_blocking

        return connect_blocking().api
    if isinstance(api, BlockingAPI):
        return api.api
    if isinstance(api, Bridge):
        return api.inner
    if isinstance(api, ConversationClient):
        # Its connections belong to the loop it was first used in.
        return api.copy()
    found: ConversationAPI = api
    return found


def _wire(event: Event) -> Any:
    return event.model_dump(mode="json")
