"""This machine: a directory, an environment without secrets, kernels, and a broom."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from ..models import Workspace
from ..runtimes import KernelPool, child_environment, sweep
from ..workspace import Workspaces

__all__ = ["LocalSandbox"]


class LocalSandbox:
    """What tasks find when they run in the server's own machine and account."""

    def __init__(
        self, instance: str, workspaces: Workspaces, kernels: KernelPool, hidden: Sequence[str]
    ) -> None:
        self._instance, self._workspaces, self._hidden = instance, workspaces, tuple(hidden)
        self.kernels = kernels

    def workspace(self, conversation_id: UUID, workspace: Workspace) -> Path:
        """The directory of a conversation's files; it exists."""
        return self._workspaces.locate(conversation_id, workspace)

    def environment(self, task_id: UUID) -> dict[str, str]:
        """The environment of a task's processes, marked so that they are found again."""
        return child_environment(os.environ, f"{self._instance}/{task_id}", self._hidden)

    async def sweep(self) -> int:
        """End what a dead server's tasks left running. Returns how many processes."""
        return await asyncio.to_thread(sweep, f"{self._instance}/")

    async def release(self, conversation_id: UUID) -> None:
        """The conversation is finished: let its kernels go."""
        await self.kernels.release(conversation_id)

    async def erase(self, conversation_id: UUID, workspace: Workspace) -> None:
        """Remove a managed workspace."""
        await asyncio.to_thread(self._workspaces.erase, conversation_id, workspace)

    async def aclose(self) -> None:
        """Let all kernels go."""
        await self.kernels.close()
