"""What a runtime is, and what it is given.

A runtime runs one kind of runnable. Write a class with the four members of `Runtime`, and name it in your
package's entry points:

    [project.entry-points."jupyter_conv.runtimes"]
    my_package = "my_package.runtime:MyRuntime"

It is made once for a server, without arguments. `docs/runtimes.md` shows one from the first line to the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from ..models import Json, NotebookOutput

if TYPE_CHECKING:
    from .kernels import KernelPool

__all__ = ["RunContext", "Runtime"]

R = TypeVar("R", bound=BaseModel, contravariant=True)


class RunContext(Protocol):
    """What a runtime has of the house while it runs one task."""

    conversation_id: UUID
    task_id: UUID

    @property
    def workspace(self) -> Path:
        """The directory of the conversation's files; it exists."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment for child processes: without secrets, with the mark by which they are found again."""
        ...

    @property
    def kernels(self) -> KernelPool:
        """The kernels of this server."""
        ...

    def path(self, relative: str) -> Path:
        """A path of the workspace, confined to it. Raises `RuntimeFailure` for one that leaves it."""
        ...

    async def emit(self, detail: BaseModel) -> None:
        """Put a detail into the log, behind the output so far. Returns when it is queued; waits for a slow log."""
        ...

    async def delta(self, detail: BaseModel) -> None:
        """Show a detail to who is there now, in order with the others, and keep nothing of it."""
        ...

    async def output(
        self,
        output: NotebookOutput,
        *,
        display_id: str | None = None,
        update: bool = False,
        cell: int | None = None,
    ) -> None:
        """Put an output into the log. Text of one stream is gathered for some 50 ms; progress bars in it are read."""
        ...

    async def progress(self, fraction: float, message: str | None = None) -> None:
        """Say how far the task is, 0..1. Said too often, some are left out; the last is not."""
        ...

    async def flush(self) -> None:
        """Return when all that was emitted so far is on disk. Raises `StorageError` where it could not be kept."""
        ...


class Runtime(Protocol[R]):
    """The code that runs one kind of runnable."""

    runnable: ClassVar[type[Any]]
    """The pydantic model of the runnable: frozen, extra fields forbidden, with a literal `type`."""

    def lane(self, runnable: R) -> str | None:
        """Tasks of one lane in one conversation run one after the other, in the order submitted; None runs at once."""
        ...

    def cancellable(self, runnable: R) -> bool:
        """Whether a task of this may be cancelled."""
        ...

    async def run(self, runnable: R, context: RunContext) -> Json:
        """Do the work and return the task's result (small JSON).

        Cancelled by `asyncio.CancelledError`: undo in `finally`, leave nothing running, let it pass. Raise
        `RuntimeFailure` to end in ERROR with words of your own; any other exception ends in ERROR, `internal`.
        """
        ...
