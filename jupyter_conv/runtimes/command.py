"""Commands: processes in a session of their own, their output as a terminal would get it, nothing left running."""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, Protocol

from ..errors import RuntimeFailure
from ..models import NotebookOutput, Stream
from .environment import MARK
from .processes import end_tree
from .proctable import birth
from .shielding import see_through
from .terminal import TERMINAL_ENVIRONMENT, open_terminal, read_chunks

__all__ = ["SHELL", "Command", "CommandContext", "ending", "running"]

SHELL = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
_LEFTOVERS = "[{} that the command had left running in the background {} ended]\n"


class CommandContext(Protocol):
    """What of a `RunContext` a command needs."""

    @property
    def workspace(self) -> Path:
        """Where it runs."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """Its environment, with the mark by which its processes are found."""
        ...

    async def output(self, output: NotebookOutput) -> None:
        """Take what it puts out."""
        ...


@asynccontextmanager
async def running(
    command: Sequence[str], context: CommandContext, *, grace: float = 2.0, linger: float = 0.25
) -> AsyncIterator[Command]:
    """A command, given as its words; it is started, and at the end nothing of it is left, whatever happens.

    `grace`: seconds that it has to end by itself when it must; `linger`: seconds that background processes may still
    write after it has gone. Raises `RuntimeFailure`, `bad_command`, for what cannot be started.
    """
    running = Command(context, grace, linger)
    try:
        await running.start(command)
        yield running
    finally:
        # Not even a second cancellation leaves processes behind.
        await see_through(running.stop())


class Command:
    """One command with its process, its two terminals, and the tasks that read them."""

    def __init__(self, context: CommandContext, grace: float, linger: float) -> None:
        self._context = context
        self._grace = grace
        self._linger = linger
        self._mark = context.environment.get(MARK)
        self._launched = False
        self._process: asyncio.subprocess.Process | None = None
        self._born: float | None = None
        self._open: list[int] = []
        self._pumps: list[_Pump] = []

    async def start(self, command: Sequence[str]) -> None:
        """Start the process, and read its output from now on."""
        ours, theirs = zip(open_terminal(), open_terminal(), strict=True)
        self._open = [*ours, *theirs]
        self._launched = True
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs[0],
                stderr=theirs[1],
                cwd=self._context.workspace,
                env={**self._context.environment, **TERMINAL_ENVIRONMENT},
                start_new_session=True,
            )
        except (
            ValueError,
            OSError,
        ) as error:  # a NUL, a lone surrogate; too long, no such directory
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise RuntimeFailure(
                f"The command cannot be run: {reason}. Long scripts belong into a file.",
                code="bad_command",
            ) from error
        self._born = birth(self._process.pid)
        for fd in theirs:
            os.close(fd)
            self._open.remove(fd)
        self._pumps = [
            _Pump(ours[0], "stdout", self._context),
            _Pump(ours[1], "stderr", self._context),
        ]

    async def finish(self) -> int:
        """Wait for its first process and all that was written; end what it left behind. Out: its exit code."""
        assert self._process is not None
        ended = asyncio.create_task(self._process.wait())
        try:
            while not ended.done():
                reading = [pump.task for pump in self._pumps if not pump.task.done()]
                await asyncio.wait({ended, *reading}, return_when=asyncio.FIRST_COMPLETED)
                self._raise_pump_error()
            code = ended.result()
        finally:
            ended.cancel()
        await asyncio.wait(self._tasks(), timeout=self._linger)
        # Who has just closed the terminal may still be on its way out.
        left = await self._end(min(self._grace, 0.5), patience=0.1)
        if left:
            what = "A process" if left == 1 else f"{left} processes"
            text = _LEFTOVERS.format(what, "was" if left == 1 else "were")
            await self._context.output(Stream(name="stderr", text=text))
        await self._drain()
        return code

    async def _drain(self) -> None:
        """Read the rest. A process that got away may hold a terminal open: silence is an end too."""
        while reading := [pump for pump in self._pumps if not pump.task.done()]:
            before = [pump.pieces for pump in reading]
            await asyncio.wait([pump.task for pump in reading], timeout=self._linger)
            if before == [pump.pieces for pump in reading] and not any(p.busy for p in reading):
                break
        self._raise_pump_error()

    async def stop(self) -> None:
        """Leave nothing running and nothing open."""
        if self._launched:  # it may have begun although we were not told
            await self._end(self._grace)
        if self._pumps:
            await asyncio.wait(self._tasks(), timeout=0.2)  # its last words
        for task in self._tasks():
            task.cancel()
        await asyncio.gather(*self._tasks(), return_exceptions=True)
        for fd in self._open:
            os.close(fd)
        self._open = []
        if self._process is not None:
            await self._process.wait()

    async def _end(self, grace: float, patience: float = 0) -> int:
        root = None if self._process is None else self._process.pid
        return await end_tree(root, self._mark, grace=grace, born=self._born, patience=patience)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [pump.task for pump in self._pumps]

    def _raise_pump_error(self) -> None:
        for task in self._tasks():
            if task.done():
                task.result()


class _Pump:
    """Reads one terminal in a task of its own. `busy` while a piece is being taken, `pieces` how many were."""

    def __init__(self, fd: int, name: Literal["stdout", "stderr"], context: CommandContext) -> None:
        self.busy = False
        self.pieces = 0
        self._name: Literal["stdout", "stderr"] = name
        self._context = context
        self.task = asyncio.create_task(self._run(fd))

    async def _run(self, fd: int) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        async for data in read_chunks(fd):
            await self._put(decoder.decode(data))
        await self._put(decoder.decode(b"", final=True))

    async def _put(self, text: str) -> None:
        if text:
            self.busy = True
            await self._context.output(Stream(name=self._name, text=text))
            self.busy = False
        self.pieces += 1


def ending(code: int) -> str:
    """A sentence on an exit code that is not 0; negative for a signal."""
    if code == 127:
        return "The command was not found (exit code 127): look at its spelling, or install it."
    number = -code if code < 0 else code - 128
    try:
        name = signal.Signals(number).name if code < 0 or code > 128 else None
    except ValueError:
        name = None
    if name and code < 0:
        return f"The command was ended by signal {number} ({name})."
    if name:
        return f"The command ended with exit code {code}: ended by signal {number} ({name})."
    return f"The command ended with exit code {code}."
