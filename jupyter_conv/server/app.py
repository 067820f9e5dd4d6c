"""The Jupyter Server extension: traits, wiring, start, stop."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import PeriodicCallback
from traitlets import Bool, CInt, Enum, Float, List, Unicode

from ..errors import StorageError
from ..runtimes import KernelPool
from ..service import Settings, Synchronous, default_data_dir
from .dispatch import rules
from .gate import Gate

__all__ = ["ConversationApp"]

ACTIVITY_INTERVAL = 30.0
"""Seconds between two looks at whether tasks run."""


class ConversationApp(ExtensionApp):
    """Conversations with agents, and with any long-running work."""

    name = "jupyter_conv"
    extension_url = "/conversation"
    load_other_extensions = True

    data_dir = Unicode(
        help="""Where conversations are kept: the database and the managed workspaces.
        Default: a directory for each root directory, below Jupyter's data directory.""",
    ).tag(config=True)
    db_url = Unicode(
        help="""The database, as a SQLAlchemy URL. Default: conversations.db in data_dir.""",
    ).tag(config=True)
    synchronous = Enum(
        ["NORMAL", "FULL"],
        default_value="NORMAL",
        help="""How SQLite waits for the disk. NORMAL: nothing is lost when the server is killed; the last
        moments may be when the machine loses power. FULL: nor then, and slower.""",
    ).tag(config=True)
    max_running_tasks = CInt(
        32, min=1, help="""So many tasks run at once; further ones wait, PENDING, `queued`."""
    ).tag(config=True)
    max_waiting_tasks = CInt(
        10_000, min=1, help="""So many tasks may be unfinished; further ones are refused (429)."""
    ).tag(config=True)
    max_output_bytes = CInt(
        64 << 20,
        min=1 << 16,
        help="""So many bytes of output are kept of one task; it is told what was left out.""",
    ).tag(config=True)
    max_workspace_bytes = CInt(
        16 << 30,
        min=0,
        help="""So many bytes a managed workspace may hold by what is sent to it; 0: no limit.""",
    ).tag(config=True)
    max_workspace_files = CInt(
        1_000_000,
        min=0,
        help="""So many files and directories a managed workspace may hold likewise; 0: no limit.""",
    ).tag(config=True)
    max_upload_bytes = CInt(
        4 << 30, min=0, help="""So many bytes of files may come in one upload; 0: no limit."""
    ).tag(config=True)
    git_base_url = Unicode(
        help="""What is put before a repository that is named `owner/name` alone. Default: such a name is refused.""",
    ).tag(config=True)
    repository_timeout = Float(
        600.0, min=1, help="""Seconds that cloning a conversation's repository may take."""
    ).tag(config=True)
    setup_timeout = Float(
        600.0, min=1, help="""Seconds that a repository's set-up script may take."""
    ).tag(config=True)
    max_running_starts = CInt(
        8, min=1, help="""So many conversations are being started at once; further ones wait."""
    ).tag(config=True)
    max_text_bytes = CInt(
        1 << 20, min=1, help="""A file of more bytes is not told as text (413); its content is."""
    ).tag(config=True)
    stop_grace = Float(
        15.0, min=0, help="""Seconds that running tasks have to end when the server stops."""
    ).tag(config=True)
    hidden_environment = List(
        Unicode(),
        help="""Names of environment variables that tasks do not see, with * and ?. Jupyter's and the Hub's
        tokens are always hidden.""",
    ).tag(config=True)
    admin_users = List(
        Unicode(),
        help="""Users who see everyone's conversations, where the server knows users apart. On a server with
        one token or password its user is the admin.""",
    ).tag(config=True)
    keep_alive = Bool(
        True,
        help="""Whether a running task counts as activity, so that an idle culler lets the server be.""",
    ).tag(config=True)
    keep_alive_hours = Float(
        24.0,
        min=0,
        help="""After so many hours without another task, running ones count no more.""",
    ).tag(config=True)

    def initialize_settings(self) -> None:
        """Put the gate together; the service opens when the server starts."""
        assert self.serverapp is not None
        root = Path(self.serverapp.root_dir)
        settings = Settings(
            root_dir=root,
            data_dir=Path(self.data_dir) if self.data_dir else default_data_dir(root),
            db_url=self.db_url,
            synchronous=cast(Synchronous, self.synchronous),
            max_running_tasks=self.max_running_tasks,
            max_waiting_tasks=self.max_waiting_tasks,
            max_output_bytes=self.max_output_bytes,
            max_workspace_bytes=self.max_workspace_bytes,
            max_workspace_files=self.max_workspace_files,
            max_upload_bytes=self.max_upload_bytes,
            git_base_url=self.git_base_url,
            repository_timeout=self.repository_timeout,
            setup_timeout=self.setup_timeout,
            max_running_starts=self.max_running_starts,
            max_text_bytes=self.max_text_bytes,
            stop_grace=self.stop_grace,
            hidden_environment=tuple(self.hidden_environment),
        )
        self.gate = Gate(
            settings,
            KernelPool(self.serverapp.kernel_manager),
            self.serverapp.identity_provider,
            self.admin_users,
        )
        self._busy_since: datetime | None = None
        self._watching: PeriodicCallback | None = None

    def initialize_handlers(self) -> None:
        """Our rules, as rules: a path of ours may be a resource and a socket."""
        assert self.serverapp is not None
        web_app: Any = self.serverapp.web_app
        web_app.add_handlers(".*$", rules(web_app.settings["base_url"], self.gate))

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        if self.keep_alive:
            self._watching = PeriodicCallback(self._watch, ACTIVITY_INTERVAL * 1000)
            self._watching.start()
        try:
            await self.gate.service()
        except StorageError as error:
            # The server lives; every verb of ours answers with the same sentence.
            self.log.error("jupyter_conv: %s", error.message)

    def current_activity(self) -> dict[str, int] | None:
        """What keeps the server from being shut down as idle: running tasks, for a while."""
        running = self._running()
        return {"tasks": running} if running and not self._overdue() else None

    def _watch(self) -> None:
        if self._running() == 0:
            self._busy_since = None
            return
        now = datetime.now(UTC)
        self._busy_since = self._busy_since or now
        assert self.serverapp is not None
        if not self._overdue():
            times = self.serverapp.web_app.settings["last_activity_times"]
            times["jupyter_conv"] = now

    def _running(self) -> int:
        service = self.gate.opened
        if service is None or not self.keep_alive:
            return 0
        return service.tasks.running + service.starts.running

    def _overdue(self) -> bool:
        since = self._busy_since
        return since is not None and datetime.now(UTC) - since > timedelta(
            hours=self.keep_alive_hours
        )

    async def stop_extension(self) -> None:
        """Stop what runs, tell it, close."""
        if self._watching is not None:
            self._watching.stop()
        await asyncio.shield(self.gate.aclose())
