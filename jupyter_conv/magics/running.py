"""From a parsed `%%task` to a task that runs, is shown, and perhaps waited for."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from IPython.core.error import UsageError

from ..client.printing import Printer, say
from ..client.runnables import task_request
from ..display import headline
from ..errors import ConversationError, NotFoundError
from ..models import Conversation, Task, TaskRequest, TaskStatus
from .attended import attended, has_front_end
from .handle import TaskFailed, TaskHandle
from .namespace import names_of
from .plainly import Interrupted
from .session import KernelSession, session_of
from .show import Shown
from .substitute import substitute
from .terminal import print_events

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .parse import TaskOptions

__all__ = ["Run", "request_of", "watch"]

_CANCEL_WAIT = 30.0


def request_of(ipython: InteractiveShell, options: TaskOptions, cell: str | None) -> TaskRequest:
    """The task request that the line and the body ask for. Raises UsageError, `InvalidError`."""
    names = names_of(ipython)
    kind = options.kind
    for name in ("title", "kernel", "output"):
        if getattr(options, name) is not None:
            setattr(options, name, substitute(getattr(options, name), names, math=False))
    options.parameter = [substitute(pair, names, math=False) for pair in options.parameter]
    body = _body(kind, options.arguments, cell)
    if kind != "python":
        # Python's own braces mean something; prompts may hold formulas.
        body = substitute(body, names, math=kind is None)
    return task_request(kind, body, options)


def _body(kind: str | None, arguments: list[str], cell: str | None) -> str:
    if arguments and cell and cell.strip():
        raise UsageError(
            f"%%task {kind}: {' '.join(arguments)!r} stands on the line, and there is a body too; "
            "give one of them."
        )
    if not arguments:
        return (cell or "").rstrip("\n")
    return shlex.join(arguments) if kind == "shell" and len(arguments) > 1 else " ".join(arguments)


class Run:
    """One run of `%%task`: asks for the task, shows it, binds it, waits for it where that is wanted."""

    def __init__(
        self, ipython: InteractiveShell, options: TaskOptions, request: TaskRequest
    ) -> None:
        self._ipython = ipython
        self._options = options
        # With an id of ours it can be cancelled even when the interrupt comes before the answer.
        self._request = request.model_copy(update={"id": request.id or uuid4()})
        self._attended = attended(ipython)
        wait, check = options.wait, options.check
        self._check = check if check is not None else not self._attended and wait is not False
        self.waits = self._check or bool(wait if wait is not None else not self._attended)
        self._streams = self.waits and not has_front_end(ipython)
        self._session = session_of(ipython)
        self._conversation: Conversation | None = None
        self.handle: TaskHandle | None = None

    def begin(self) -> None:
        """Ask for the task and show it. Raises `Interrupted`, and what the server refuses."""
        with self._interruptible():
            if self._session.notice:
                Printer().note(self._session.notice)
                self._session.notice = None
            self._conversation = self._session.conversation(self._options.conversation)
            task = self._session.ask.create_task(self._conversation.id, self._request)
            self.handle = watch(
                self._ipython,
                self._session,
                task,
                display=not self._streams,
                widget=self._attended,
            )
        if self._options.bind:
            self._ipython.user_ns[self._options.bind] = self.handle
        self._ipython.user_ns["_task"] = self.handle

    def wait(self) -> None:
        """Block until the task ends. Raises `TaskFailed` where the cell is to fail with it."""
        handle = self._begun()
        with self._interruptible():
            if self._streams:
                print_events(self._session.ask, handle.task)
            handle.settle()
        self._verdict(handle)

    async def awaited(self) -> None:
        """The same, without blocking the kernel's loop: clicks on the widget come through meanwhile."""
        handle = self._begun()
        with self._interruptible():
            await handle.settled()
        self._verdict(handle)

    def _begun(self) -> TaskHandle:
        if self.handle is None:
            self.begin()
        assert self.handle is not None
        return self.handle

    def _verdict(self, handle: TaskHandle) -> None:
        if self._check and handle.status is not TaskStatus.COMPLETED:
            raise TaskFailed(handle.task)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        try:
            yield
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise Interrupted(self._cancel()) from None

    def _cancel(self) -> str:
        if self._conversation is None or self._request.id is None:
            return "no task was begun"
        ask = self._session.ask
        try:
            ended = ask.cancel_task(self._conversation.id, self._request.id)
            if not ended.status.finished:
                handle = self.handle or TaskHandle(self._session.api, ended)
                handle.settle(_CANCEL_WAIT)
                ended = handle.task
        except NotFoundError:
            return "no task was begun"
        except (ConversationError, TimeoutError) as error:
            return f"the task goes on: {error}"
        cancelled = ended.status is TaskStatus.CANCELLED
        became = "the task was cancelled" if cancelled else "the task had ended by itself"
        return f"{became}: {headline(ended)}"


def watch(
    ipython: InteractiveShell,
    session: KernelSession,
    task: Task,
    *,
    display: bool = True,
    widget: bool = True,
) -> TaskHandle:
    """A handle on the task, and its display under the cell that runs now."""
    shown: list[Shown] = []

    def changed(final: bool) -> None:
        if shown:
            shown[0].changed(final)

    live = has_front_end(ipython)
    handle = TaskHandle(session.api, task, home=session.home, on_change=changed if live else None)
    if not display:
        return handle
    extra = _widget(handle) if widget and live else {}
    first = Shown(ipython, handle.transcript, live=session.live, extra=extra)
    shown.append(first)
    first.show()
    if live:
        # What changed while it was first shown was told to a display that was not there yet.
        first.refresh()
    return handle


def _widget(handle: TaskHandle) -> dict[str, Any]:
    from ..widgets import available, widget_bundle

    return widget_bundle(handle) if available() else {}


def show_prompt(conversation: Conversation | None, request: TaskRequest) -> None:
    """Print what would leave the machine."""
    where = f" to the conversation {conversation.title or conversation.id}" if conversation else ""
    say(f"This would be sent{where}; nothing was:")
    say(request.model_dump_json(indent=2, exclude_unset=False, exclude={"id"}))
