"""`%%task --wait` in a live front end as an `await`, so that a click on Cancel reaches the kernel while it waits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Awaiting"]

_WAITS = re.compile(r"%%task\s(?:.*\s)?--(?:wait|check)(?:\s|$)")


class Awaiting:
    """An input transformer: the cell becomes `await get_ipython().run_cell_magic('task', …)`.

    Only in a kernel, where the loop goes on meanwhile, and only where cells may await at all.
    """

    def __init__(self, ipython: InteractiveShell) -> None:
        self._ipython = ipython

    def __call__(self, lines: list[str]) -> list[str]:
        if not lines or not _WAITS.match(lines[0]) or not self._ipython.autoawait:
            return lines
        if getattr(self._ipython, "kernel", None) is None:
            return lines
        line = lines[0].removeprefix("%%task").strip() + " --awaited"
        return [f"await get_ipython().run_cell_magic('task', {line!r}, {''.join(lines[1:])!r})\n"]
