"""Cutting long text into pieces where it does not hurt."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["split_text", "text_size"]

_OPEN_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*)?\Z")
_ESCAPE_LOOKBACK = 64


def split_text(text: str, limit: int) -> Iterator[str]:
    """`text` in pieces of at most `limit` characters: at line ends where there are any.

    A long line is not cut within an ANSI escape (of up to 64 characters), a pair of surrogates or a CR LF.
    """
    start, end = 0, len(text)
    while end - start > limit:
        cut = _cut(text, start, start + limit)
        yield text[start:cut]
        start = cut
    if start < end:
        yield text[start:] if start else text


def _cut(text: str, start: int, cut: int) -> int:
    line = text.rfind("\n", start, cut) + 1
    if line > start:
        return line
    # A progress bar redraws one line for ever: its carriage returns are line ends too.
    back = text.rfind("\r", start, cut - 1) + 1
    if back > start:
        return back
    look = max(start + 1, cut - _ESCAPE_LOOKBACK)
    escape = _OPEN_ESCAPE.search(text, look, cut)
    if escape:
        return escape.start()
    pair = "\ud800" <= text[cut - 1] <= "\udbff" and "\udc00" <= text[cut] <= "\udfff"
    if (pair or text[cut - 1 : cut + 1] == "\r\n") and cut - 1 > start:
        return cut - 1
    return cut


def text_size(text: str) -> int:
    """The bytes of `text` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
