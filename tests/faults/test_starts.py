"""kill -9 in each step of a start: after boot it has ended in ERROR, `interrupted`, and nothing of it runs."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jupyter_conv.runtimes.proctable import mark_of, snapshot

from ..serving import TOKEN, RunningServer

APPS = "api/v1/app-conversations"
DEADLINE = 30.0


@pytest.fixture
def silent() -> Iterator[str]:
    """A repository at a server that never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"git://127.0.0.1:{listening.getsockname()[1]}/x"


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[[str], str]:
    """Makes a repository with a set-up script."""

    def make(script: str) -> str:
        path = tmp_path / "repository"
        (path / ".openhands").mkdir(parents=True)
        (path / ".openhands/setup.sh").write_text(script)
        for words in ("init -q", "add -A", "-c user.name=a -c user.email=a@b commit -q -m First"):
            subprocess.run(["git", *words.split()], cwd=path, check=True)
        return str(path)

    return make


def http(server: RunningServer) -> httpx.Client:
    headers = {"Authorization": f"token {TOKEN}"}
    return httpx.Client(base_url=server.url, headers=headers, timeout=60)


def reach(client: httpx.Client, status: str, **asked: Any) -> dict[str, Any]:
    """A start that has come so far; the client that followed it goes away."""
    lines = {"Accept": "application/x-ndjson"}
    with client.stream("POST", f"{APPS}/stream-start", json=asked, headers=lines) as answer:
        for line in answer.iter_lines():
            now: dict[str, Any] = httpx.Response(200, text=line).json()
            if now["status"] == status:
                return now
    raise AssertionError(f"it ended before {status}")


def processes_with(mark: str) -> list[int]:
    return [pid for pid in snapshot() if mark in (mark_of(pid) or "")]


@pytest.mark.parametrize(
    "status", ["WAITING_FOR_SANDBOX", "PREPARING_REPOSITORY", "RUNNING_SETUP_SCRIPT"]
)
def test_kill_9_in_a_step(
    tmp_path: Path, status: str, silent: str, scripted: Callable[[str], str]
) -> None:
    server = RunningServer(tmp_path, ["--ConversationApp.max_running_starts=1"]).start()
    try:
        with http(server) as client:
            if status == "WAITING_FOR_SANDBOX":
                reach(client, "PREPARING_REPOSITORY", selected_repository=silent)
                start = reach(client, status)
            elif status == "PREPARING_REPOSITORY":
                start = reach(client, status, selected_repository=silent)
            else:
                script = scripted("sleep 600 & setsid sleep 600 & wait")
                start = reach(client, status, selected_repository=script)
            id = start["app_conversation_id"]
            body = {"runnable": {"type": "Ticker", "iterations": 1}}
            task = client.post(f"conversation/{id}/task", json=body).json()
            assert (task["status"], task["code"]) == ("PENDING", "creating")
        server.kill()
        server.start()
        with http(server) as client:
            (told,) = client.get(f"{APPS}/start-tasks", params={"ids": start["id"]}).json()
            assert (told["status"], told["code"]) == ("ERROR", "interrupted")
            conversation = client.get(f"conversation/{id}").json()
            assert conversation["status"] == "ERROR"
            assert "stopped" in conversation["message"]
            ended = client.get(f"conversation/{id}/task/{task['id']}").json()
            assert (ended["status"], ended["code"]) == ("ERROR", "conversation_failed")
            assert processes_with(start["id"]) == []
            again = client.post(f"{APPS}/stream-start", json={}).json()
            assert again[-1]["status"] == "READY"
    finally:
        server.stop()


def test_kill_9_while_many_start_leaves_none_hanging(tmp_path: Path) -> None:
    server = RunningServer(tmp_path).start()
    begun: list[str] = []

    def begin() -> None:
        with http(server) as client:
            try:
                while True:
                    begun.append(client.post(APPS, json={}).json()["id"])
            except httpx.HTTPError:
                return

    threads = [threading.Thread(target=begin) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + DEADLINE
        while len(begun) < 60 and time.monotonic() < deadline:
            threads[0].join(0.01)
        server.kill()
        for thread in threads:
            thread.join()
        server.start()
        with http(server) as client:
            told: list[dict[str, Any]] = []
            for at in range(0, len(begun), 50):
                told += client.get(
                    f"{APPS}/start-tasks", params={"ids": begun[at : at + 50]}
                ).json()
            ends = {(one["status"], one["code"]) for one in told}
            assert ends <= {("READY", None), ("ERROR", "interrupted")}
            ids = [one["app_conversation_id"] for one in told]
            for one, id in zip(told, ids, strict=True):
                status = client.get(f"conversation/{id}").json()["status"]
                assert status == one["status"]
            assert client.get("conversation-count?status__eq=CREATING").json() == 0
    finally:
        server.stop()


def test_a_client_that_goes_away_kills_nothing(
    own_server: RunningServer, scripted: Callable[[str], str]
) -> None:
    script = scripted("while [ ! -e go ]; do sleep 0.02; done")
    with http(own_server) as client:
        start = reach(client, "RUNNING_SETUP_SCRIPT", selected_repository=script)
    with http(own_server) as client:
        id = start["app_conversation_id"]
        (own_server.data_dir / "workspaces" / id / "go").touch()
        again = {"conversation_id": id, "selected_repository": script}
        assert client.post(f"{APPS}/stream-start", json=again).json()[-1]["status"] == "READY"


def test_a_start_is_cancelled_over_http(own_server: RunningServer, silent: str) -> None:
    with http(own_server) as client:
        start = reach(client, "PREPARING_REPOSITORY", selected_repository=silent)
        answer = client.delete(f"{APPS}/start-tasks/{start['id']}")
        assert answer.status_code == 202
        assert (answer.json()["status"], answer.json()["code"]) == ("ERROR", "cancelled")
        assert client.delete(f"{APPS}/start-tasks/{start['id']}").status_code == 200
        assert processes_with(start["id"]) == []
