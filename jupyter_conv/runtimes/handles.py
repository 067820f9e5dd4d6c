"""One kernel with a client that is kept connected to it."""

from __future__ import annotations

import asyncio
import contextlib
from queue import Empty
from typing import Any

from jupyter_core.utils import ensure_async

from ..errors import RuntimeFailure
from .channels import Kernel, MessageReader
from .processes import end_tree
from .proctable import birth

__all__ = ["KernelHandle", "kernel_died"]

_LOCAL_WATCH = 0.25
_REMOTE_WATCH = 2.0


def kernel_died(name: str) -> RuntimeFailure:
    """The failure of a task whose kernel died."""
    return RuntimeFailure(
        f"The kernel {name!r} died: what was defined in it is gone. The next task gets a fresh one.",
        code="kernel_died",
    )


class KernelHandle:
    """A running kernel. Hold `lock` while executing: there is one reader of its messages.

    `state_lost` says that it takes the place of one that had stopped; who has told the user sets it back.
    `pid` is its process as it was started, null where it runs elsewhere.
    """

    def __init__(self, manager: Kernel, kernel_id: str, kernel_name: str, mark: str | None) -> None:
        self.kernel_id = kernel_id
        self.kernel_name = kernel_name
        self.mark = mark
        self.lock = asyncio.Lock()
        self.state_lost = False
        self._manager = manager
        self.kernel: Kernel = manager.get_kernel(kernel_id)
        self.pid = self._pid_now()
        self._born = None if self.pid is None else birth(self.pid)
        # Whether a remote kernel lives is a request over the network each time.
        self._watch = _REMOTE_WATCH if self.pid is None else _LOCAL_WATCH
        self.client: Kernel = None
        self.language: str | None = None
        self._reader: MessageReader | None = None

    @property
    def reader(self) -> MessageReader:
        """What the kernel publishes."""
        assert self._reader is not None, "not connected"
        return self._reader

    async def connect(self, timeout: float) -> None:
        """Connect a client and wait until the kernel answers. Raises `RuntimeFailure`."""
        self.client = self.kernel.client()
        await ensure_async(self.client.start_channels(stdin=False, hb=False, control=False))
        self.client.allow_stdin = False
        self._reader = MessageReader(self.client)
        try:
            async with asyncio.timeout(timeout):
                while not await self._answers():
                    pass
        except TimeoutError:
            raise RuntimeFailure(
                f"The kernel {self.kernel_name!r} did not answer within {timeout:g} seconds.",
                code="kernel_start_failed",
            ) from None

    async def _answers(self) -> bool:
        """Whether a question is answered on both channels: only then is nothing missed of what it publishes."""
        asked = await ensure_async(self.client.kernel_info())
        content = await self.reply(asked)
        self.language = content.get("language_info", {}).get("name")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                async for message in self.reader.messages():
                    if message["parent_header"].get("msg_id") == asked:
                        return True
        return False

    async def reply(self, msg_id: str) -> dict[str, Any]:
        """The content of the answer to a request on the shell channel. Raises `kernel_died` where none can come."""
        while True:
            try:
                message = await ensure_async(self.client.shell_channel.get_msg(timeout=self._watch))
            except Empty:
                if not await self.alive():
                    raise kernel_died(self.kernel_name) from None
                continue
            if message["parent_header"].get("msg_id") == msg_id:
                return dict(message["content"])

    async def alive(self) -> bool:
        """Whether this very kernel still runs: not culled, not dead, not started again behind our back."""
        if self.kernel_id not in self._manager or self._pid_now() != self.pid:
            return False
        return bool(await ensure_async(self.kernel.is_alive()))

    async def died(self) -> None:
        """Return when the kernel has died."""
        while await self.alive():  # noqa: ASYNC110 (a provisioner has nothing to wait on)
            await asyncio.sleep(self._watch)

    async def interrupt(self) -> None:
        """Interrupt what it executes."""
        if self.kernel_id in self._manager:
            await ensure_async(self._manager.interrupt_kernel(self.kernel_id))

    async def shutdown(self, *, now: bool) -> None:
        """End the kernel and everything it started. `now`: without asking it first."""
        if self.client is not None:
            await ensure_async(self.client.stop_channels())
        if now:
            await self._end_processes()
        if self.kernel_id in self._manager:
            # Gone between the question and the call is gone too: a server says so by a 404.
            with contextlib.suppress(KeyError, *_gone()):
                await ensure_async(self._manager.shutdown_kernel(self.kernel_id, now=now))
        await self._end_processes()

    async def _end_processes(self) -> None:
        if self.pid is not None:
            await end_tree(self.pid, self.mark, grace=0, born=self._born)

    def _pid_now(self) -> int | None:
        pid: int | None = getattr(getattr(self.kernel, "provisioner", None), "pid", None)
        return pid


def _gone() -> tuple[type[Exception], ...]:
    from tornado.web import HTTPError

    return (HTTPError,)
