"""Runtimes of another distribution, and a service that is stopped and opened again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from jupyter_conv.runtimes import KernelPool
from jupyter_conv.service import ConversationService, Settings

from .odd import RUNTIMES

Open = Callable[..., Awaitable[ConversationService]]


@pytest.fixture
def odd_runtimes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installs the runtimes of `odd.py`, as pip would: a distribution with entry points."""
    info = tmp_path / "site" / "odd-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    lines = [f"{name} = tests.service.odd:{name}" for name in RUNTIMES]
    (info / "entry_points.txt").write_text("\n".join(["[jupyter_conv.runtimes]", *lines]))
    monkeypatch.syspath_prepend(str(info.parent))


@pytest_asyncio.fixture
async def open_service(odd_runtimes: None, settings: Settings) -> AsyncIterator[Open]:
    """Opens services, with settings changed as asked; those that are open in the end are closed."""
    async with AsyncExitStack() as stack:

        async def opened(**changed: object) -> ConversationService:
            own = Settings(**{**vars(settings), **changed})  # type: ignore[arg-type]
            service = await ConversationService.open(own, KernelPool.embedded())
            stack.push_async_callback(service.aclose)
            return service

        yield opened
