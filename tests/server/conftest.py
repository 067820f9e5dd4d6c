"""A server that knows people apart, and how to ask a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from ..serving import TOKEN, RunningServer

TIMEOUT = 20.0


class Visitor:
    """One person's way to a server. Answers come as they are, good and bad."""

    def __init__(self, server: RunningServer, token: str | None = TOKEN) -> None:
        self.server = server
        self.headers = {"Authorization": f"token {token}"} if token else {}
        self._http = httpx.Client(base_url=server.url, headers=self.headers, timeout=TIMEOUT)

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; `path` begins with a slash and stands below the base URL."""
        return self._http.request(method, path.removeprefix("/"), **more)

    def begin(self, **request: Any) -> str:
        """A new conversation's id."""
        answer = self.ask("POST", "/conversation", json=request)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def socket(self, path: str, **headers: str) -> ClientConnection:
        """A socket; `path` begins with a slash."""
        url = "ws" + self.server.url.removeprefix("http") + path.removeprefix("/")
        return connect(
            url,
            additional_headers={**self.headers, **headers},
            open_timeout=TIMEOUT,
            max_size=64 << 20,
            proxy=None,
        )


def hear(socket: ClientConnection) -> dict[str, Any]:
    """The next event."""
    return json.loads(socket.recv(timeout=TIMEOUT))  # type: ignore[no-any-return]


def check_error(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """The one body of every error, with nothing in it that is not for the outside."""
    assert answer.status_code in statuses, (answer.status_code, answer.text)
    body: dict[str, Any] = answer.json()
    assert set(body) == {"code", "message", "reason", "detail"}
    assert body["code"]
    assert body["message"]
    assert "Traceback" not in answer.text
    assert "site-packages" not in answer.text
    return body


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the porter writes down what it is asked."""
    return tmp_path_factory.mktemp("porter") / "asked"


@pytest.fixture(scope="session")
def people_server(tmp_path_factory: pytest.TempPathFactory, asked: Path) -> Iterator[RunningServer]:
    """A server that knows people apart."""
    module = "tests.server.people"
    options = (
        f"--ServerApp.identity_provider_class={module}.People",
        f"--ServerApp.authorizer_class={module}.Porter",
        "--ConversationApp.admin_users=root",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        patch.setenv("ASKED", str(asked))
        running = RunningServer(tmp_path_factory.mktemp("people"), options=options).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def me(server: RunningServer) -> Iterator[Visitor]:
    """The user of the shared server."""
    visitor = Visitor(server)
    yield visitor
    visitor.close()


@pytest.fixture(scope="session")
def people(people_server: RunningServer) -> Iterator[dict[str, Visitor]]:
    """Everyone by name, and nobody, who has no token."""
    tokens = {"root": TOKEN, "nobody": None, "stranger": "wrong"}
    tokens |= {name: f"{name}-token" for name in ("ada", "bob", "eve", "ray")}
    found = {name: Visitor(people_server, token) for name, token in tokens.items()}
    yield found
    for visitor in found.values():
        visitor.close()
