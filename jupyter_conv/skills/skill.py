"""A skill, and a set of them: which are always told, and which a text calls for. No I/O."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..models import ConversationSkills, SkillError, SkillKind, SkillResponse, SkillSource

__all__ = ["Skill", "Skills"]


@dataclass(frozen=True)
class Skill:
    """One skill. `path` is relative to the directory of its source."""

    name: str
    content: str
    source: SkillSource
    path: str
    description: str | None = None
    triggers: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    @property
    def kind(self) -> SkillKind:
        """When it is told."""
        if self.inputs:
            return "task"
        return "keyword" if self.triggers else "always"

    def called_by(self, text: str) -> bool:
        """Whether one of its triggers stands in the text, as a whole word, upper or lower case."""
        folded = _fold(text)
        return any(_stands(_fold(trigger), folded) for trigger in self.triggers)

    @property
    def response(self) -> SkillResponse:
        """The skill as the wire has it."""
        return SkillResponse(
            name=self.name,
            type="repo" if self.kind == "always" else "knowledge",
            content=self.content,
            triggers=self.triggers,
            kind=self.kind,
            description=self.description,
            inputs=self.inputs,
            source=self.source,
            path=self.path,
        )


@dataclass(frozen=True)
class Skills:
    """The skills of a conversation, one for each name, and the files that could not be read as one."""

    all: tuple[Skill, ...] = ()
    errors: tuple[SkillError, ...] = field(default=())

    def __iter__(self) -> Iterator[Skill]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    @property
    def always(self) -> tuple[Skill, ...]:
        """Those that an agent is told from the beginning."""
        return tuple(skill for skill in self.all if skill.kind == "always")

    def matching(self, text: str) -> tuple[Skill, ...]:
        """Those, not told from the beginning, that a text calls for."""
        return tuple(skill for skill in self.all if skill.called_by(text))

    @property
    def response(self) -> ConversationSkills:
        """All of it as the wire has it."""
        return ConversationSkills(
            skills=tuple(skill.response for skill in self.all), errors=self.errors
        )


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _stands(word: str, text: str) -> bool:
    at = text.find(word)
    while at >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(word) :][:1]
        if not (_joins(before) or _joins(after)):
            return True
        at = text.find(word, at + 1)
    return False


def _joins(character: str) -> bool:
    """Whether a word goes on in this character: letters, digits, and the marks that stand on letters."""
    return character != "" and (
        character == "_" or character.isalnum() or unicodedata.category(character)[0] == "M"
    )
