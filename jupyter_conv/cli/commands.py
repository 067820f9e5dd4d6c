"""What each command does."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable

from ..client import BlockingAPI, background
from ..client.asking import find_conversation, newest_conversations, parse_id, unfinished
from ..client.doctor import as_json, examine, healthy, report
from ..client.printing import Printer, say
from ..display import headline
from ..errors import ConversationError, NotFoundError
from ..models import Conversation, ConversationFilter, Task
from .files import download_files, list_files, upload_files
from .running import run_task
from .where import Where

__all__ = ["run"]

INTERRUPTED = 130


def run(options: argparse.Namespace) -> int:
    """Run the command that was parsed. Out: the exit status."""
    # A shell that stops us, or a terminal that closes, is an interrupt too: tasks are cancelled in order.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    try:
        return _COMMANDS[options.command](options)
    except ConversationError as error:
        _complain(options, error)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us is gone; nothing more can be said, not even by the interpreter's own flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + getattr(signal, "SIGPIPE", 13)
    finally:
        background().stop()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _complain(options: argparse.Namespace, error: ConversationError) -> None:
    if options.json:
        say(json.dumps({"error": {"code": error.code, "message": error.message}}))
    else:
        Printer().note(f"jupyter conv: {error.message}")


def _list(options: argparse.Namespace) -> int:
    where = Where(options)
    found = background().run(_newest(where.ask, options))
    for conversation in found:
        if options.json:
            say(conversation.model_dump_json())
        else:
            changed = f"{conversation.updated_at.astimezone():%Y-%m-%d %H:%M}"
            say(
                f"{conversation.id}  {changed}  {conversation.status:9}  {conversation.title or ''}"
            )
    return 0


async def _newest(ask: BlockingAPI, options: argparse.Namespace) -> list[Conversation]:
    found: list[Conversation] = []
    async for conversation in newest_conversations(
        ask.api, ConversationFilter(title__contains=options.text)
    ):
        found.append(conversation)
        if len(found) >= options.n:
            break
    return found


def _tail(options: argparse.Namespace) -> int:
    ask = Where(options).ask
    conversation = background().run(find_conversation(ask.api, options.id))
    if conversation is None:
        raise _no_conversation(options.id)
    printer = Printer()
    newest = ask.count_events(conversation.id)
    if options.no_follow and newest <= options.after:
        return 0
    for event in ask.stream(conversation.id, after_seq=options.after):
        if options.json:
            say(event.model_dump_json())
        else:
            printer.event(event)
        if options.no_follow and event.seq is not None and event.seq >= newest:
            break
    return 0


def _cancel(options: argparse.Namespace) -> int:
    ask = Where(options).ask
    id = parse_id(options.id)
    if id is None:
        raise NotFoundError(
            f"{options.id!r} is not an id: `jupyter conv list` shows conversations'."
        )
    tasks = background().run(_meant(ask, options.id))
    for task in tasks:
        now = ask.cancel_task(task.conversation_id, task.id)
        say(now.model_dump_json() if options.json else headline(now))
    if not tasks and not options.json:
        say("Nothing runs there.")
    return 0


async def _meant(ask: BlockingAPI, said: str) -> list[Task]:
    """The running tasks of that conversation, or the task of that id, wherever it is."""
    id = parse_id(said)
    async for conversation in newest_conversations(
        ask.api, ConversationFilter(include_sub_conversations=True)
    ):
        if conversation.id == id:
            return await unfinished(ask.api, conversation.id)
        try:
            return [await ask.api.get_task(conversation.id, id)] if id else []
        except NotFoundError:
            continue
    raise NotFoundError(f"There is no conversation or task {said}.")


def _skills(options: argparse.Namespace) -> int:
    ask = Where(options).ask
    conversation = background().run(find_conversation(ask.api, options.id))
    if conversation is None:
        raise _no_conversation(options.id)
    found = ask.list_skills(conversation.id)
    if options.json:
        say(found.model_dump_json())
        return 0
    for skill in found.skills:
        called = ", ".join(skill.triggers) if skill.triggers else "always"
        say(f"{skill.name:24}  {skill.source:9}  {called}")
    for error in found.errors:
        Printer().note(f"{error.path} ({error.source}): {error.message}")
    if not found.skills:
        Printer().note("There are no skills.")
    return 0


def _no_conversation(said: str) -> NotFoundError:
    return NotFoundError(f"There is no conversation {said!r}: `jupyter conv list` shows them.")


def _doctor(options: argparse.Namespace) -> int:
    checks = background().run(examine(options.server, options.token))
    say(json.dumps(as_json(checks)) if options.json else report(checks))
    return 0 if healthy(checks) else 1


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run_task,
    "list": _list,
    "tail": _tail,
    "cancel": _cancel,
    "files": list_files,
    "upload": upload_files,
    "download": download_files,
    "skills": _skills,
    "doctor": _doctor,
}
