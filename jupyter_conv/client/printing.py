"""Events to the standard streams, as the work itself would have written them."""

from __future__ import annotations

import sys
from typing import TextIO

from ..models import (
    DisplayData,
    ErrorOutput,
    Event,
    ExecuteResult,
    Failure,
    Message,
    Output,
    Stream,
    TextReply,
)

__all__ = ["Printer", "say"]


def say(text: str) -> None:
    """A line to the standard output as it is now."""
    Printer().line(text)


class Printer:
    """Writes events: output to `out`, errors to `err`, colours and carriage returns as they came."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    def event(self, event: Event) -> None:
        """Write one. What has no text is left out."""
        detail = event.detail
        match detail:
            case Output(output=Stream(name=name, text=text)):
                self._write(text, error=name == "stderr")
            case Output(output=ErrorOutput() as error):
                lines = error.traceback or (f"{error.ename}: {error.evalue}",)
                self._write("\n".join(lines) + "\n", error=True)
            case Output(output=DisplayData(data=data) | ExecuteResult(data=data)):
                shown = data.get("text/plain")
                self.line(shown if isinstance(shown, str) else ", ".join(data))
            case TextReply(text=text) | Message(content=text):
                self.line(text)
            case Failure(code=code, message=message):
                self._write(f"{code}: {message}\n", error=True)

    def line(self, text: str) -> None:
        """A line of ours to the output."""
        self._write(text + "\n")

    def note(self, text: str) -> None:
        """A line of ours beside the output."""
        self._write(text + "\n", error=True)

    def _write(self, text: str, *, error: bool = False) -> None:
        stream = self._err if error else self._out
        try:
            stream.write(text)
        except UnicodeEncodeError:
            # A terminal without UTF-8 shows question marks rather than nothing.
            known = stream.encoding or "ascii"
            stream.write(text.encode(known, "replace").decode(known))
        stream.flush()
