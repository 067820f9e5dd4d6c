"""The first line about a task: what it is, how it stands, how long it took."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from ..models import Notebook, Python, Shell, Task, TaskStatus, TextPrompt, Ticker, Wait

__all__ = ["duration", "headline", "task_title"]

_MAX_TITLE = 80


def task_title(task: Task) -> str:
    """The task's title, or what it runs in a few words; one line."""
    if task.title:
        return _one_line(task.title)
    match task.runnable:
        case Shell(command=text) | Python(code=text) | TextPrompt(text=text):
            said = text
        case Notebook(path=path):
            said = path
        case Ticker(message=message):
            said = f"ticker: {message}"
        case Wait(timeout=seconds):
            said = f"wait {seconds:g} s"
        case other:
            said = other.type
    return _one_line(said) or task.runnable.type


def headline(task: Task, *, escape: Callable[[str], str] = str, strong: bool = False) -> str:
    """As `penguins — COMPLETED · 12 s`; with why, where it failed; with how far, while it runs."""
    mark = "**" if strong else ""
    parts = [f"{mark}{escape(task_title(task))}{mark} — {task.status}"]
    if task.code and (not task.status.finished or task.status is TaskStatus.ERROR):
        parts[0] += f" ({escape(task.code)})"
    if task.progress is not None and not task.status.finished:
        parts.append(f"{task.progress * 100:.0f} %")
    if task.started_at and task.finished_at:
        parts.append(duration(task.finished_at - task.started_at))
    line = " · ".join(parts)
    if task.message and task.status is not TaskStatus.COMPLETED:
        line += f" · {escape(_one_line(task.message, 300))}"
    return line


def duration(time: timedelta) -> str:
    """As `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    seconds = max(0.0, time.total_seconds())
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _one_line(text: str, most: int = _MAX_TITLE) -> str:
    lines = text.strip().splitlines()
    line = " ".join(lines[0].split()) if lines else ""
    more = len(lines) > 1 or len(line) > most
    return line[:most].rstrip() + (" …" if more else "")
