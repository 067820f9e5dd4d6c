"""A task's events to a terminal, as they come: for shells whose display cannot be changed later."""

from __future__ import annotations

from ..client import BlockingAPI
from ..client.printing import Printer, say
from ..display import headline
from ..models import Task

__all__ = ["print_events"]


def print_events(ask: BlockingAPI, task: Task) -> None:
    """Print what the task puts out until it ends, then how it ended. Interrupted, the task goes on."""
    printer = Printer()
    for event in ask.follow(task.conversation_id, task.id):
        printer.event(event)
    say(headline(ask.get_task(task.conversation_id, task.id)))
