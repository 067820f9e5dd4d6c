"""The background loop, and the service on it."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jupyter_conv.client import connect, connect_blocking, follow_task
from jupyter_conv.client.background import Background
from jupyter_conv.models import ConversationRequest, Shell, TaskRequest, TaskStatus, Ticker

MARK: contextvars.ContextVar[str] = contextvars.ContextVar("mark", default="none")


async def mark() -> str:
    return MARK.get()


async def forever(stopped: threading.Event) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        stopped.set()


def test_it_runs_and_answers_and_raises() -> None:
    home = Background()

    async def fail() -> None:
        raise ValueError("so it is")

    async def late() -> None:
        raise TimeoutError("its own")

    MARK.set("caller")
    assert home.run(mark()) == "none", "the caller's context stays with the caller"
    with pytest.raises(ValueError, match="so it is"):
        home.run(fail())
    with pytest.raises(TimeoutError, match="its own"):
        home.run(late(), timeout=30)
    home.stop()
    assert not home.usable


def test_what_takes_too_long_is_cancelled() -> None:
    home = Background()
    stopped = threading.Event()
    with pytest.raises(TimeoutError, match=r"0\.05 s"):
        home.run(forever(stopped), timeout=0.05)
    assert stopped.wait(5)
    home.stop()


def test_stopping_cancels_the_rest_and_closes_in_order() -> None:
    home = Background()
    stopped, closed = threading.Event(), []

    async def first() -> None:
        closed.append("first")

    async def broken() -> None:
        raise RuntimeError("in closing")

    home.at_exit(first)
    home.at_exit(broken)
    future = home.submit(forever(stopped))
    home.stop()
    assert closed == ["first"]
    assert stopped.is_set()
    assert future.done()


INTERRUPT = """
import asyncio, os, signal, threading
from jupyter_conv.client import background
started, stopped = threading.Event(), threading.Event()
async def work():
    started.set()
    try:
        await asyncio.sleep(60)
    finally:
        stopped.set()
def interrupt():
    started.wait()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    background().run(work())
except KeyboardInterrupt:
    print("interrupted", stopped.wait(10))
"""


def test_an_interrupt_cancels_what_is_waited_for() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPT], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "interrupted True\n"


LEFT = """
import pathlib, sys
from jupyter_conv.client import connect_blocking
from jupyter_conv.models import *
api = connect_blocking(embedded=True)
conversation = api.create_conversation(ConversationRequest())
task = api.create_task(conversation.id, TaskRequest(runnable=Shell(command="echo $$; exec sleep 1000")))
for event in api.follow(conversation.id, task.id):
    if event.detail.type == "Output":
        print(event.detail.output.text, flush=True)
        break
"""


def test_the_end_of_the_process_leaves_nothing_running(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEFT],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert not Path(f"/proc/{done.stdout.strip()}").exists() or sys.platform != "linux"


@pytest.mark.asyncio
async def test_the_service_in_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    api = await connect(embedded=True)
    conversation = await api.create_conversation(ConversationRequest(title="Here"))
    task = await api.create_task(conversation.id, TaskRequest(runnable=Shell(command="echo hi")))
    events = [e async for e in follow_task(api, conversation.id, task.id)]
    assert [e.seq for e in events] == sorted(e.seq or 0 for e in events)
    assert (await api.get_task(conversation.id, task.id)).status is TaskStatus.COMPLETED
    again = await connect(embedded=True)
    assert (await again.get_conversation(conversation.id)).title == "Here", "one service, shared"


def test_the_blocking_skin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    api = connect_blocking(embedded=True)
    conversation = api.create_conversation(ConversationRequest(title="Blocking"))
    task = api.create_task(conversation.id, TaskRequest(runnable=Ticker(iterations=3, interval=0)))
    texts = [e.detail.type for e in api.follow(conversation.id, task.id)]
    assert texts.count("TextReply") == 3
    stream = api.stream(conversation.id, after_seq=0)
    assert next(stream).seq == 1
    stream.close()  # type: ignore[attr-defined]
    assert [t.id for t in api.list_tasks(conversation.id).results] == [task.id]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
