"""One file as a skill: front matter in YAML between two lines of `---`, then markdown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from ..models import SkillSource
from .skill import Skill

__all__ = ["NotASkillError", "read_skill"]

MAX_FRONT_MATTER = 16 << 10
MAX_WORDS = 200
MAX_WORD = 200
_FENCE = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_load: Any = yaml.load
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotASkillError(ValueError):
    """A file that cannot be read as a skill, in words for its author."""


def read_skill(text: str, *, name: str, source: SkillSource, path: str) -> Skill:
    """The skill that a file's text holds; `name` where it gives none itself. Raises `NotASkillError`."""
    front, content = _split(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    own = front.get("name")
    if own is not None and not _is_word(own):
        raise NotASkillError(f"`name` must be text of 1 to {MAX_WORD} characters.")
    inputs = _words(front, "inputs", _input)
    triggers = _words(front, "triggers", _text)
    if inputs and not triggers:
        triggers = (f"/{own or name}",)
    description = front.get("description")
    return Skill(
        name=(own or name).strip(),
        content=content.strip(),
        source=source,
        path=path,
        description=description if isinstance(description, str) else None,
        triggers=triggers,
        inputs=inputs,
    )


def _split(text: str) -> tuple[dict[str, Any], str]:
    found = _FENCE.match(text)
    if found is None:
        if text.startswith("---\n"):
            raise NotASkillError("The front matter has no end: put a line of --- below it.")
        return {}, text
    if len(found[1]) > MAX_FRONT_MATTER:
        raise NotASkillError(f"The front matter is longer than {MAX_FRONT_MATTER >> 10} KiB.")
    try:
        front = _load(found[1], Loader=_Loader)  # a safe loader: data, no objects
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotASkillError(f"The front matter is not YAML: {_reason(error)}.") from None
    if front is not None and not isinstance(front, dict):
        raise NotASkillError(
            "The front matter must be names with values, such as `triggers: [git]`."
        )
    return front or {}, text[found.end() :]


def _words(front: dict[str, Any], name: str, word: Callable[[Any], str | None]) -> tuple[str, ...]:
    given = front.get(name)
    if given is None:
        return ()
    items = [given] if isinstance(given, str) else given
    if not isinstance(items, list) or len(items) > MAX_WORDS:
        raise NotASkillError(f"`{name}` must be a list of up to {MAX_WORDS}.")
    found = [word(item) for item in items]
    if None in found:
        raise NotASkillError(f"Each of `{name}` must be text of 1 to {MAX_WORD} characters.")
    return tuple(dict.fromkeys(text for text in found if text is not None))


def _text(item: Any) -> str | None:
    return item.strip() if _is_word(item) else None


def _input(item: Any) -> str | None:
    # An input is a name, or a mapping with a name and words about it.
    return _text(item.get("name") if isinstance(item, dict) else item)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= MAX_WORD


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem:
        line = f" in line {error.problem_mark.line + 2}" if error.problem_mark else ""
        return f"{error.problem}{line}"
    return "too deeply nested" if isinstance(error, RecursionError) else type(error).__name__
