"""The pieces a transcript is made of, and how each is written as text and as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .terminal import Terminal

__all__ = ["Block", "Kind", "cut", "escape", "fence"]

Kind = Literal["stream", "plain", "reply", "line"]

_FENCE_LINE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_HTML = re.compile(r"<(?!https?://)[A-Za-z/!?]")
_INLINE = re.compile(r"([\\`*_\[\]<>#|~$&!])")


@dataclass
class Block:
    """One piece. `stream` and `plain` are shown as they are, `reply` is Markdown, `line` a remark of ours."""

    kind: Kind
    text: str = ""
    terminal: Terminal | None = None
    cell: int | None = None
    display_id: str | None = None
    output: bool = False

    def plain(self) -> str:
        """The piece as text."""
        return self.terminal.text() if self.terminal else self.text

    def markdown(self, text: str) -> str:
        """The piece, of which `text` is left, as Markdown that cannot reach beyond itself."""
        if self.kind == "line":
            return f"*{escape(text)}*"
        if self.kind == "reply" and text == self.text and _contained(text):
            return text
        return fence(text)


def escape(text: str) -> str:
    """A piece of a line, with nothing in it that Markdown or HTML would read."""
    return _INLINE.sub(r"\\\1", " ".join(text.split()))


def fence(text: str) -> str:
    """Text in a code fence longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    mark = "`" * (longest + 1)
    return f"{mark}text\n{text}\n{mark}"


def _contained(markdown: str) -> bool:
    """Whether Markdown ends what it begins: no open fence, no HTML."""
    if _HTML.search(markdown):
        return False
    mark = ""
    for line in markdown.splitlines():
        found = _FENCE_LINE.match(line)
        if not found:
            continue
        run, rest = found[1], found[2].strip()
        if not mark:
            mark = run
        elif run[0] == mark[0] and len(run) >= len(mark) and not rest:
            mark = ""
    return not mark


def cut(texts: list[str], limit: int) -> list[list[str]]:
    """The texts without their middle: each as the pieces that are left of it, which may be none.

    What is left has some `limit` characters. Where something is missing, a line says how much.
    """
    total = sum(len(text) for text in texts)
    if total <= limit:
        return [[text] for text in texts]
    first, last = limit // 2, total - limit // 2
    result: list[list[str]] = []
    start = 0
    said = False
    for text in texts:
        end = start + len(text)
        if end <= first or start >= last:
            result.append([text])
        else:
            before = _to_line_end(text[: max(0, first - start)])
            after = _from_line_start(text[max(0, last - start) :]) if end > last else ""
            note = [] if said else [f"… {total - limit:,} characters left out …"]
            said = True
            result.append([piece for piece in [before, *note, after] if piece])
        start = end
    return result


def _to_line_end(text: str) -> str:
    # Whole lines where lines are short; a line without end is cut where it is.
    at = text.rfind("\n")
    return text[:at] if at >= 0 and len(text) - at < 400 else text


def _from_line_start(text: str) -> str:
    at = text.find("\n")
    return text[at + 1 :] if 0 <= at < 400 else text
