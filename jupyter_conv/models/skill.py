"""Skills: what an agent is told besides the prompt, always or when its words come up."""

from __future__ import annotations

from typing import Literal

from .base import Model

__all__ = ["ConversationSkills", "SkillError", "SkillKind", "SkillResponse", "SkillSource"]

SkillKind = Literal["always", "keyword", "task"]
"""When a skill is told: always; when one of its words comes up; when its task is asked for by name."""

SkillSource = Literal["shared", "user", "workspace"]
"""Where a skill is from. Of two with one name the later source wins."""


class SkillResponse(Model):
    """One skill. `type` is `repo` for one that is always told, else `knowledge`.

    `path` is where it stands, relative to its source's directory (a workspace: to the workspace).
    """

    name: str
    type: Literal["repo", "knowledge"]
    content: str
    triggers: tuple[str, ...] = ()
    kind: SkillKind
    description: str | None = None
    inputs: tuple[str, ...] = ()
    source: SkillSource
    path: str


class SkillError(Model):
    """A file that should hold a skill and does not, and why."""

    source: SkillSource
    path: str
    message: str


class ConversationSkills(Model):
    """The skills that a conversation has, and what could not be read."""

    skills: tuple[SkillResponse, ...] = ()
    errors: tuple[SkillError, ...] = ()
