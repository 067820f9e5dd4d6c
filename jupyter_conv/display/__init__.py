"""A task and its events to what is shown: pure functions, no I/O."""

from __future__ import annotations

from collections.abc import Iterable

from ..models import Event, Json, Task
from .blocks import escape, fence
from .headline import duration, headline, task_title
from .terminal import Terminal, plain
from .transcript import LIMIT, Transcript

__all__ = [
    "LIMIT",
    "TASK_MIME",
    "Terminal",
    "Transcript",
    "bundle",
    "bundle_of",
    "duration",
    "escape",
    "fence",
    "headline",
    "plain",
    "task_title",
    "transcript_markdown",
    "transcript_text",
]

TASK_MIME = "application/vnd.jupyter-conv.task+json"


def transcript_markdown(task: Task, events: Iterable[Event]) -> str:
    """What the task's events say, as Markdown of bounded length that nothing put out can break."""
    return _read(task, events).markdown()


def transcript_text(task: Task, events: Iterable[Event]) -> str:
    """What the task's events say, as text of bounded length."""
    return _read(task, events).text()


def bundle(task: Task, events: Iterable[Event], *, live: bool) -> dict[str, Json]:
    """The MIME bundle of a task's output.

    `live`: a server holds the task, so that a front end can ask it; only then are the task's ids in the bundle.
    """
    return bundle_of(_read(task, events), live=live)


def bundle_of(transcript: Transcript, *, live: bool) -> dict[str, Json]:
    """The same, of a transcript that is kept up to date."""
    task = transcript.task
    data: dict[str, Json] = {
        "text/markdown": transcript.markdown(),
        "text/plain": transcript.text(),
    }
    if live:
        data[TASK_MIME] = {
            "version": 1,
            "conversation_id": str(task.conversation_id),
            "task_id": str(task.id),
            "title": task_title(task),
        }
    return data


def _read(task: Task, events: Iterable[Event]) -> Transcript:
    transcript = Transcript(task)
    for event in events:
        transcript.add(event)
    # The task given is newer than its events: it has the result.
    transcript.replace(task)
    return transcript
