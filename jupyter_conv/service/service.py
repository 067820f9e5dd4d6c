"""The service: wires the floors below together, and opens and closes them in order."""

from __future__ import annotations

import logging

from ..bus import Bus
from ..runtimes import KernelPool, Registry
from ..sandbox import LocalSandbox
from ..store import Store
from ..workspace import Limits, Workspaces
from .apps import Apps
from .conversations import Conversations
from .events import EventLog
from .files import Files
from .participant import Participant
from .principal import Principal
from .settings import Settings
from .starter import Starter
from .starts import Starts
from .tasks import Supervisor

__all__ = ["ConversationService"]

log = logging.getLogger("jupyter_conv")


class ConversationService:
    """Open with `await ConversationService.open(…)`; all else happens in that event loop."""

    def __init__(self, store: Store, bus: Bus, kernels: KernelPool, settings: Settings) -> None:
        self._store, self._settings, self.bus = store, settings, bus
        workspaces = Workspaces(settings.root_dir, settings.workspaces)
        self._sandbox = LocalSandbox(
            store.instance, workspaces, kernels, settings.hidden_environment
        )
        self.events = EventLog(store, bus)
        self.tasks = Supervisor(
            store,
            self.events,
            self._sandbox,
            Registry.load(),
            max_running=settings.max_running_tasks,
            max_waiting=settings.max_waiting_tasks,
            max_output_bytes=settings.max_output_bytes,
        )
        self.conversations = Conversations(
            store, self.events, self.tasks, self._sandbox, workspaces
        )
        limits = Limits(
            settings.max_workspace_bytes, settings.max_workspace_files, settings.max_upload_bytes
        )
        self.files = Files(store, workspaces, limits)
        starter = Starter(
            store, self.events, self.tasks, self.conversations, self._sandbox, settings
        )
        self.starts = Starts(store, self.events, self.conversations, starter, settings)
        self._apps = Apps(
            store,
            self.tasks,
            self.conversations,
            self.starts,
            self._sandbox,
            self.files,
            settings.max_text_bytes,
        )

    @classmethod
    async def open(cls, settings: Settings, kernels: KernelPool) -> ConversationService:
        """Open the store, sweep up after a dead server, and go on with what waits. Raises `StorageError`."""
        bus = Bus()
        store = await Store.open(settings.url, bus.publish, synchronous=settings.synchronous)
        service = cls(store, bus, kernels, settings)
        try:
            swept = await service._sandbox.sweep()
            if swept:
                log.warning("Ended %d processes that a dead server's tasks had left", swept)
            await service.starts.resume()
            await service.conversations.resume()
        except BaseException:
            await store.aclose()
            raise
        return service

    def participant(self, principal: Principal) -> Participant:
        """Every verb, for this principal."""
        return Participant(
            self.conversations, self.tasks, self.events, self.files, self._apps, principal
        )

    async def aclose(self) -> None:
        """Stop what runs, tell it, keep it, close."""
        await self.starts.aclose(self._settings.stop_grace)
        await self.tasks.aclose(self._settings.stop_grace)
        await self.conversations.aclose(self._settings.stop_grace)
        await self._sandbox.aclose()
        await self._store.aclose()
