"""Whether somebody is at the screen."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["attended", "has_front_end"]


def attended(ipython: InteractiveShell) -> bool:
    """Whether a person runs this cell, who could watch, answer and cancel.

    The rule: JUPYTER_CONV_ATTENDED says so (1 or 0), or else, in a kernel, whether the request that runs this cell can
    be asked for input (`allow_stdin`: front ends that people use say yes; nbclient, and with it papermill, `jupyter
    execute` and nbconvert, and nbval say no), or else, in a shell, whether its input is a terminal.
    """
    said = os.environ.get("JUPYTER_CONV_ATTENDED")
    if said in ("0", "1"):
        return said == "1"
    kernel = getattr(ipython, "kernel", None)
    if kernel is not None:
        content = kernel.get_parent("shell").get("content", {})
        return bool(content.get("allow_stdin", True))
    return sys.stdin is not None and sys.stdin.isatty()


def has_front_end(ipython: InteractiveShell) -> bool:
    """Whether what is displayed can be changed later: a kernel's front end can, a terminal cannot."""
    return getattr(ipython, "kernel", None) is not None
