"""Reading progress bars out of text."""

from __future__ import annotations

import re

__all__ = ["read_progress"]

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_NUMBER = r"(\d{1,3}(?:\.\d+)?)\s?%"
_BARS = re.compile(
    rf"{_NUMBER}\s?[|\[]"  # tqdm, wget: a number, then a bar
    rf"|[━╸╺#=█▉▊▋▌▍▎▏▓▒░][━╸╺#=█▉▊▋▌▍▎▏▓▒░>. -]*[\]|]?\s*{_NUMBER}"  # rich, click, curl: the reverse
    rf"|:\s+{_NUMBER}\s\(\d+/\d+\)"  # git
)
_TAIL = 4096


def read_progress(text: str) -> float | None:
    """How far the last progress bar in the last 4,096 characters of `text` is, 0..1; null where there is none.

    A bar has to be drawn: a percentage alone is not one.
    """
    if "%" not in text:
        return None
    found: float | None = None
    for match in _BARS.finditer(_ANSI.sub("", text[-_TAIL:])):
        number = float(next(group for group in match.groups() if group is not None))
        if number <= 100:
            found = number / 100
    return found
