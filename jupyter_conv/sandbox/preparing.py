"""The steps that make a workspace ready for a conversation. Each leaves nothing running, however it ends."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import RuntimeFailure
from ..models import NotebookOutput, Stream
from ..runtimes.command import SHELL, CommandContext, ending, running
from .hooks import find_script, install_hook
from .repository import clone_command, git_environment

__all__ = ["SETUP_SCRIPTS", "clone", "run_setup", "set_up_hook"]

SETUP_SCRIPTS = (".jupyter_conv/setup.sh", ".openhands/setup.sh")
"""The first that is there is run."""


async def clone(url: str, branch: str | None, context: CommandContext, *, timeout: float) -> None:
    """Clone into the workspace. Raises `RuntimeFailure`: `clone_failed`, `timeout`."""
    within = _Within(context, git_environment(context.environment))
    await _run(clone_command(url, branch), within, timeout, "Cloning", "clone_failed")


async def run_setup(context: CommandContext, *, timeout: float) -> None:
    """Run the set-up script, if there is one. Raises `RuntimeFailure`: `setup_failed`, `timeout`; `InvalidError`."""
    script = await asyncio.to_thread(find_script, context.workspace, SETUP_SCRIPTS)
    if script is not None:
        await _run([SHELL, script], context, timeout, script, "setup_failed")


async def set_up_hook(context: CommandContext) -> None:
    """Install the repository's git hook, if there is one, and say so. Raises `InvalidError`."""
    said = await asyncio.to_thread(install_hook, context.workspace)
    if said is not None:
        await context.output(Stream(name="stderr", text=said + "\n"))


@dataclasses.dataclass(frozen=True)
class _Within:
    """A context with an environment of its own."""

    _context: CommandContext
    environment: Mapping[str, str]

    @property
    def workspace(self) -> Path:
        return self._context.workspace

    async def output(self, output: NotebookOutput) -> None:
        await self._context.output(output)


async def _run(
    words: Sequence[str], context: CommandContext, timeout: float, what: str, code: str
) -> None:
    try:
        async with asyncio.timeout(timeout), running(words, context) as command:
            status = await command.finish()
    except TimeoutError:
        raise RuntimeFailure(
            f"{what} took longer than {timeout:g} s and was ended.", code="timeout"
        ) from None
    if status != 0:
        raise RuntimeFailure(f"{what} failed. {ending(status)}", code=code)
