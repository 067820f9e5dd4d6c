"""Conversations with agents, and with any long-running work, inside Jupyter.

The floors, from the ground up; a floor knows only those below it:

    0  models, errors, interface, routes     words, no I/O
    1  store, workspace, bus                 keep, files, tell
    2  runtimes, sandbox                     how and where a runnable runs
    3  service                               the only room with rules
    4  server, cli                           doors
       client                                the wing: knows floor 0 and the wire
       magics, widgets                       the roof, in the kernel
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .client import ConversationClient, connect
    from .errors import ConversationError
    from .interface import ConversationAPI
    from .widgets import ConversationView, TaskView

_HOMES = {
    "ConversationAPI": ".interface",
    "ConversationClient": ".client",
    "ConversationError": ".errors",
    "ConversationView": ".widgets",
    "TaskView": ".widgets",
    "connect": ".client",
}

__all__ = [
    "ConversationAPI",
    "ConversationClient",
    "ConversationError",
    "ConversationView",
    "TaskView",
    "__version__",
    "connect",
]


def __getattr__(name: str) -> Any:
    # Names are fetched when first used: a kernel that loads the magics must not pay for the rest.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """`%load_ext jupyter_conv`: the magics."""
    from .magics import load

    load(ipython)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .server.app import ConversationApp

    return [{"module": "jupyter_conv", "app": ConversationApp}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-conv"}]
