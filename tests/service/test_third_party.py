"""A runtime of another distribution, in a real server: found by its entry point, used over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from jupyter_conv import ConversationClient
from jupyter_conv.errors import InvalidError
from jupyter_conv.models import (
    ConversationRequest,
    PluginRunnable,
    TaskFilter,
    TaskRequest,
    TaskStatus,
    TextReply,
)

from ..following import is_end, until
from ..serving import TOKEN, RunningServer

GREETING = """
from typing import Literal
from jupyter_conv.models import Request, TextReply

class Greet(Request):
    type: Literal["Greet"] = "Greet"
    name: str
    times: int = 2

class GreetRuntime:
    runnable = Greet
    def lane(self, runnable): return None
    def cancellable(self, runnable): return True
    async def run(self, runnable, context):
        for _ in range(runnable.times):
            await context.emit(TextReply(text=f"Hello, {runnable.name}!"))
        return {"greeted": runnable.times}
"""


@pytest.fixture
def greeting_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server into whose environment `greeting` is installed."""
    info = tmp_path / "site" / "greeting-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
    entry = "[jupyter_conv.runtimes]\ngreet = greeting:GreetRuntime\n"
    (info / "entry_points.txt").write_text(entry)
    (info.parent / "greeting.py").write_text(GREETING)
    monkeypatch.setenv("PYTHONPATH", str(info.parent), prepend=":")
    running = RunningServer(tmp_path).start()
    yield running
    running.stop()


@pytest.mark.asyncio
async def test_it_runs_from_end_to_end(greeting_server: RunningServer) -> None:
    async with aclosing(ConversationClient(greeting_server.url, TOKEN)) as client:
        id = (await client.create_conversation(ConversationRequest())).id
        runnable = PluginRunnable.model_validate({"type": "Greet", "name": "Ada"})
        task = await client.create_task(id, TaskRequest(runnable=runnable))
        assert task.runnable.model_dump() == {"type": "Greet", "name": "Ada", "times": 2}
        events = await until(client, id, is_end(task.id))
        said = [e.detail.text for e in events if isinstance(e.detail, TextReply)]
        assert said == ["Hello, Ada!"] * 2
        done = await client.get_task(id, task.id)
        assert (done.status, done.result) == (TaskStatus.COMPLETED, {"greeted": 2})
        assert done.runnable == task.runnable
        assert await client.count_tasks(id, TaskFilter(type__eq="Greet")) == 1

        wrong = PluginRunnable.model_validate({"type": "Greet", "name": 5, "more": 1})
        with pytest.raises(InvalidError) as refused:
            await client.create_task(id, TaskRequest(runnable=wrong))
        assert refused.value.detail is not None
        assert {field.loc for field in refused.value.detail} == {("name",), ("more",)}
    assert "serializer warnings" not in greeting_server.log
