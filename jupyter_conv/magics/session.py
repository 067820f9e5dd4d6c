"""What a kernel holds of us: the way to the server or service, its conversation, its tasks."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4, uuid5
from weakref import WeakKeyDictionary

from ..client import BlockingAPI, ConversationClient, ServerInfo, background, discover, this_kernel
from ..client.asking import begin, find_conversation
from ..client.discovery import notebook_path
from ..errors import ConflictError, ForbiddenError, NotFoundError
from ..interface import ConversationAPI
from ..models import Conversation, ConversationStatus

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["KernelSession", "session_of"]

_NAMESPACE = UUID("5b1f3d2e-6f0c-5c5e-9a51-0a6a5b1f7c11")
_READY = (ConversationStatus.CREATING, ConversationStatus.READY)
_MOST = 1000


class KernelSession:
    """One for each shell, made when first used. Its verbs block; `api` lives on the background loop."""

    def __init__(self, ipython: InteractiveShell) -> None:
        self.home = background()
        self.server: ServerInfo | None = None
        self.notice: str | None = None
        self._ipython = ipython
        self._here = Path.cwd()
        self._current: Conversation | None = None
        self.api: ConversationAPI = self._connect()
        self.ask = BlockingAPI(self.api, self.home)

    @property
    def live(self) -> bool:
        """Whether a server holds the tasks, so that a front end can ask it."""
        return self.server is not None

    def conversation(self, said: str | None = None) -> Conversation:
        """The conversation meant: by id or title (made if there is none of that title), else the current one."""
        if said is None:
            if self._current is None:
                self._current = self.home.run(self._default())
            return self._current
        return self.home.run(self._named(said))

    def use(self, conversation: Conversation | None) -> None:
        """Make it the current one; None is the notebook's own again."""
        self._current = conversation

    def new(self, title: str | None) -> Conversation:
        """A new conversation, which becomes the current one."""
        self._current = self.home.run(self._begin(title))
        return self._current

    def find(self, said: str | None) -> Conversation:
        """As `conversation`, but makes none. Raises `NotFoundError`; the current one is asked for anew."""
        if said is None:
            return self.ask.get_conversation(self.conversation().id)
        found = self.home.run(find_conversation(self.api, said))
        if found is None:
            raise NotFoundError(
                f"There is no conversation {said!r}: `%conversation list` shows them."
            )
        return found

    def _connect(self) -> ConversationAPI:
        found = self.home.run(discover(this_kernel()))
        if found.server is not None:
            self.server = found.server
            return ConversationClient(found.server.url, found.server.token)
        if os.environ.get("JUPYTER_CONV_URL"):
            from ..client import no_server

            raise no_server(found)
        from ..client.embedded import embedded

        held = embedded(self._here)
        self.notice = held.notice
        return held.api

    async def _named(self, said: str) -> Conversation:
        return await find_conversation(self.api, said) or await self._begin(said)

    async def _begin(self, title: str | None, id: UUID | None = None) -> Conversation:
        attached = await self._attached()
        return await begin(self.api, title, id=id or uuid4(), attached=attached)

    async def _default(self) -> Conversation:
        """The notebook's own: found again by an id made of its path, so that a restarted kernel goes on in it."""
        path = self._notebook()
        if path is None:
            return await self._begin(None)
        key = str(path)
        for number in range(_MOST):
            id = uuid5(_NAMESPACE, f"{key}#{number}")
            try:
                found = await self.api.get_conversation(id)
            except NotFoundError:
                try:
                    return await self._begin(path.stem, id)
                except ConflictError:
                    # Somebody else's, or begun this moment with other words.
                    continue
            except ForbiddenError:
                continue
            if found.status in _READY:
                return found
        return await self._begin(path.stem)

    def _notebook(self) -> Path | None:
        said = os.environ.get("JPY_SESSION_NAME") or self._ipython.user_ns.get("__vsc_ipynb_file__")
        if not said:
            return None
        return self._here / str(said)

    async def _attached(self) -> str | None:
        """The directory of the notebook below the server's root, with `/`; None where that is not known."""
        if self.server is None:
            return "."
        if self.server.root is not None and self._here.resolve().is_relative_to(self.server.root):
            return self._here.resolve().relative_to(self.server.root).as_posix()
        kernel = this_kernel()
        path = await notebook_path(self.server, kernel) if kernel else None
        if path is None:
            return None
        # A path may be of another drive ("RTC:notebooks/a.ipynb"); the files are the same.
        return PurePosixPath(path.rpartition(":")[2].lstrip("/")).parent.as_posix()


_sessions: WeakKeyDictionary[Any, KernelSession] = WeakKeyDictionary()


def session_of(ipython: InteractiveShell) -> KernelSession:
    """The shell's session. Raises `NoServerError` where a server is named that does not answer."""
    if ipython not in _sessions:
        _sessions[ipython] = KernelSession(ipython)
    return _sessions[ipython]
