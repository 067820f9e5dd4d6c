"""A server that is stopped, and a second one on the same directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from ..serving import TOKEN, RunningServer, free_port


def ask(server: RunningServer, method: str, path: str, body: object = None) -> Any:
    """One request: its answer, good or bad, as a status and JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
    request = Request(server.url + path, data, headers, method=method)
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def test_a_stop_tells_what_ran_and_keeps_what_waits(own_server: RunningServer) -> None:
    _, conversation = ask(own_server, "POST", "conversation", {})
    path = f"conversation/{conversation['id']}"
    runnable = {"type": "Shell", "command": "trap '' INT; echo begun; sleep 600"}
    _, runs = ask(own_server, "POST", f"{path}/task", {"runnable": runnable})
    later = {"runnable": {"type": "Wait"}, "delay": 600}
    _, waits = ask(own_server, "POST", f"{path}/task", later)
    own_server.stop()
    assert "Traceback" not in own_server.log
    own_server.start()
    _, found = ask(own_server, "GET", f"{path}/task/{runs['id']}")
    assert (found["status"], found["code"]) == ("ERROR", "interrupted")
    _, found = ask(own_server, "GET", f"{path}/task/{waits['id']}")
    assert (found["status"], found["code"]) == ("PENDING", "delayed")
    _, page = ask(own_server, "GET", f"{path}/event")
    numbers = [event["seq"] for event in page["results"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_second_server_on_the_same_directory_says_so(
    own_server: RunningServer, tmp_path: Path
) -> None:
    _, conversation = ask(own_server, "POST", "conversation", {})
    second = Second(tmp_path / "second", first=own_server)
    second.home.mkdir()
    second.start()
    try:
        for method, path in (("GET", "conversation"), ("POST", "conversation")):
            status, error = ask(second, method, path, {} if method == "POST" else None)
            assert (status, error["code"]) == (503, "database_in_use")
            assert "another server" in error["message"]
            assert str(own_server.home) not in error["message"]
        assert ask(second, "GET", "api/status")[0] == 200
        assert ask(own_server, "GET", f"conversation/{conversation['id']}")[0] == 200
        assert ask(own_server, "POST", "conversation", {})[0] == 201
    finally:
        second.stop()


class Second(RunningServer):
    """A server that keeps its conversations where the first does."""

    def __init__(self, home: Path, first: RunningServer) -> None:
        super().__init__(home, port=free_port())
        self.first = first

    @property
    def data_dir(self) -> Path:
        return self.first.data_dir

    def get(self, path: str) -> object:
        # It is up when Jupyter Server answers: our own paths say 503.
        return super().get("api/status")
