"""Files: the directory of one conversation, and the only code that resolves a path."""

from .paths import Root, missing, parts, resolve
from .quota import Ledger, Limits
from .search import count, search
from .staging import Staging
from .tree import Content, look, make_directory, open_content, remove, touch
from .workspace import Workspaces

__all__ = [
    "Content",
    "Ledger",
    "Limits",
    "Root",
    "Staging",
    "Workspaces",
    "count",
    "look",
    "make_directory",
    "missing",
    "open_content",
    "parts",
    "remove",
    "resolve",
    "search",
    "touch",
]
