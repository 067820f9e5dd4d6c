"""`jupyter conv run`: a task, its output as it comes, its success as the exit status."""

from __future__ import annotations

import argparse
import json
import shlex
import sys

from ..client import BlockingAPI, background
from ..client.asking import begin, find_conversation
from ..client.printing import Printer, say
from ..client.runnables import task_request
from ..display import headline, task_title
from ..errors import ConversationError
from ..models import Conversation, Task, TaskRequest, TaskStatus
from .where import Where

__all__ = ["run_task"]

_CANCEL_WAIT = 60.0


def run_task(options: argparse.Namespace) -> int:
    """Run it. Out: 0, the exit status of a shell command, 1, or 130 where it was interrupted."""
    kind = None if options.kind == "prompt" else options.kind
    request = task_request(kind, _body(options), options)
    where = Where(options)
    conversation = background().run(_conversation(where, options, request))
    task = where.ask.create_task(conversation.id, request)
    try:
        _follow(where.ask, task, options)
    except (KeyboardInterrupt, BrokenPipeError):
        return _interrupted(where.ask, task, options)
    ended = where.ask.get_task(task.conversation_id, task.id)
    if options.json:
        say(json.dumps({"task": ended.model_dump(mode="json")}))
    elif ended.status is not TaskStatus.COMPLETED:
        Printer().note(headline(ended))
    return _status(ended)


def _body(options: argparse.Namespace) -> str:
    if options.body == ["-"]:
        return sys.stdin.read()
    if options.kind == "shell" and len(options.body) > 1:
        return shlex.join(options.body)
    return " ".join(options.body)


async def _conversation(
    where: Where, options: argparse.Namespace, request: TaskRequest
) -> Conversation:
    api = where.ask.api
    said = options.conversation
    if said and (found := await find_conversation(api, said)):
        return found
    words = f"{options.kind} {' '.join(options.body)}"
    title = said or request.title or " ".join(words.split())[:80]
    made = await begin(api, title, attached=where.attached)
    if made.workspace.type == "managed" and not options.json:
        Printer().note(
            "The task runs in a directory of its own: this one is not below the server's root."
        )
    return made


def _follow(ask: BlockingAPI, task: Task, options: argparse.Namespace) -> None:
    printer = Printer()
    for event in ask.follow(task.conversation_id, task.id):
        if options.json:
            say(json.dumps({"event": event.model_dump(mode="json")}))
        else:
            printer.event(event)


def _interrupted(ask: BlockingAPI, task: Task, options: argparse.Namespace) -> int:
    """Cancel, wait until it is CANCELLED, say so."""
    try:
        ask.cancel_task(task.conversation_id, task.id)
        background().run(_end(ask, task), _CANCEL_WAIT)
        ended = ask.get_task(task.conversation_id, task.id)
        said = headline(ended)
    except (ConversationError, TimeoutError) as error:
        ended, said = task, f"{task_title(task)}: could not be cancelled: {error}"
    if options.json:
        say(json.dumps({"task": ended.model_dump(mode="json")}))
    else:
        Printer().note(said)
    return 130


async def _end(ask: BlockingAPI, task: Task) -> None:
    from ..client import follow_task

    async for _ in follow_task(ask.api, task.conversation_id, task.id):
        pass


def _status(task: Task) -> int:
    result = task.result if isinstance(task.result, dict) else {}
    code = result.get("exit_code")
    if isinstance(code, int) and code != 0:
        # A command that a signal ended, as a shell tells it.
        return 128 - code if code < 0 else code
    return 0 if task.status is TaskStatus.COMPLETED else 1
