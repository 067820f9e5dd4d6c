"""What can be configured of the service."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from ..store import Synchronous

__all__ = ["Settings", "default_data_dir"]


def default_data_dir(root: Path) -> Path:
    """Where the conversations of a server with this root directory are kept: one directory for each root."""
    root = root.resolve()
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return Path(jupyter_data_dir()) / "jupyter_conv" / f"{root.name or 'root'}-{digest}"


@dataclass(frozen=True)
class Settings:
    """Sizes are bytes, times are seconds."""

    root_dir: Path
    data_dir: Path
    db_url: str = ""
    synchronous: Synchronous = "NORMAL"
    max_running_tasks: int = 32
    max_waiting_tasks: int = 10_000
    max_output_bytes: int = 64 << 20
    max_workspace_bytes: int = 16 << 30
    max_workspace_files: int = 1_000_000
    max_upload_bytes: int = 4 << 30
    cancel_grace: float = 5.0
    kernel_grace: float = 2.0
    stop_grace: float = 15.0
    hidden_environment: tuple[str, ...] = ()
    git_base_url: str = ""
    repository_timeout: float = 600.0
    setup_timeout: float = 600.0
    max_running_starts: int = 8
    max_waiting_starts: int = 1000
    max_text_bytes: int = 1 << 20

    @property
    def url(self) -> str:
        """The database: the one named, or a file in the data directory."""
        return self.db_url or f"sqlite:///{self.data_dir / 'conversations.db'}"

    @property
    def workspaces(self) -> Path:
        """Where managed workspaces are."""
        return self.data_dir / "workspaces"
