"""The words of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from .. import __version__

__all__ = ["parse", "parser"]

_KINDS = ("shell", "python", "notebook", "ticker", "wait", "prompt")


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command that a line says. Ends the process with 2 where it says none."""
    top = parser()
    options, rest = top.parse_known_args(argv)
    if rest:
        # argparse takes the words of `run` in one piece; those behind an option are left over.
        if options.command != "run" or any(word.startswith("-") for word in rest):
            top.error(
                f"unrecognized arguments: {' '.join(rest)} (put -- before a body that has dashes)"
            )
        options.body += rest
    return options


def parser() -> argparse.ArgumentParser:
    """The parser of `jupyter conv`."""
    top = argparse.ArgumentParser(
        prog="jupyter conv",
        description="Conversations and their tasks: on the server that is named or found, or in this process.",
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _run(commands)
    lister = _command(commands, "list", "list conversations, those last changed first")
    lister.add_argument("text", nargs="?", help="only those whose title holds this")
    lister.add_argument("-n", type=_positive, default=50, help="at most so many (%(default)s)")
    tail = _command(commands, "tail", "print a conversation's events, and go on as they come")
    tail.add_argument("id", help="the conversation's id or title")
    tail.add_argument("--after", type=int, default=0, metavar="N", help="only those after this seq")
    tail.add_argument("--no-follow", action="store_true", help="end with the newest there is")
    cancel = _command(commands, "cancel", "cancel a task, or all that runs in a conversation")
    cancel.add_argument("id", help="the id of a task, or of a conversation")
    _files(commands)
    skills = _command(commands, "skills", "list the skills that a conversation has")
    skills.add_argument("id", help="the conversation's id or title")
    _command(commands, "doctor", "say what is found, what is missing, what to do")
    return top


def _files(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    files = _command(
        commands, "files", "list the files of a conversation, in the order of their paths"
    )
    files.add_argument("id", help="the conversation's id or title")
    files.add_argument("prefix", nargs="?", default="", help="only paths that begin so, as 'data/'")
    files.add_argument("-r", "--recursive", action="store_true", help="also what is in folders")
    files.add_argument("--name", metavar="TEXT", help="only those whose name holds this")
    upload = _command(commands, "upload", "send files and folders into a conversation, all or none")
    upload.add_argument("id", help="the conversation's id or title")
    upload.add_argument("file", nargs="+", help="a file or a folder of this machine")
    upload.add_argument("--to", default="", metavar="PATH", help="the folder to put them into")
    download = _command(commands, "download", "fetch a file or a folder of a conversation")
    download.add_argument("id", help="the conversation's id or title")
    download.add_argument("path", help="the file or folder; '' is all of them")
    download.add_argument(
        "target", nargs="?", default=".", help="where to put it (here); '-' is the standard output"
    )


def _run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from ..client.runnables import add_task_options

    run = _command(
        commands,
        "run",
        "run a task and print what it puts out; Ctrl-C cancels it. Ends with 0 where the task succeeds, "
        "with a shell command's own exit status, with 1 otherwise",
    )
    run.add_argument("kind", metavar="KIND", help=f"{', '.join(_KINDS)}, or a plug-in's type")
    run.add_argument(
        "body",
        nargs="*",
        help="the command, the code, the notebook's path, the message; '-' reads the standard input. "
        "Put -- before words that begin with a dash",
    )
    run.add_argument("-c", "--conversation", metavar="NAME", help="a conversation's title or id")
    add_task_options(run)


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str
) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    where = made.add_argument_group("where")
    where.add_argument("--server", metavar="URL", help="a server's base URL")
    where.add_argument(
        "--token", help="its token; better in JUPYTER_CONV_TOKEN, where nobody sees it"
    )
    where.add_argument("--embedded", action="store_true", help="no server: work in this process")
    made.add_argument("--json", action="store_true", help="for programs: one JSON document a line")
    return made


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
