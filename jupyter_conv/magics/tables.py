"""Rows as a table: Markdown where that is drawn, columns of text elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..client.printing import say
from ..display import escape

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["show_table", "text_table"]


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns of text, the first row the heads."""
    every = [row for row in (head, *rows) if any(row)]
    widths = [max(len(row[i]) for row in every) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in every
    )


def show_table(
    ipython: InteractiveShell, head: Sequence[str], rows: Sequence[Sequence[str]], empty: str
) -> None:
    """Display the rows, or `empty` if there are none."""
    if not rows:
        say(empty)
        return
    flat = [[" ".join(str(cell).split()) for cell in row] for row in rows]
    text = text_table(head, flat)
    if getattr(ipython, "kernel", None) is None:
        say(text)
        return
    lines = [head, ["---"] * len(head), *[[escape(cell) for cell in row] for row in flat]]
    markdown = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    ipython.display_pub.publish(data={"text/markdown": markdown, "text/plain": text}, metadata={})
