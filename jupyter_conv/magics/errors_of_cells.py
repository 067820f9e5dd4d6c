"""The errors of past cells, for `{Err[3]}` in a prompt."""

from __future__ import annotations

import traceback
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

__all__ = ["errors_of", "record"]

_KEEP = 100

_errors: WeakKeyDictionary[Any, OrderedDict[int, str]] = WeakKeyDictionary()


def record(ipython: InteractiveShell) -> None:
    """Keep, from now on, the traceback of each cell that fails: the newest hundred, as plain text."""
    if ipython in _errors:
        return
    errors = _errors[ipython] = OrderedDict()

    def after_cell(result: ExecutionResult) -> None:
        error = result.error_in_exec or result.error_before_exec
        number = result.execution_count
        if error is None or number is None:
            return
        errors[number] = "".join(traceback.format_exception(error)).rstrip()
        while len(errors) > _KEEP:
            errors.popitem(last=False)

    ipython.events.register("post_run_cell", after_cell)


def errors_of(ipython: InteractiveShell) -> dict[int, str]:
    """Execution count → traceback."""
    return dict(_errors.get(ipython, {}))
