"""Shell commands: run in the workspace, their output as a terminal would get it, nothing left running."""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Literal

from ..errors import RuntimeFailure
from ..models import Json, Shell, Stream
from .base import RunContext
from .environment import MARK
from .processes import end_tree
from .proctable import birth
from .shielding import see_through
from .terminal import TERMINAL_ENVIRONMENT, open_terminal, read_chunks

__all__ = ["ShellRuntime"]

_SHELL = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
_LEFTOVERS = "[{} that the command had left running in the background {} ended]\n"


class ShellRuntime:
    """Runs `command` by bash, or sh, in a session of its own. Result: `{"exit_code": int}`; 0 completes the task."""

    runnable: ClassVar[type[Shell]] = Shell

    grace: ClassVar[float] = 2.0
    """Seconds that a cancelled command has to end by itself."""
    linger: ClassVar[float] = 0.25
    """Seconds that background processes may still write after the shell has gone."""

    def lane(self, runnable: Shell) -> str | None:
        """Commands run side by side."""
        return None

    def cancellable(self, runnable: Shell) -> bool:
        """Always."""
        return True

    async def run(self, runnable: Shell, context: RunContext) -> Json:
        """Run the command to its end.

        Raises `RuntimeFailure`: `exit_code` when it is not 0, `bad_command` for what cannot be handed to a shell.
        """
        async with _running(runnable.command, context, self.grace, self.linger) as command:
            code = await command.finish()
        if code != 0:
            shown = 128 - code if code < 0 else code
            raise RuntimeFailure(_ending(code), code="exit_code", result={"exit_code": shown})
        return {"exit_code": 0}


@asynccontextmanager
async def _running(
    command: str, context: RunContext, grace: float, linger: float
) -> AsyncIterator[_Command]:
    running = _Command(context, grace, linger)
    try:
        await running.start(command)
        yield running
    finally:
        # Not even a second cancellation leaves processes behind.
        await see_through(running.stop())


class _Command:
    """One command with its process, its two terminals, and the tasks that read them."""

    def __init__(self, context: RunContext, grace: float, linger: float) -> None:
        self._context = context
        self._grace = grace
        self._linger = linger
        self._mark = context.environment.get(MARK)
        self._launched = False
        self._process: asyncio.subprocess.Process | None = None
        self._born: float | None = None
        self._open: list[int] = []
        self._pumps: list[_Pump] = []

    async def start(self, command: str) -> None:
        """Start the process, and read its output from now on."""
        ours, theirs = zip(open_terminal(), open_terminal(), strict=True)
        self._open = [*ours, *theirs]
        self._launched = True
        try:
            self._process = await asyncio.create_subprocess_exec(
                _SHELL,
                "-c",
                command,
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
        """Wait for the shell and all that was written; end what it left behind. Out: its exit code."""
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

    def __init__(self, fd: int, name: Literal["stdout", "stderr"], context: RunContext) -> None:
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


def _ending(code: int) -> str:
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
