"""A task's events as something to read where nothing is alive: a saved notebook, a code host, a terminal."""

from __future__ import annotations

import json
from collections import deque

from ..models import (
    ClearOutput,
    DisplayData,
    ErrorOutput,
    Event,
    ExecuteResult,
    Failure,
    Message,
    MimeBundle,
    Output,
    Stream,
    Task,
    TaskStatusUpdate,
    TextReply,
)
from .blocks import Block, Kind, cut, escape
from .headline import headline
from .remarks import remark
from .terminal import Terminal, plain

__all__ = ["LIMIT", "Transcript"]

LIMIT = 10_000
_BLOCKS = 60
_MAX_TEXT = 50_000
_READABLE: tuple[tuple[str, Kind], ...] = (
    ("text/markdown", "reply"),
    ("text/latex", "reply"),
    ("text/plain", "plain"),
)


class Transcript:
    """What a task has said so far; memory and length are bounded, the start and the end are kept.

    In: the task, then its events in order (`add`). Out: `text()` and `markdown()`, and `task`, kept up to date by the
    status events. It reads events; it asks nobody for anything.
    """

    def __init__(self, task: Task, *, limit: int = LIMIT) -> None:
        self.task = task
        self._limit = limit
        self._head: list[Block] = []
        self._tail: deque[Block] = deque()
        self._dropped = 0
        self._clear: list[ClearOutput] = []

    def add(self, event: Event) -> bool:
        """Take an event in; whether anything changed."""
        detail = event.detail
        match detail:
            case TaskStatusUpdate():
                return self._status(event, detail)
            case Output():
                self._output(detail)
            case ClearOutput(wait=True):
                self._clear.append(detail)
            case ClearOutput():
                self._erase(detail)
            case TextReply():
                self._reply(detail.text)
            case Message():
                self._push(Block("line", f"{detail.role}:"))
                self._push(Block("reply", detail.content[:_MAX_TEXT]))
            case Failure():
                self._push(Block("plain", f"{detail.code}: {detail.message}"))
            case _:
                said = remark(detail)
                if said is None:
                    return False
                self._push(Block("line", said))
        return True

    def replace(self, task: Task) -> None:
        """The task as the server has it now, with its result."""
        self.task = task

    def text(self) -> str:
        """The transcript as text."""
        lines = [headline(self.task)]
        lines += ["\n".join(pieces) for _, pieces in self._pieces() if pieces]
        return "\n".join(lines)

    def body(self) -> str:
        """The transcript as text, without its first line and without a limit on what is kept."""
        return "\n".join(block.plain() for block in self._all())

    def markdown(self) -> str:
        """The transcript as Markdown, in which nothing that was put out can break out of its place."""
        parts = [headline(self.task, escape=escape, strong=True)]
        for block, pieces in self._pieces():
            if pieces:
                parts.append(block.markdown("\n".join(pieces)))
        return "\n\n".join(parts)

    def _all(self) -> list[Block]:
        gap = [Block("line", f"… {self._dropped:,} outputs left out …")] if self._dropped else []
        return [*self._head, *gap, *self._tail]

    def _pieces(self) -> list[tuple[Block, list[str]]]:
        blocks: list[Block] = []
        cell = None
        for block in self._all():
            if block.cell is not None and block.cell != cell:
                blocks.append(Block("line", f"Cell {block.cell + 1}"))
            cell = block.cell
            blocks.append(block)
        texts = [block.plain() for block in blocks]
        return list(zip(blocks, cut(texts, self._limit), strict=True))

    def _status(self, event: Event, detail: TaskStatusUpdate) -> bool:
        if detail.task_id != self.task.id:
            return False
        changed: dict[str, object] = {
            "status": detail.status,
            "code": detail.code,
            "message": detail.message,
            "progress": detail.progress,
            "updated_at": event.created_at,
        }
        if detail.status == "RUNNING" and self.task.started_at is None:
            changed["started_at"] = event.created_at
        if detail.status.finished and self.task.finished_at is None:
            changed["finished_at"] = event.created_at
        self.task = self.task.model_copy(update=changed)
        return True

    def _output(self, detail: Output) -> None:
        waiting, self._clear = self._clear, []
        for clear in waiting:
            self._erase(clear)
        if isinstance(detail.output, Stream):
            self._stream(detail.output.text, detail.cell)
            return
        fresh = [
            Block(kind, text[:_MAX_TEXT], None, detail.cell, detail.display_id, True)
            for kind, text in _shown(detail.output)
        ]
        if detail.display_id is not None and detail.update:
            self._update(detail.display_id, fresh)
            return
        for block in fresh:
            self._push(block)

    def _stream(self, text: str, cell: int | None) -> None:
        last = self._last()
        if last is None or last.terminal is None or last.cell != cell:
            last = Block("stream", terminal=Terminal(), cell=cell, output=True)
            self._push(last)
        assert last.terminal is not None
        last.terminal.write(text)

    def _reply(self, text: str) -> None:
        last = self._last()
        if last is not None and last.kind == "reply" and len(last.text) < _MAX_TEXT:
            last.text += "\n\n" + text[:_MAX_TEXT]
            return
        self._push(Block("reply", text[:_MAX_TEXT]))

    def _last(self) -> Block | None:
        if self._tail:
            return self._tail[-1]
        return self._head[-1] if self._head and not self._dropped else None

    def _push(self, block: Block) -> None:
        if len(self._head) < _BLOCKS and not self._tail and not self._dropped:
            self._head.append(block)
            return
        self._tail.append(block)
        if len(self._tail) > _BLOCKS:
            self._tail.popleft()
            self._dropped += 1

    def _update(self, display_id: str, fresh: list[Block]) -> None:
        for blocks in (self._head, self._tail):
            places = [i for i, block in enumerate(blocks) if block.display_id == display_id]
            for new, place in zip(fresh, places, strict=False):
                blocks[place] = new

    def _erase(self, clear: ClearOutput) -> None:
        def stays(block: Block) -> bool:
            return not block.output or block.cell != clear.cell

        self._head = [block for block in self._head if stays(block)]
        self._tail = deque(block for block in self._tail if stays(block))
        if not self._head and not self._tail:
            self._dropped = 0


def _shown(output: DisplayData | ExecuteResult | ErrorOutput) -> list[tuple[Kind, str]]:
    if isinstance(output, ErrorOutput):
        lines = "\n".join(output.traceback) or f"{output.ename}: {output.evalue}"
        return [("plain", plain(lines))]
    return _bundle(output.data)


def _bundle(data: MimeBundle) -> list[tuple[Kind, str]]:
    """The most readable of a bundle's types; an image is named, not carried."""
    shown: list[tuple[Kind, str]] = []
    for mime, value in data.items():
        if mime.startswith("image/"):
            size = len(value) if isinstance(value, str) else len(json.dumps(value))
            size = size if mime == "image/svg+xml" else size * 3 // 4
            shown.append(("line", f"[{mime}, {_bytes(size)}]"))
    for mime, kind in _READABLE:
        value = data.get(mime)
        if isinstance(value, str):
            return [*shown, (kind, plain(value) if kind == "plain" else value)]
    others = [mime for mime in data if not mime.startswith("image/")]
    return shown or [("line", f"[{', '.join(others) or 'nothing'}]")]


def _bytes(size: int) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size //= 1000
    return f"{size} GB"
