"""Finding the files that hold skills. Reading them changes nothing, and is bounded in every direction.

Of two skills with one name the later source wins: shared < user < workspace. Within a workspace the folders are read in
the order of `FOLDERS`, then the files that other tools are instructed by. What a workspace holds may be a stranger's:
a link that leaves it is not followed, and is told.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir, jupyter_path

from ..errors import InvalidError
from ..models import SkillError, SkillSource
from ..workspace import resolve
from .reading import NotASkillError, read_skill
from .skill import Skill, Skills

__all__ = ["FOLDERS", "INSTRUCTIONS", "Roots", "load_skills"]

FOLDERS = (".openhands/microagents", ".openhands/skills", ".jupyter_conv/skills")
"""Folders of a workspace; the later wins."""

INSTRUCTIONS = {
    "AGENTS.md": "agents",
    "CLAUDE.md": "claude",
    "GEMINI.md": "gemini",
    ".cursorrules": "cursorrules",
}
"""Files of other tools, at the top of a workspace, that are always told, and the names of the skills they make."""

MAX_FILE = 256 << 10
MAX_TOTAL = 4 << 20
MAX_SKILLS = 500
MAX_ENTRIES = 5000
MAX_DEPTH = 4
_FOLDER_SKILL = "SKILL.md"


@dataclass(frozen=True)
class Roots:
    """Where skills are that belong to no workspace. `shared`: the later wins."""

    shared: tuple[Path, ...]
    user: Path

    @classmethod
    def usual(cls) -> Roots:
        """Where Jupyter keeps such things."""
        shared = [Path(found) for found in jupyter_path("jupyter_conv", "skills")]
        return cls(tuple(reversed(shared)), Path(jupyter_config_dir()) / "jupyter_conv" / "skills")


def load_skills(workspace: Path, roots: Roots) -> Skills:
    """The skills that an agent in this workspace has. Reads files; call it in a thread."""
    loading = _Loading()
    for directory in roots.shared:
        loading.folder("shared", directory, "")
    loading.folder("user", roots.user, "")
    for folder in FOLDERS:
        loading.folder("workspace", workspace, folder)
    loading.instructions(workspace)
    return Skills(tuple(sorted(loading.found.values(), key=_order)), tuple(loading.errors))


def _order(skill: Skill) -> tuple[str, str]:
    return (skill.name.casefold(), skill.name)


@dataclass
class _Loading:
    found: dict[str, Skill] = field(default_factory=dict)
    errors: list[SkillError] = field(default_factory=list)
    _left: int = field(default_factory=lambda: MAX_TOTAL)
    _full: bool = False

    def folder(self, source: SkillSource, base: Path, folder: str) -> None:
        """Take every skill of one folder of a source."""
        for path in _files(base / folder) if self._inside(source, base, folder) else ():
            relative = path.relative_to(base).as_posix()
            if (text := self._read(source, base, relative)) is None:
                continue
            name = _name(path.relative_to(base / folder))
            try:
                self._keep(read_skill(text, name=name, source=source, path=relative))
            except NotASkillError as error:
                self._wrong(source, relative, str(error))

    def instructions(self, workspace: Path) -> None:
        """Take the files of other tools; one that is another by a link only once."""
        seen: set[Path] = set()
        for file, name in INSTRUCTIONS.items():
            if not os.path.lexists(workspace / file):
                continue
            real = (workspace / file).resolve()
            if real in seen or (text := self._read("workspace", workspace, file)) is None:
                continue
            seen.add(real)
            self._keep(Skill(name, text.strip(), "workspace", file))

    def _inside(self, source: SkillSource, base: Path, folder: str) -> bool:
        if source != "workspace":
            return True
        try:
            resolve(base, folder)
        except InvalidError as error:
            self._wrong(source, folder, error.message)
            return False
        return True

    def _keep(self, skill: Skill) -> None:
        if skill.name not in self.found and len(self.found) >= MAX_SKILLS:
            if not self._full:
                self._wrong(
                    skill.source, skill.path, f"More than {MAX_SKILLS} skills are not read."
                )
            self._full = True
            return
        self.found[skill.name] = skill

    def _read(self, source: SkillSource, base: Path, relative: str) -> str | None:
        try:
            # Who may write into the user's own folders may also link from them.
            path = resolve(base, relative) if source == "workspace" else base / relative
            text = _text(path, min(MAX_FILE, self._left))
        except InvalidError as error:
            self._wrong(source, relative, error.message)
        except NotASkillError as error:
            self._wrong(source, relative, str(error))
        except OSError as error:
            self._wrong(source, relative, f"It cannot be read: {error.strerror}.")
        else:
            self._left -= len(text)
            return text
        return None

    def _wrong(self, source: SkillSource, path: str, message: str) -> None:
        if len(self.errors) < MAX_SKILLS:
            self.errors.append(SkillError(source=source, path=path, message=message))


def _text(path: Path, limit: int) -> str:
    # Not blocking: whoever put a pipe there must not hold us.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotASkillError("It is not a file.")
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise NotASkillError(
            f"It is too large: a skill may have {MAX_FILE >> 10} KiB, all together {MAX_TOTAL >> 20} MiB."
        )
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise NotASkillError("It is not UTF-8.") from None


def _files(folder: Path) -> Iterator[Path]:
    """The files that should be skills, in the order of their names. A folder with a SKILL.md is one skill."""
    left = [MAX_ENTRIES]
    yield from _walk(folder, MAX_DEPTH, left)


def _walk(folder: Path, depth: int, left: list[int]) -> Iterator[Path]:
    for entry in _entries(folder, left):
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            if os.path.lexists(path / _FOLDER_SKILL):
                yield path / _FOLDER_SKILL
            elif depth > 1:
                yield from _walk(path, depth - 1, left)
        elif entry.name.endswith(".md") and entry.name.lower() != "readme.md":
            yield path


def _entries(folder: Path, left: list[int]) -> Sequence[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                left[0] -= 1
                if left[0] < 0:
                    break
                found.append(entry)
    except OSError:
        return ()
    return sorted(found, key=lambda entry: entry.name)


def _name(path: Path) -> str:
    return (path.parent if path.name == _FOLDER_SKILL else path.with_suffix("")).as_posix()
