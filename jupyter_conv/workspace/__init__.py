"""Files: the directory of one conversation, and the only code that resolves a path."""

from .workspace import Workspaces, resolve

__all__ = ["Workspaces", "resolve"]
