"""Running a notebook's cells: nbclient, with every output told as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete

from .base import RunContext
from .channels import Message
from .handles import KernelHandle
from .messages import MessageTranslator
from .progress import read_progress

__all__ = ["CellRunner"]


class CellRunner(NotebookClient):
    """Runs the cells in the kernel of `handle`, which stays its owner's to end.

    `at` is the index of the cell under way, `done` how many code cells have run, of `total`.
    """

    def __init__(self, notebook: Any, handle: KernelHandle, context: RunContext) -> None:
        super().__init__(notebook, km=handle.kernel, timeout=None)
        self.kc = handle.client
        self.on_cell_executed = self._cell_executed
        self.at = 0
        self.done = 0
        self.total = sum(1 for cell in notebook.cells if _is_code(cell))
        self._handle = handle
        self._context = context

    @asynccontextmanager
    async def async_setup_kernel(self, **kwargs: Any) -> AsyncIterator[None]:
        """The kernel is there already; nbclient's own way takes over the process's signals."""
        yield

    async def async_execute_cell(
        self, cell: Any, cell_index: int, *args: Any, **kwargs: Any
    ) -> Any:
        """Run one cell, and say how far the notebook is."""
        self.at = cell_index
        cell = await super().async_execute_cell(cell, cell_index, *args, **kwargs)
        if _is_code(cell):
            self.done += 1
            await self._context.progress(self.done / self.total)
        return cell

    async def _async_poll_kernel_alive(self) -> None:
        """Who owns the handle watches over it, and sees restarts too."""

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: Any, cell_index: int) -> None:
        translator = MessageTranslator(self._context, cell_index, progress=self._progress)
        async for message in self._handle.reader.messages():
            if message["parent_header"].get("msg_id") != parent_msg_id:
                continue
            await translator.take(message)  # first: nbclient writes into the message
            await self._read_progress(message)
            try:
                self.process_message(message, cell, cell_index)
            except CellExecutionComplete:
                return

    async def _read_progress(self, message: Message) -> None:
        if message["header"]["msg_type"] == "stream":
            fraction = read_progress(message["content"].get("text", ""))
            if fraction is not None:
                await self._progress(fraction)

    async def _progress(self, fraction: float) -> None:
        """A bar in a cell moves the notebook by the cell's share."""
        await self._context.progress((self.done + fraction) / max(self.total, 1))

    def _cell_executed(self, cell: Any, cell_index: int, execute_reply: Mapping[str, Any]) -> None:
        cell.outputs = _merged(cell.outputs)


def _is_code(cell: Any) -> bool:
    return bool(cell.cell_type == "code" and cell.source.strip())


def _merged(outputs: list[Any]) -> list[Any]:
    """Outputs with neighbouring pieces of one stream as one."""
    merged: list[Any] = []
    texts: list[str] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if texts and last is not None and _stream(output) == _stream(last):
            texts.append(output["text"])
            continue
        if texts and last is not None:
            last["text"] = "".join(texts)
        merged.append(output)
        texts = [output["text"]] if _stream(output) else []
    if texts:
        merged[-1]["text"] = "".join(texts)
    return merged


def _stream(output: Any) -> str | None:
    return str(output["name"]) if output["output_type"] == "stream" else None
