"""The names that a cell's text may use: what the user defined, and what earlier cells answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors_of_cells import errors_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["names_of"]

_LENT = ("In", "Out")


def names_of(ipython: InteractiveShell) -> Mapping[str, Any]:
    """The user's own variables, `In`, `Out` and `Err`; not what IPython itself put there (`exit`, `open` …)."""
    hidden = ipython.user_ns_hidden
    own = {
        name: value
        for name, value in ipython.user_ns.items()
        if name in _LENT or name not in hidden or hidden[name] is not value
    }
    own.setdefault("Err", errors_of(ipython))
    return own
