"""What `%conversation` can do, one function each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from ..client import background
from ..client.asking import all_tasks, find_task, newest_conversations, unfinished
from ..client.printing import Printer, say
from ..client.transfer import size_in_words
from ..display import headline, task_title
from ..models import (
    Conversation,
    ConversationFilter,
    Event,
    EventFilter,
    EventOrder,
    FileFilter,
    PageQuery,
    TaskFilter,
)
from .attended import attended
from .parse import MagicParser, Options
from .running import watch
from .session import session_of
from .tables import show_table

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["command"]

_MANY = 100


def command(ipython: InteractiveShell, line: list[str]) -> None:
    """Run one. Raises UsageError for what there is not."""
    name, *rest = line or ["help"]
    found = _COMMANDS.get("help" if name in ("-h", "--help") else name)
    if found is None:
        raise UsageError(
            f"%conversation {name}: unknown subcommand; there are {', '.join(_COMMANDS)}."
        )
    found(ipython, rest)


def _parser(name: str, *positional: str) -> MagicParser:
    parser = MagicParser(prog=f"%conversation {name}")
    for word in positional:
        parser.add_argument(word.rstrip("?"), nargs="?" if word.endswith("?") else None)
    if "name?" not in positional:
        parser.add_argument("-c", "--conversation", dest="name", metavar="NAME")
    return parser


def _parse(parser: MagicParser, line: list[str]) -> Options:
    return parser.parse_args(line)


def _new(ipython: InteractiveShell, line: list[str]) -> None:
    """new [TITLE]: begin a conversation, and use it from here on"""
    made = session_of(ipython).new(" ".join(line) or None)
    say(f"{_named(made)} is the conversation of this notebook from here on.")


def _use(ipython: InteractiveShell, line: list[str]) -> None:
    """use NAME|ID: use that conversation from here on (made if there is none); without one, the notebook's own"""
    session = session_of(ipython)
    session.use(session.conversation(" ".join(line)) if line else None)
    say(f"{_named(session.conversation())} is the conversation of this notebook from here on.")


def _list(ipython: InteractiveShell, line: list[str]) -> None:
    """list [TEXT]: conversations, those last changed first; with TEXT, those whose title holds it"""
    session = session_of(ipython)
    where = ConversationFilter(title__contains=" ".join(line) or None)

    async def newest() -> list[Conversation]:
        found = []
        async for conversation in newest_conversations(session.api, where):
            found.append(conversation)
            if len(found) == _MANY:
                break
        return found

    rows = [
        (str(c.id)[:8], c.title or "", c.status, f"{c.updated_at.astimezone():%Y-%m-%d %H:%M}")
        for c in session.home.run(newest())
    ]
    show_table(ipython, ("id", "title", "status", "changed"), rows, "There are no conversations.")


def _show(ipython: InteractiveShell, line: list[str]) -> None:
    """show [NAME]: one conversation"""
    session = session_of(ipython)
    found = session.find(_parse(_parser("show", "name?"), line).name)
    rows = [
        ("id", str(found.id)),
        ("title", found.title or ""),
        ("status", found.status + (f": {found.message}" if found.message else "")),
        ("owner", found.owner),
        ("files", found.workspace.path or found.workspace.type),
        ("tasks", str(session.ask.count_tasks(found.id))),
        ("events", str(session.ask.count_events(found.id))),
        ("begun", f"{found.created_at.astimezone():%Y-%m-%d %H:%M:%S}"),
        ("held by", session.server.url if session.server else "this process"),
    ]
    show_table(ipython, ("", ""), rows, "")


def _tasks(ipython: InteractiveShell, line: list[str]) -> None:
    """tasks [NAME]: the tasks of a conversation, oldest first"""
    session = session_of(ipython)
    found = session.find(_parse(_parser("tasks", "name?"), line).name)

    async def every() -> list[tuple[str, ...]]:
        return [
            (str(t.id)[:8], t.runnable.type, task_title(t), t.status, t.code or "")
            async for t in all_tasks(session.api, found.id, TaskFilter())
        ]

    rows = session.home.run(every())
    show_table(ipython, ("id", "kind", "title", "status", "code"), rows, "There are no tasks yet.")


def _events(ipython: InteractiveShell, line: list[str]) -> None:
    """events [-n 20] [--type TYPE] [--task ID] [-c NAME]: the newest events of a conversation"""
    session = session_of(ipython)
    parser = _parser("events")
    parser.add_argument("-n", type=int, default=20)
    parser.add_argument("--type")
    parser.add_argument("--task")
    options = _parse(parser, line)
    if not 1 <= options.n <= _MANY:
        raise UsageError(f"-n {options.n}: from 1 to {_MANY}.")
    found = session.find(options.name)
    task = (
        session.home.run(find_task(session.api, found.id, options.task)) if options.task else None
    )
    where = EventFilter(type__eq=options.type, task_id__eq=task.id if task else None)
    page = session.ask.list_events(found.id, where, PageQuery(limit=options.n), EventOrder.SEQ_DESC)
    rows = [_event_row(event) for event in reversed(page.results)]
    show_table(ipython, ("seq", "time", "source", "what"), rows, "There are no such events.")


def _event_row(event: Event) -> tuple[str, ...]:
    said = event.detail.model_dump_json(exclude={"type", "task_id", "conversation_id"})
    text = said if len(said) <= 120 else said[:120] + " …"
    time = f"{event.created_at.astimezone():%H:%M:%S}"
    return (str(event.seq), time, event.source, f"{event.detail.type} {text}")


def _files(ipython: InteractiveShell, line: list[str]) -> None:
    """files [PREFIX] [-r] [-c NAME]: the files of a conversation whose path begins so; -r: in folders too"""
    session = session_of(ipython)
    parser = _parser("files", "prefix?")
    parser.add_argument("-r", "--recursive", action="store_true")
    options = _parse(parser, line)
    found = session.find(options.name)
    where = FileFilter(
        path_prefix=options.prefix or "", path_delimiter="" if options.recursive else "/"
    )
    page = session.ask.list_files(found.id, where)
    rows = [
        (
            info.path,
            "" if info.path.endswith("/") else size_in_words(info.size_in_bytes),
            f"{info.updated_at.astimezone():%Y-%m-%d %H:%M}",
        )
        for info in page.results
    ]
    show_table(ipython, ("path", "size", "changed"), rows, "There are no such files.")
    if page.next_page_id:
        say(
            f"The first {len(rows)} of {session.ask.count_files(found.id, where)}; narrow them by a PREFIX."
        )


def _cancel(ipython: InteractiveShell, line: list[str]) -> None:
    """cancel [TASK|last|all] [-c NAME]: cancel a task, by its id or title; without one, the one that runs"""
    session = session_of(ipython)
    options = _parse(_parser("cancel", "task?"), line)
    found = session.find(options.name)
    if options.task in (None, "all"):
        running = session.home.run(unfinished(session.api, found.id))
        if options.task is None and len(running) > 1:
            raise UsageError(
                f"{len(running)} tasks run: say which (`%conversation tasks`), or all."
            )
        if not running:
            say("No task runs.")
        tasks = running
    else:
        tasks = [session.home.run(find_task(session.api, found.id, options.task))]
    for task in tasks:
        say(headline(session.ask.cancel_task(found.id, task.id)))


def _attach(ipython: InteractiveShell, line: list[str]) -> None:
    """attach [TASK|last] [-c NAME] [-o VAR]: show a task under this cell, and bind it"""
    session = session_of(ipython)
    parser = _parser("attach", "task?")
    parser.add_argument("-o", "--bind", metavar="VAR")
    options = _parse(parser, line)
    found = session.find(options.name)
    task = session.home.run(find_task(session.api, found.id, options.task or "last"))
    handle = watch(ipython, session, task, widget=attended(ipython))
    if getattr(ipython, "kernel", None) is None:
        printer = Printer()
        for event in islice(handle.events, 10_000):
            printer.event(event)
    ipython.user_ns["_task"] = handle
    if options.bind:
        ipython.user_ns[options.bind] = handle


def _finish(ipython: InteractiveShell, line: list[str]) -> None:
    """finish [NAME] [--purge]: end a conversation; what runs is cancelled, what was said stays. --purge erases it"""
    session = session_of(ipython)
    parser = _parser("finish", "name?")
    parser.add_argument("--purge", action="store_true")
    options = _parse(parser, line)
    found = session.find(options.name)
    current = session.conversation().id == found.id
    ended = session.ask.delete_conversation(found.id, purge=options.purge)
    if current:
        session.use(None)
    say(f"{_named(ended)} is {'erased' if options.purge else ended.status}.")


def _doctor(ipython: InteractiveShell, line: list[str]) -> None:
    """doctor: what is found, what is missing, what to do"""
    from ..client.doctor import examine, report

    say(report(background().run(examine())))


def _help(ipython: InteractiveShell, line: list[str]) -> None:
    """help: this"""
    lines = ["%conversation …"]
    for found in _COMMANDS.values():
        usage, _, what = (found.__doc__ or "").partition(": ")
        lines.append(f"  {usage}\n      {what}")
    lines.append("%%task [KIND] … runs a cell's body as a task: %task --help says more")
    lines.append("%%conversation [NAME] sends a cell's body to the conversation's agent")
    say("\n".join(lines))


def _named(conversation: Conversation) -> str:
    title = f" {conversation.title!r}" if conversation.title else ""
    return f"Conversation{title} {str(conversation.id)[:8]}"


_COMMANDS: dict[str, Callable[[InteractiveShell, list[str]], None]] = {
    "new": _new,
    "use": _use,
    "list": _list,
    "show": _show,
    "tasks": _tasks,
    "events": _events,
    "files": _files,
    "cancel": _cancel,
    "attach": _attach,
    "finish": _finish,
    "doctor": _doctor,
    "help": _help,
}
