"""The service in a process of its own, where no server is: in a plain kernel, or a shell."""

from __future__ import annotations

import getpass
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import StorageError
from ..interface import ConversationAPI
from ..runtimes import KernelPool
from .principal import Principal
from .service import ConversationService
from .settings import Settings, default_data_dir

__all__ = ["EmbeddedService", "embedded"]


@dataclass(frozen=True)
class EmbeddedService:
    """An open service, its user's end of it, and what its user should know."""

    api: ConversationAPI
    data_dir: Path
    notice: str | None
    _service: ConversationService

    async def aclose(self) -> None:
        """Stop what runs and close."""
        await self._service.aclose()


async def embedded(root: Path, *, data_dir: Path | None = None) -> EmbeddedService:
    """Open a service for this process. Where another holds the usual database, it takes a private one and says so."""
    chosen, notice = data_dir or default_data_dir(root), None
    try:
        service = await _open(root, chosen)
    except StorageError as error:
        if error.code != "database_in_use" or data_dir is not None:
            raise
        chosen = Path(tempfile.mkdtemp(prefix="jupyter-conv-"))
        notice = (
            "Another process holds the conversations of this directory, so these are kept apart, in "
            f"{chosen}. Work through that process's server to keep them together."
        )
        service = await _open(root, chosen)
    api = service.participant(Principal(getpass.getuser(), admin=True))
    return EmbeddedService(api, chosen, notice, service)


async def _open(root: Path, data_dir: Path) -> ConversationService:
    settings = Settings(root_dir=root, data_dir=data_dir)
    return await ConversationService.open(settings, KernelPool.embedded())
