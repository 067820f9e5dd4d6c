"""What a person would see of what a program printed: colours gone, carriage returns and cursor moves carried out."""

from __future__ import annotations

import re
from collections import deque

__all__ = ["Terminal", "plain"]

_TOKEN = re.compile(
    r"\x1b\[(?P<args>[0-?]*)[ -/]*(?P<final>[@-~])"  # CSI
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\)"  # OSC and the other strings
    r"|\x1b[ -/]*[0-~]"  # other escapes
    r"|[\x00-\x1f\x7f-\x9f]",  # controls
    re.DOTALL,
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?\Z", re.DOTALL)
_SPECIAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MAX_PENDING = 512
_SCREEN = 100
_MAX_COLUMN = 20_000


class Terminal:
    """A terminal without end, of which only the first and the last rows are kept.

    In: text as it was printed, in pieces cut anywhere. Out: `text()`. Memory is bounded: `keep` characters at the
    start, as many at the end, and the last hundred rows, which cursor moves can still reach.
    """

    def __init__(self, keep: int = 8_000) -> None:
        self._keep = keep
        self._screen: deque[str] = deque([""])
        self._row = 0
        self._column = 0
        self._pending = ""
        self._head: list[str] = []
        self._head_size = 0
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self.dropped_lines = 0
        self.dropped_chars = 0

    def write(self, text: str) -> None:
        """Take in a piece."""
        text = self._pending + text
        self._pending = ""
        if (unfinished := _UNFINISHED.search(text)) and len(unfinished[0]) <= _MAX_PENDING:
            self._pending, text = unfinished[0], text[: unfinished.start()]
        if not _SPECIAL.search(text):
            self._plain(text)
            return
        start = 0
        for token in _TOKEN.finditer(text):
            if token.start() > start:
                self._put(text[start : token.start()])
            self._act(token)
            start = token.end()
        if start < len(text):
            self._put(text[start:])

    def rows(self) -> tuple[list[str], list[str]]:
        """The rows kept at the start, and those kept at the end; between them `dropped_lines` are missing."""
        end = [*self._tail, *self._screen]
        if end and not end[-1]:
            end.pop()
        if self.dropped_lines:
            return self._head, end
        return self._head + end, []

    def text(self) -> str:
        """All that is kept, with a line that says how much is not."""
        head, end = self.rows()
        gap = [f"… {self.dropped_lines:,} lines left out …"] if self.dropped_lines else []
        return "\n".join(row.rstrip() for row in [*head, *gap, *end])

    def _plain(self, text: str) -> None:
        first, *rest = text.split("\n")
        self._put(first)
        for line in rest:
            self._newline()
            if line:
                self._put(line)

    def _put(self, text: str) -> None:
        room = _MAX_COLUMN - self._column
        if len(text) > room:
            self.dropped_chars += len(text) - room
            text = text[:room]
        row = self._screen[self._row]
        if self._column == len(row):
            self._screen[self._row] = row + text
        else:
            row = row.ljust(self._column)
            self._screen[self._row] = row[: self._column] + text + row[self._column + len(text) :]
        self._column += len(text)

    def _newline(self) -> None:
        self._column = 0
        self._row += 1
        if self._row == len(self._screen):
            self._screen.append("")
            if len(self._screen) > _SCREEN:
                self._retire(self._screen.popleft())
                self._row -= 1

    def _retire(self, row: str) -> None:
        size = len(row) + 1
        if not self._tail and self._head_size + size <= self._keep and not self.dropped_lines:
            self._head.append(row)
            self._head_size += size
            return
        self._tail.append(row)
        self._tail_size += size
        while self._tail_size > self._keep:
            gone = self._tail.popleft()
            self._tail_size -= len(gone) + 1
            self.dropped_lines += 1
            self.dropped_chars += len(gone) + 1

    def _act(self, token: re.Match[str]) -> None:
        match token[0]:
            case "\n":
                self._newline()
            case "\r":
                self._column = 0
            case "\b":
                self._column = max(0, self._column - 1)
            case "\t":
                self._put("\t")
            case _ if token["final"]:
                self._control(token["final"], token["args"])

    def _control(self, final: str, args: str) -> None:
        first = args.split(";")[0]
        number = int(first) if first.isdigit() and len(first) < 6 else 0
        count = number or 1
        row = self._screen[self._row]
        match final:
            case "A" | "F":
                self._row = max(0, self._row - count)
            case "B" | "E":
                self._row = min(len(self._screen) - 1, self._row + count)
            case "C":
                self._column = min(_MAX_COLUMN, self._column + count)
            case "D":
                self._column = max(0, self._column - count)
            case "G":
                self._column = min(_MAX_COLUMN, count - 1)
            case "K" if number == 0:
                self._screen[self._row] = row[: self._column]
            case "K" if number == 1:
                self._screen[self._row] = " " * self._column + row[self._column :]
            case "K":
                self._screen[self._row] = ""
            case "J" if number == 0:
                self._screen[self._row] = row[: self._column]
                for below in range(self._row + 1, len(self._screen)):
                    self._screen[below] = ""
        if final in "EF":
            self._column = 0


def plain(text: str, keep: int = 100_000) -> str:
    """A whole text, as a terminal would leave it."""
    terminal = Terminal(keep)
    terminal.write(text)
    return terminal.text()
