"""The magics: `%%task`, `%%conversation`, `%conversation`. Loading them is cheap; using them loads the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .handle import TaskFailed, TaskHandle

__all__ = ["TaskFailed", "TaskHandle", "load"]


def load(ipython: InteractiveShell) -> None:
    """Register the magics; loading twice does nothing more."""
    from .awaiting import Awaiting
    from .commands import ConversationMagics
    from .errors_of_cells import record

    ipython.register_magics(ConversationMagics(ipython))
    record(ipython)
    transformers = ipython.input_transformers_cleanup
    if not any(isinstance(known, Awaiting) for known in transformers):
        transformers.append(Awaiting(ipython))


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import handle

        return getattr(handle, name)
    raise AttributeError(name)
