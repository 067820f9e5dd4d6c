"""Gathering output: many small pieces of text become few events, in order, up to a limit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from pydantic_core import to_json

from ..models import (
    Detail,
    DisplayData,
    ErrorOutput,
    ExecuteResult,
    Failure,
    NotebookOutput,
    Output,
    Stream,
)
from .progress import read_progress
from .splitting import split_text, text_size

__all__ = ["OutputGatherer"]

_SEGMENTS = 32
_ERROR_BYTES = 65536


@dataclass(slots=True)
class _Segment:
    """Text of one stream of one cell, not yet emitted."""

    name: Literal["stdout", "stderr"]
    cell: int | None
    pieces: deque[str] = field(default_factory=deque)


class OutputGatherer:
    """Puts a task's outputs into the log through `emit`; text of one stream is gathered.

    The first text goes out at once, later text every `interval` seconds or every `chunk` characters. Order between
    streams and other outputs is kept; where streams alternate more than 32 times in an interval, each keeps its own
    order only. What `emit` raises comes out of the next call. Beyond `max_bytes` nothing but small errors is kept.
    """

    def __init__(
        self,
        emit: Callable[[Detail], Awaitable[None]],
        progress: Callable[[float, str | None], Awaitable[None]],
        *,
        max_bytes: int,
        interval: float = 0.05,
        chunk: int = 65536,
    ) -> None:
        self._emit = emit
        self._progress = progress
        self._max_bytes = max_bytes
        self._interval = interval
        self._chunk = chunk
        self._segments: deque[_Segment] = deque()
        self._gathered = 0
        self._kept = 0
        self._dropped = 0
        self._full = False
        self._due = 0.0
        self._lock = asyncio.Lock()
        self._timer: asyncio.Task[None] | None = None
        self._closed = False

    async def put(
        self,
        output: NotebookOutput,
        display_id: str | None = None,
        update: bool = False,
        cell: int | None = None,
    ) -> None:
        """Take one output. Waits while the log is behind."""
        async with self._lock:
            self._raise_timer_error()
            if isinstance(output, Stream):
                await self._put_text(output.name, output.text, cell)
                return
            await self._flush()
            if await self._admit(_size(output), small=isinstance(output, ErrorOutput)):
                await self._emit(
                    Output(output=output, display_id=display_id, update=update, cell=cell)
                )

    async def flush(self) -> None:
        """Emit what is gathered."""
        if not (self._segments or self._timer or self._lock.locked()):
            return
        async with self._lock:
            self._raise_timer_error()
            await self._flush()

    async def close(self) -> None:
        """Emit what is gathered, say what was left out, and end the timer. Closing twice does nothing more."""
        if self._closed:
            return
        self._closed = True
        timer = self._timer
        if timer is not None and not timer.done():
            async with self._lock:  # never in the middle of an emit
                timer.cancel()
            await asyncio.wait({timer})
        async with self._lock:
            self._raise_timer_error()
            await self._flush()
            if self._dropped:
                text = f"[{self._dropped:,} bytes of output were left out]\n"
                await self._emit(Output(output=Stream(name="stderr", text=text)))

    async def _put_text(
        self, name: Literal["stdout", "stderr"], text: str, cell: int | None
    ) -> None:
        kept = self._admit_text(text)
        if kept:
            self._gather(name, kept, cell)
        if len(kept) < len(text):
            await self._flush()
            await self._say_full()
        elif not kept:
            return
        elif self._gathered >= self._chunk or asyncio.get_running_loop().time() >= self._due:
            await self._flush()
        elif self._timer is None or self._timer.done():
            self._timer = asyncio.create_task(self._flush_when_due())

    def _gather(self, name: Literal["stdout", "stderr"], text: str, cell: int | None) -> None:
        self._gathered += len(text)
        segments = self._segments
        if segments and segments[-1].name == name and segments[-1].cell == cell:
            segments[-1].pieces.append(text)
            return
        if len(segments) >= _SEGMENTS:
            for segment in reversed(segments):
                if segment.name == name and segment.cell == cell:
                    segment.pieces.append(text)
                    return
        segments.append(_Segment(name, cell, deque((text,))))

    async def _flush_when_due(self) -> None:
        await asyncio.sleep(max(0.0, self._due - asyncio.get_running_loop().time()))
        async with self._lock:
            await self._flush()

    def _raise_timer_error(self) -> None:
        timer = self._timer
        if timer is not None and timer.done() and not timer.cancelled():
            self._timer = None
            error = timer.exception()
            if error is not None:
                raise error

    async def _flush(self) -> None:
        if not self._segments:
            return
        fraction: float | None = None
        while self._segments:
            segment = self._segments[0]
            text = "".join(segment.pieces)
            # How far a notebook is, its cells tell, not a bar in one of them.
            read = read_progress(text) if segment.cell is None else None
            fraction = fraction if read is None else read
            segment.pieces = deque(split_text(text, self._chunk))
            while segment.pieces:
                # Taken first: who is cancelled while the log is behind loses no piece and doubles none.
                part = segment.pieces.popleft()
                self._gathered -= len(part)
                # Text may hold lone surrogates, which the model refuses and the log mends.
                stream = Stream.model_construct(name=segment.name, text=part)
                await self._emit(Output.model_construct(output=stream, cell=segment.cell))
            self._segments.popleft()
        if fraction is not None:
            await self._progress(fraction, None)
        self._due = asyncio.get_running_loop().time() + self._interval

    async def _admit(self, size: int, *, small: bool) -> bool:
        if not self._full and self._kept + size <= self._max_bytes:
            self._kept += size
            return True
        await self._say_full()
        if small and size <= _ERROR_BYTES:
            return True
        self._dropped += size
        return False

    def _admit_text(self, text: str) -> str:
        size = text_size(text)
        room = 0 if self._full else self._max_bytes - self._kept
        kept = text
        if size > room:
            raw = text.encode("utf-8", "surrogatepass")[:room]
            kept = raw.decode("utf-8", "ignore")
            self._dropped += size - len(raw)
            size = room
        self._kept += size
        return kept

    async def _say_full(self) -> None:
        if self._full:
            return
        self._full = True
        limit = self._max_bytes / 2**20
        await self._emit(
            Failure(
                code="output_limit",
                message=f"The task's output beyond {limit:g} MiB is not kept.",
            )
        )


def _size(output: DisplayData | ExecuteResult | ErrorOutput) -> int:
    if isinstance(output, ErrorOutput):
        return text_size(output.evalue) + sum(text_size(line) for line in output.traceback)
    return sum(
        text_size(value) if isinstance(value, str) else len(to_json(value, inf_nan_mode="null"))
        for value in output.data.values()
    )
