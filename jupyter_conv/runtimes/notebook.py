"""Notebooks: run from the first cell to the last in a kernel of their own, and saved as they were left."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import RuntimeFailure
from ..models import Json, Notebook
from .base import RunContext
from .handles import KernelHandle, kernel_died
from .messages import plain_error
from .notebook_files import read_notebook, write_notebook
from .parameters import inject_parameters
from .shielding import in_thread, see_through

if TYPE_CHECKING:
    from .cells import CellRunner

__all__ = ["NotebookRuntime"]

log = logging.getLogger(__name__)


class NotebookRuntime:
    """Runs the notebook at `path`, in its directory. Result: `{"cells": int, "output_path": str?}`.

    `cells` are the code cells that ran. The executed notebook is saved also when a cell fails or the task is
    cancelled.
    """

    runnable: ClassVar[type[Notebook]] = Notebook

    grace: ClassVar[float] = 1.0
    """Seconds that an interrupted cell has to end before the kernel is ended."""

    def lane(self, runnable: Notebook) -> str | None:
        """Notebooks run side by side, each in its own kernel."""
        return None

    def cancellable(self, runnable: Notebook) -> bool:
        """Always."""
        return True

    async def run(self, runnable: Notebook, context: RunContext) -> Json:
        """Run the cells. Raises `RuntimeFailure`: `cell_failed`, `no_such_file`, `not_a_notebook`,
        `bad_parameters`, `kernel_died`, `not_saved`, and as `KernelPool.fresh`.
        """
        source = context.path(runnable.path)
        target = context.path(runnable.output_path) if runnable.output_path else None
        notebook = await in_thread(read_notebook, source, runnable.path)
        name = runnable.kernel_name or notebook.metadata.get("kernelspec", {}).get("name")
        handle = await context.kernels.fresh(name, source.parent, context.environment)
        runner: CellRunner | None = None
        idle = False
        try:
            inject_parameters(notebook, runnable.parameters, handle.language)
            runner = _runner(notebook, handle, context)
            await self._run_cells(runner, handle)
            idle = True
        except RuntimeFailure as error:
            idle = error.code == "cell_failed"
            raise
        finally:
            # An idle kernel is asked to go, so that what its code has registered for its end is run.
            await see_through(context.kernels.discard(handle, now=not idle))
            if target is not None and runner is not None:
                await see_through(_save(notebook, target, runnable.output_path or ""))
        result: dict[str, Json] = {"cells": runner.done}
        if runnable.output_path:
            result["output_path"] = runnable.output_path
        return result

    async def _run_cells(self, runner: CellRunner, handle: KernelHandle) -> None:
        from nbclient.exceptions import CellExecutionError

        # nbclient takes a cancellation for a dead kernel: it works in a task of its own, which we do not cancel
        # before the kernel is gone.
        work = asyncio.create_task(runner.async_execute())
        death = asyncio.create_task(handle.died())
        try:
            await asyncio.wait({work, death}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise kernel_died(handle.kernel_name)
            work.result()
        except CellExecutionError as error:
            what = f"{error.ename}: {plain_error(error.evalue)}" if error.evalue else error.ename
            raise RuntimeFailure(
                f"Cell {runner.at + 1} failed: {what}", code="cell_failed"
            ) from None
        except asyncio.CancelledError:
            await see_through(_interrupt(work, handle, self.grace))
            raise
        finally:
            death.cancel()
            work.cancel()
            await see_through(_settled(work, death))


async def _interrupt(work: asyncio.Task[Any], handle: KernelHandle, grace: float) -> None:
    await handle.interrupt()
    await asyncio.wait({work}, timeout=grace)


async def _settled(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


async def _save(notebook: Any, target: Path, shown: str) -> None:
    await in_thread(write_notebook, notebook, target, shown)


def _runner(notebook: Any, handle: KernelHandle, context: RunContext) -> CellRunner:
    from .cells import CellRunner  # nbclient is slow to import, and not every server runs notebooks

    return CellRunner(notebook, handle, context)
