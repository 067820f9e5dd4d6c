"""A running task is activity: an idle culler lets the server be, for a while, and not where one does not want it."""

from __future__ import annotations

import pytest
from jupyter_server.auth import IdentityProvider, User

from jupyter_conv.models import ConversationRequest, TaskRequest, TaskStatus, Ticker
from jupyter_conv.runtimes import KernelPool
from jupyter_conv.server.app import ConversationApp
from jupyter_conv.server.gate import Gate
from jupyter_conv.service import Settings

from ..following import is_end, is_status, until

pytestmark = pytest.mark.asyncio


async def test_a_running_task_is_activity(settings: Settings) -> None:
    app = ConversationApp()
    app.gate = Gate(settings, KernelPool.embedded(), IdentityProvider(), ())
    app._busy_since = None
    assert app.current_activity() is None
    api = await app.gate.participant(User("ada"))
    id = (await api.create_conversation(ConversationRequest())).id
    assert app.current_activity() is None
    task = await api.create_task(id, TaskRequest(runnable=Ticker(interval=600)))
    await until(api, id, is_status(task.id, TaskStatus.RUNNING))
    assert app.current_activity() == {"tasks": 1}
    app.keep_alive = False
    assert app.current_activity() is None
    app.keep_alive = True
    await api.cancel_task(id, task.id)
    await until(api, id, is_end(task.id))
    await api.delete_conversation(id)
    assert app.current_activity() is None
    await app.gate.aclose()
