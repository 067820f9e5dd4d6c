"""The magics themselves: they parse a line and call what does it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from IPython.core.magic import (
    Magics,
    cell_magic,
    line_cell_magic,
    line_magic,
    magics_class,
    no_var_expand,
)

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["ConversationMagics"]


@magics_class
class ConversationMagics(Magics):
    """`%%task`, `%%conversation`, `%conversation`."""

    shell: InteractiveShell

    @no_var_expand
    @line_cell_magic
    def task(self, line: str, cell: str | None = None) -> Coroutine[Any, Any, None] | None:
        """Run the cell's body as a task: `%%task [KIND] …`; `%task --help` says more."""
        from ..client.printing import say
        from .parse import parse_task, task_parser, words

        options = parse_task(words(line))
        if options.help:
            say(task_parser().format_help())
            return None
        return _run(self.shell, options, cell)

    @no_var_expand
    @cell_magic("conversation")  # type: ignore[arg-type]
    def say_to_agent(self, line: str, cell: str) -> None:
        """Send the cell's body to a conversation's agent: `%%conversation [NAME]`."""
        from .parse import parse_task, words

        said = words(line)
        if said and not said[0].startswith("-"):
            said = ["--conversation", *said]
        _run(self.shell, parse_task(said), cell)

    @no_var_expand
    @line_magic
    def conversation(self, line: str) -> None:
        """Conversations and their tasks: `%conversation help` lists what there is."""
        from .parse import words
        from .plainly import plainly
        from .subcommands import command

        with plainly():
            command(self.shell, words(line))


def _run(
    ipython: InteractiveShell, options: Any, cell: str | None
) -> Coroutine[Any, Any, None] | None:
    from .plainly import plainly
    from .running import Run, request_of, show_prompt

    with plainly():
        request = request_of(ipython, options, cell)
        if options.show_prompt:
            show_prompt(None, request)
            return None
        run = Run(ipython, options, request)
        run.begin()
        if not run.waits:
            return None
        if options.awaited:
            return _awaited(run)
        run.wait()
    return None


async def _awaited(run: Any) -> None:
    from .plainly import plainly

    with plainly():
        await run.awaited()
