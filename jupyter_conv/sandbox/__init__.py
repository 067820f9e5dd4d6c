"""Where a conversation's tasks run."""

from .local import LocalSandbox
from .preparing import clone, run_setup, set_up_hook
from .repository import repository_url, without_password

__all__ = [
    "LocalSandbox",
    "clone",
    "repository_url",
    "run_setup",
    "set_up_hook",
    "without_password",
]
