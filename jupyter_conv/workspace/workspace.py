"""Where a conversation's files are, and which there can be."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from ..errors import InvalidError
from ..models import Workspace
from .paths import OPEN_DIRECTORY, Root, parts, resolve
from .tree import remove_tree

__all__ = ["Workspaces"]


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

    def root(self, conversation_id: UUID, workspace: Workspace) -> Root:
        """The same for those who walk it themselves."""
        if workspace.type == "attached":
            return Root(self._root, parts(workspace.path or ""), follow=True)
        self.locate(conversation_id, workspace)
        return Root(self._managed, (str(conversation_id),))

    def erase(self, conversation_id: UUID, workspace: Workspace) -> None:
        """Remove a managed directory with all that is in it; an attached one is not touched."""
        if workspace.type != "managed":
            return
        with suppress(OSError):  # never made, or what is in it will not go
            managed = os.open(self._managed, OPEN_DIRECTORY)
            try:
                remove_tree(managed, str(conversation_id))
            finally:
                os.close(managed)
