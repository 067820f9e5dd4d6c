"""One suite over every `ConversationAPI`: the service in this process, and the client over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from jupyter_conv import ConversationAPI, ConversationClient
from jupyter_conv.runtimes import KernelPool
from jupyter_conv.service import ConversationService, Principal, Settings

from ..serving import TOKEN, RunningServer


@pytest_asyncio.fixture(params=["service", "http"])
async def api(
    request: pytest.FixtureRequest, settings: Settings, server: RunningServer
) -> AsyncIterator[ConversationAPI]:
    """A participant's end, in process or over HTTP."""
    if request.param == "service":
        service = await ConversationService.open(settings, KernelPool.embedded())
        yield service.participant(Principal("ada", admin=True))
        await service.aclose()
        return
    client = ConversationClient(server.url, TOKEN)
    yield client
    await client.aclose()
