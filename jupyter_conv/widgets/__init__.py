"""The task's view as a widget, for front ends without our extension: VS Code, Colab and others.

anywidget is imported when a widget is first made, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .assets import available

if TYPE_CHECKING:
    from .view import ConversationView, TaskView, widget_bundle

__all__ = ["ConversationView", "TaskView", "available", "widget_bundle"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import view

        return getattr(view, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
