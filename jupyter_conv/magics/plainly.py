"""What goes wrong in a magic is one sentence under the cell, not our traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ConversationError
from ..models import Task
from .handle import TaskFailed

__all__ = ["Interrupted", "MagicError", "PlainTaskFailed", "plainly"]


class MagicError(Exception):
    """What a magic could not do. The cell fails; its output is the sentence."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class PlainTaskFailed(TaskFailed):
    """A task that a cell waited for has failed, and with it the cell."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)

    def _render_traceback_(self) -> list[str]:
        return [f"TaskFailed: {self}"]


class Interrupted(KeyboardInterrupt):
    """The wait was interrupted; says what became of the task."""

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]


# What is shown is the name that people know.
PlainTaskFailed.__name__ = "TaskFailed"
Interrupted.__name__ = "KeyboardInterrupt"


@contextmanager
def plainly() -> Iterator[None]:
    """Errors of this package, and time running out, as `MagicError`."""
    try:
        yield
    except ConversationError as error:
        raise MagicError(error.message) from None
    except TaskFailed as error:
        raise PlainTaskFailed(error.task) from None
    except TimeoutError as error:
        raise MagicError(str(error)) from None
