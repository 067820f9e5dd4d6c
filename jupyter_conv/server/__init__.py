"""The doors over HTTP: a Jupyter Server extension. They translate, nothing else."""

from .app import ConversationApp

__all__ = ["ConversationApp"]
