"""The built half of the widgets, where it is there."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["available", "script", "style"]

_STATIC = Path(__file__).parent / "static"


def available() -> bool:
    """Whether widgets can be shown: their script was built, and anywidget is installed."""
    return (_STATIC / "task_view.js").is_file() and find_spec("anywidget") is not None


@cache
def script() -> str:
    """The view as an ES module. Raises ImportError with what to do."""
    try:
        return (_STATIC / "task_view.js").read_text("utf-8")
    except FileNotFoundError:
        raise ImportError(
            "The widgets of jupyter_conv are not built here: install Node 20 or newer, then jupyter-conv again."
        ) from None


@cache
def style() -> str:
    """Its style sheet."""
    path = _STATIC / "task_view.css"
    return path.read_text("utf-8") if path.is_file() else ""
