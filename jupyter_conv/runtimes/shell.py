"""Shell commands, run in the workspace."""

from __future__ import annotations

from typing import ClassVar

from ..errors import RuntimeFailure
from ..models import Json, Shell
from .base import RunContext
from .command import SHELL, ending, running

__all__ = ["ShellRuntime"]


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
        words = (SHELL, "-c", runnable.command)
        async with running(words, context, grace=self.grace, linger=self.linger) as command:
            code = await command.finish()
        if code != 0:
            shown = 128 - code if code < 0 else code
            raise RuntimeFailure(ending(code), code="exit_code", result={"exit_code": shown})
        return {"exit_code": 0}
