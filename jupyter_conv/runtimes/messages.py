"""From a kernel's messages to details: every type that a user sees.

Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html#messages-on-the-iopub-pub-sub-channel
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError

from ..models import ClearOutput, DisplayData, ErrorOutput, ExecuteResult, Stream
from .bars import WidgetBars
from .base import RunContext
from .channels import Message

__all__ = ["MessageTranslator", "plain_error"]

log = logging.getLogger(__name__)

_WIDGET = "application/vnd.jupyter.widget-view+json"
_NO_STDIN = re.compile(
    r"(?:raw_input|getpass) was called, but this frontend does not support (?:input requests|stdin)\.?"
)
_NO_INPUT = (
    "input() is not answered here: nobody is at the keyboard. "
    "Set the value in the code, or read it from a file."
)


def plain_error(text: str) -> str:
    """IPython's words for a refused `input()` in words that say what to do."""
    return _NO_STDIN.sub(_NO_INPUT, text)


class MessageTranslator:
    """Takes the messages of one execution, and puts what they show into the log.

    `cell` is the notebook cell they belong to; `progress` is told of bars, instead of the context.
    `text` is the plain text of the result, once there is one.
    """

    def __init__(
        self,
        context: RunContext,
        cell: int | None = None,
        progress: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        self.text: str | None = None
        self._context = context
        self._cell = cell
        self._progress = progress or context.progress
        self._bars = WidgetBars()

    async def take(self, message: Message) -> None:
        """Take one message. One that is not as the protocol has it is logged and left out."""
        kind, content = message["header"]["msg_type"], message["content"]
        try:
            if kind == "stream":
                await self._stream(content)
            elif kind in ("display_data", "update_display_data", "execute_result"):
                await self._bundle(kind, content)
            elif kind == "error":
                await self._error(content)
            elif kind == "clear_output":
                wait = bool(content.get("wait"))
                await self._context.emit(ClearOutput(wait=wait, cell=self._cell))
            elif kind in ("comm_open", "comm_msg"):
                fraction = self._bars.take(kind, content)
                if fraction is not None:
                    await self._progress(fraction)
        except (KeyError, TypeError, AttributeError, ValidationError) as error:
            log.warning("A kernel sent a %s message that is not one: %s", kind, error)

    async def show_payload(self, payload: object) -> None:
        """Show what a reply asks to be shown in a pager: help texts."""
        for item in payload if isinstance(payload, list) else ():
            if isinstance(item, dict) and item.get("source") == "page" and "data" in item:
                await self.take(
                    {"header": {"msg_type": "display_data"}, "content": {"data": item["data"]}}
                )

    async def _stream(self, content: dict[str, Any]) -> None:
        text = content["text"]
        if not isinstance(text, str) or content["name"] not in ("stdout", "stderr"):
            raise TypeError(f"name {content['name']!r}")
        # Not validated: text may hold lone surrogates, which the model refuses and the log mends.
        stream = Stream.model_construct(name=content["name"], text=text)
        await self._context.output(stream, cell=self._cell)

    async def _bundle(self, kind: str, content: dict[str, Any]) -> None:
        data, metadata = dict(content["data"]), dict(content.get("metadata") or {})
        if "text/plain" in data:
            # A widget's view needs the widget, which lives in the kernel; its text stands by itself.
            data.pop(_WIDGET, None)
            metadata.pop(_WIDGET, None)
        display_id = (content.get("transient") or {}).get("display_id")
        output: DisplayData | ExecuteResult
        try:
            output = _output(kind, data, metadata, content)
        except ValidationError:
            output = _output(kind, _mended(data), _mended(metadata), content)
        if isinstance(output, ExecuteResult):
            text = output.data.get("text/plain")
            self.text = text if isinstance(text, str) else None
        await self._context.output(
            output,
            display_id=display_id,
            update=kind == "update_display_data",
            cell=self._cell,
        )

    async def _error(self, content: dict[str, Any]) -> None:
        output = ErrorOutput(
            ename=_mended(content["ename"]),
            evalue=plain_error(_mended(content["evalue"])),
            traceback=tuple(plain_error(_mended(line)) for line in content.get("traceback", ())),
        )
        await self._context.output(output, cell=self._cell)


def _output(
    kind: str, data: dict[str, Any], metadata: dict[str, Any], content: dict[str, Any]
) -> DisplayData | ExecuteResult:
    if kind != "execute_result":
        return DisplayData(data=data, metadata=metadata)
    return ExecuteResult(
        data=data, metadata=metadata, execution_count=content.get("execution_count")
    )


def _mended(value: Any) -> Any:
    """The value with `?` for lone surrogates, which UTF-8 cannot hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return value
