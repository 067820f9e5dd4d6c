"""What handlers are given: the service, once it is open, and who asks."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Collection

from jupyter_server.auth import IdentityProvider, PasswordIdentityProvider, User
from jupyter_server.auth.identity import LegacyIdentityProvider

from ..errors import UnavailableError
from ..runtimes import KernelPool
from ..service import ConversationService, Participant, Principal, Settings

__all__ = ["Gate"]

_SHARED = (IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider)
"""Identity providers that know a token or password but not who holds it: all who do are the server's one user."""


class Gate:
    """Opens the service when first asked, and lets participants in."""

    def __init__(
        self,
        settings: Settings,
        kernels: KernelPool,
        identity_provider: IdentityProvider,
        admin_users: Collection[str],
    ) -> None:
        self._settings, self._kernels = settings, kernels
        shared = type(identity_provider) in _SHARED
        self._only = Principal(getpass.getuser(), admin=True) if shared else None
        self._admins = frozenset(admin_users)
        self._opening: asyncio.Task[ConversationService] | None = None
        self._closing = False

    @property
    def opened(self) -> ConversationService | None:
        """The service, if it is open."""
        task = self._opening
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()

    async def service(self) -> ConversationService:
        """The open service. Raises `UnavailableError` where it cannot be opened, or is closing."""
        if self._closing:
            raise UnavailableError("The server is closing; ask again when it is back.")
        if self._opening is None:
            self._opening = asyncio.create_task(
                ConversationService.open(self._settings, self._kernels)
            )
        return await asyncio.shield(self._opening)

    async def participant(self, user: User) -> Participant:
        """This user's end of the service."""
        return (await self.service()).participant(self.principal(user))

    def principal(self, user: User) -> Principal:
        """The user as the service knows them."""
        return self._only or Principal(user.username, admin=user.username in self._admins)

    async def aclose(self) -> None:
        """Close the service, if it was opened."""
        self._closing = True
        if self._opening is None:
            return
        await asyncio.wait([self._opening])
        if (service := self.opened) is not None:
            await service.aclose()
