"""Where a conversation's tasks run."""

from .local import LocalSandbox

__all__ = ["LocalSandbox"]
