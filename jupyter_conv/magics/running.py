"""From a parsed `%%task` to a task that runs, is shown, and perhaps waited for."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from ..client.printing import Printer, say
from ..client.runnables import task_request
from ..display import headline
from ..errors import ConversationError
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
        self._attended = attended(ipython)
        wait, check = options.wait, options.check
        self._check = check if check is not None else not self._attended and wait is not False
        self.waits = self._check or bool(wait if wait is not None else not self._attended)
        session = session_of(ipython)
        if session.notice:
            Printer().note(session.notice)
            session.notice = None
        self._session = session
        conversation = session.conversation(options.conversation)
        task = session.ask.create_task(conversation.id, request)
        self._streams = self.waits and not has_front_end(ipython)
        self.handle = watch(
            ipython, session, task, display=not self._streams, widget=self._attended
        )
        if options.bind:
            ipython.user_ns[options.bind] = self.handle
        ipython.user_ns["_task"] = self.handle

    def wait(self) -> None:
        """Block until the task ends. Raises `TaskFailed` where the cell is to fail with it."""
        try:
            if self._streams:
                print_events(self._session.ask, self.handle.task)
            self.handle.settle()
        except KeyboardInterrupt:
            raise Interrupted(self._cancel()) from None
        self._verdict()

    async def awaited(self) -> None:
        """The same, without blocking the kernel's loop: clicks on the widget come through meanwhile."""
        try:
            await self.handle.settled()
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise Interrupted(self._cancel()) from None
        self._verdict()

    def _verdict(self) -> None:
        if self._check and self.handle.status is not TaskStatus.COMPLETED:
            raise TaskFailed(self.handle.task)

    def _cancel(self) -> str:
        try:
            self.handle.cancel()
            self.handle.settle(_CANCEL_WAIT)
        except (ConversationError, TimeoutError) as error:
            return f"the wait was interrupted, the task goes on: {error}"
        cancelled = self.handle.status is TaskStatus.CANCELLED
        became = "the task was cancelled" if cancelled else "the task had ended by itself"
        return f"{became}: {headline(self.handle.task)}"


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
    first.show()
    shown.append(first)
    if handle.done and live:
        # It ended between the first look and the list above: nobody would tell the display.
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
