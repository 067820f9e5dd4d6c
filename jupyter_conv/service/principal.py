"""Who asks, and what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ..models import Workspace

__all__ = ["Principal", "Ref"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A participant as the service knows it: a name, and whether everything is theirs to see."""

    name: str
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Ref:
    """What of a conversation never changes; having one means having been let in."""

    key: int
    id: UUID
    owner: str
    workspace: Workspace
