"""Where a conversation's files are, and which paths stay among them."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from uuid import UUID

from ..errors import InvalidError
from ..models import Workspace

__all__ = ["Workspaces", "resolve"]


def resolve(base: Path, relative: str) -> Path:
    """The path of `relative` (with `/`) below `base`, links followed. Raises `InvalidError` if it leaves it."""
    pure = PurePosixPath(relative)
    if "\0" in relative or pure.is_absolute() or ".." in pure.parts:
        raise InvalidError(
            f"{relative!r} leaves the workspace; give a path inside it.", code="path"
        )
    found = (base / pure).resolve()
    if not found.is_relative_to(base.resolve()):
        raise InvalidError(
            f"{relative!r} is a link that leaves the workspace; give a path inside it.", code="path"
        )
    return found


class Workspaces:
    """The directories: managed ones below `managed`, attached ones below `root`."""

    def __init__(self, root: Path, managed: Path) -> None:
        self._root, self._managed = root, managed

    def check(self, workspace: Workspace) -> Workspace:
        """The workspace as it is kept. Raises `InvalidError` for one that cannot be."""
        if workspace.type == "managed":
            if workspace.path is not None:
                raise InvalidError("A managed workspace takes no path; leave it out.", code="path")
            return workspace
        relative = (workspace.path or "").strip("/")
        if not resolve(self._root, relative).is_dir():
            raise InvalidError(
                f"There is no directory {relative!r} below the server's root to attach.",
                code="path",
            )
        return Workspace(type="attached", path=relative)

    def locate(self, conversation_id: UUID, workspace: Workspace) -> Path:
        """The directory of a conversation; a managed one is made when it is first asked for."""
        if workspace.type == "attached":
            return resolve(self._root, workspace.path or "")
        path = self._managed / str(conversation_id)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def erase(self, conversation_id: UUID, workspace: Workspace) -> None:
        """Remove a managed directory with all that is in it; an attached one is not touched."""
        if workspace.type == "managed":
            shutil.rmtree(self._managed / str(conversation_id), ignore_errors=True)
