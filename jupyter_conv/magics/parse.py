"""The line of a magic to options. Errors are one sentence."""

from __future__ import annotations

import argparse
import shlex
from functools import cache
from typing import Any, NoReturn

from IPython.core.error import UsageError

from ..client.runnables import KINDS, add_task_options

__all__ = ["MagicParser", "Options", "TaskOptions", "parse_task", "task_parser", "words"]

Options = argparse.Namespace


class TaskOptions(argparse.Namespace):
    """What a `%%task` line says."""

    kind: str | None
    arguments: list[str]
    conversation: str | None
    bind: str | None
    wait: bool | None
    check: bool | None
    show_prompt: bool
    awaited: bool
    help: bool


class MagicParser(argparse.ArgumentParser):
    """An argument parser that ends no process."""

    def __init__(self, **more: Any) -> None:
        super().__init__(add_help=False, allow_abbrev=False, **more)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}. `{self.prog} --help` says more.")


def words(line: str) -> list[str]:
    """The line's words, quotes as in a shell."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"The line cannot be read: {error}.") from None


@cache
def task_parser() -> MagicParser:
    """The options of `%%task`."""
    kinds = "\n".join(f"  {kind:10}{what}" for kind, what in KINDS.items())
    parser = MagicParser(
        prog="%%task",
        usage="%%%%task [KIND] [-c NAME] [-o VAR] [--wait] … followed by the body on the lines below",
        description="Run the cell's body as a task. The kernel is free at once.",
        epilog=f"KIND:\n{kinds}\nWithout one, the body is a prompt.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("-h", "--help", action="store_true", help="show this")
    parser.add_argument("-c", "--conversation", metavar="NAME", help="a conversation's title or id")
    parser.add_argument("-o", "--bind", metavar="VAR", help="bind a handle to this variable")
    parser.add_argument(
        "--wait", action=argparse.BooleanOptionalAction, help="wait until the task ends"
    )
    parser.add_argument(
        "--check", action=argparse.BooleanOptionalAction, help="wait; a failed task fails the cell"
    )
    parser.add_argument(
        "--show-prompt", action="store_true", help="show what would be sent, and send nothing"
    )
    parser.add_argument("--awaited", action="store_true", help=argparse.SUPPRESS)
    add_task_options(parser)
    return parser


def parse_task(line: list[str]) -> TaskOptions:
    """The options. Raises UsageError."""
    try:
        options = task_parser().parse_intermixed_args(line, TaskOptions())
    except argparse.ArgumentError as error:
        task_parser().error(str(error))
    options.kind, *options.arguments = options.words or [None]
    if options.kind == "prompt":
        options.kind = None
    if options.bind is not None and not options.bind.isidentifier():
        raise UsageError(f"-o {options.bind}: not a name for a variable.")
    return options
