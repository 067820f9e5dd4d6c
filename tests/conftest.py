"""Fixtures that more than one room uses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from jupyter_conv.runtimes import KernelPool
from jupyter_conv.service import ConversationService, Participant, Principal, Settings

from .serving import RunningServer


@pytest.fixture(autouse=True, scope="session")
def _folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the person who runs the tests is read or written."""
    home = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "DATA", "RUNTIME"):
            patch.setenv(f"JUPYTER_{name}_DIR", str(home / name.lower()))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        patch.delenv("JPY_PARENT_PID", raising=False)
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A real server that many tests share; each uses conversations of its own."""
    running = RunningServer(tmp_path_factory.mktemp("server")).start()
    yield running
    running.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RunningServer]:
    """A real server of one test alone, which may kill it."""
    running = RunningServer(tmp_path).start()
    yield running
    running.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with folders of their own."""
    root = tmp_path / "root"
    root.mkdir()
    return Settings(root_dir=root, data_dir=tmp_path / "data")


@pytest_asyncio.fixture
async def service(settings: Settings) -> AsyncIterator[ConversationService]:
    """An open service."""
    opened = await ConversationService.open(settings, KernelPool.embedded())
    yield opened
    await opened.aclose()


@pytest.fixture
def ada(service: ConversationService) -> Participant:
    """A participant."""
    return service.participant(Principal("ada"))


@pytest.fixture
def bob(service: ConversationService) -> Participant:
    """Another participant."""
    return service.participant(Principal("bob"))


@pytest.fixture
def admin(service: ConversationService) -> Participant:
    """An admin."""
    return service.participant(Principal("root", admin=True))
