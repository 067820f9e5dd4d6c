"""The kernels of a server's conversations: started, kept, replaced and ended by its own kernel manager."""

from __future__ import annotations

import asyncio
import logging
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from jupyter_core.utils import ensure_async

from ..errors import RuntimeFailure
from .channels import Kernel
from .environment import MARK
from .handles import KernelHandle
from .shielding import see_through

__all__ = ["KernelHandle", "KernelPool"]

log = logging.getLogger(__name__)

_Key = tuple[UUID, str]


class KernelPool:
    """One kernel for each conversation and kernel name, kept between tasks; and kernels for one run each.

    `manager` is a MultiKernelManager of jupyter_client with asynchronous verbs, such as jupyter_server's: gateways,
    provisioners and culling apply. A kernel that was culled or died is replaced when it is next asked for.
    """

    def __init__(
        self,
        manager: Kernel,
        *,
        start_timeout: float = 60.0,
        launch: Mapping[str, Any] | None = None,
    ) -> None:
        self._manager = manager
        self._launch = launch or {}
        self._start_timeout = start_timeout
        self._kept: dict[_Key, KernelHandle] = {}
        self._locks: dict[_Key, asyncio.Lock] = {}
        self._handles: set[KernelHandle] = set()

    @classmethod
    def embedded(cls, *, start_timeout: float = 60.0) -> KernelPool:
        """A pool with a kernel manager of its own, for where there is no server."""
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.multikernelmanager import AsyncMultiKernelManager
        from jupyter_core.paths import jupyter_runtime_dir

        Path(jupyter_runtime_dir()).mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(
            AsyncMultiKernelManager(
                connection_dir=jupyter_runtime_dir(), kernel_spec_manager=KernelSpecManager()
            ),
            start_timeout=start_timeout,
            # A kernel's own log would otherwise appear under the cell of the kernel we are embedded in.
            launch={"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL},
        )

    async def acquire(
        self,
        conversation_id: UUID,
        kernel_name: str | None,
        cwd: Path,
        env: Mapping[str, str],
    ) -> KernelHandle:
        """The conversation's kernel of that name (null: the default), started in `cwd` with `env` if need be.

        Raises `RuntimeFailure`: `no_such_kernel`, `kernel_start_failed`, `kernel_died`.
        """
        key = (conversation_id, self._name(kernel_name))
        async with self._locks.setdefault(key, asyncio.Lock()):
            handle = self._kept.get(key)
            if handle is not None and await handle.alive():
                return handle
            if handle is not None:
                await self.discard(handle)
            fresh = await self.fresh(kernel_name, cwd, env)
            fresh.state_lost = handle is not None
            self._kept[key] = fresh
            return fresh

    async def fresh(
        self, kernel_name: str | None, cwd: Path, env: Mapping[str, str]
    ) -> KernelHandle:
        """A kernel for one run; `discard` it in the end. Raises as `acquire` does."""
        name = self._name(kernel_name)
        await self._check_installed(name)
        handle: KernelHandle | None = None

        async def start() -> None:
            nonlocal handle
            kernel_id = await self._start(name, cwd, env)
            handle = KernelHandle(self._manager, kernel_id, name, env.get(MARK))
            self._handles.add(handle)

        try:
            # A start that is cut off halfway would leave a kernel that nobody knows.
            await see_through(start())
            assert handle is not None
            await handle.connect(self._start_timeout)
        except BaseException:
            if handle is not None:
                await see_through(self.discard(handle))
            raise
        return handle

    async def discard(self, handle: KernelHandle, *, now: bool = True) -> None:
        """End a kernel and forget it. `now`: without asking it first."""
        self._handles.discard(handle)
        for key in [key for key, kept in self._kept.items() if kept is handle]:
            del self._kept[key]
        await handle.shutdown(now=now)

    async def release(self, conversation_id: UUID) -> None:
        """End the kernels of a conversation."""
        keys = [key for key in self._kept if key[0] == conversation_id]
        await self._end([self._kept[key] for key in keys])
        for key in [key for key in self._locks if key[0] == conversation_id]:
            if not self._locks[key].locked():
                del self._locks[key]

    async def close(self) -> None:
        """End every kernel that was started here."""
        await self._end(list(self._handles))

    async def _end(self, handles: list[KernelHandle]) -> None:
        ends = [self.discard(handle, now=handle.lock.locked()) for handle in handles]
        for outcome in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(outcome, BaseException):
                log.error("A kernel could not be ended.", exc_info=outcome)

    def _name(self, kernel_name: str | None) -> str:
        return kernel_name or str(self._manager.default_kernel_name)

    async def _check_installed(self, name: str) -> None:
        specs = getattr(self._manager, "kernel_spec_manager", None)
        if specs is None:
            return
        installed = await ensure_async(specs.get_all_specs())
        if name not in installed:
            known = ", ".join(sorted(installed)) or "none"
            raise RuntimeFailure(
                f"There is no kernel {name!r} here. Installed: {known}.", code="no_such_kernel"
            )

    async def _start(self, name: str, cwd: Path, env: Mapping[str, str]) -> str:
        start = self._manager.start_kernel(
            kernel_name=name, cwd=str(cwd), env=dict(env), **self._launch
        )
        try:
            kernel_id = str(await ensure_async(start))
            if getattr(self._manager, "use_pending_kernels", False):
                ready = self._manager.get_kernel(kernel_id).ready
                await (ready if asyncio.isfuture(ready) else asyncio.wrap_future(ready))
            return kernel_id
        # What a provisioner may raise is open; all of it means that there is no kernel.
        except Exception as error:
            raise RuntimeFailure(
                f"The kernel {name!r} could not be started: {error}", code="kernel_start_failed"
            ) from error
