"""Which server is found: with the files that real servers write."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from jupyter_conv.client import connect, discover
from jupyter_conv.client.discovery import notebook_path
from jupyter_conv.client.http import ConversationClient
from jupyter_conv.errors import ForbiddenError, NoServerError

from ..serving import TOKEN, RunningServer, free_port

pytestmark = pytest.mark.asyncio


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty runtime folder of this process."""
    folder = tmp_path / "runtime_of_us"
    folder.mkdir()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
    for name in ("JUPYTER_CONV_URL", "JUPYTER_CONV_TOKEN", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A second server, with the extension as well."""
    running = RunningServer(tmp_path_factory.mktemp("second")).start()
    yield running
    running.stop()


def announce(server: RunningServer, runtime: Path, **changed: object) -> int:
    """The file that the server wrote of itself, also in our runtime folder. Out: its process id."""
    (file,) = (server.home / "runtime").glob("jpserver-*.json")
    told = json.loads(file.read_text()) | changed
    (runtime / f"jpserver-{told['pid']}.json").write_text(json.dumps(told))
    return int(told["pid"])


def begin_session(server: RunningServer, path: str) -> str:
    """A notebook session of the server. Out: the kernel's id."""
    body = {"path": path, "type": "notebook", "name": path, "kernel": {"name": "python3"}}
    request = Request(
        server.url + "api/sessions",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=60) as answer:
        return str(json.load(answer)["kernel"]["id"])


async def test_nothing_is_found_where_nothing_is(runtime: Path) -> None:
    found = await discover("some-kernel", environ={})
    assert found.server is None
    assert any("JPY_PARENT_PID" in note for note in found.notes)


async def test_the_one_that_is_named_and_no_other(server: RunningServer, runtime: Path) -> None:
    announce(server, runtime)
    found = await discover(url=server.url, token=TOKEN)
    assert found.server is not None
    assert (found.server.url, found.server.token, found.server.how) == (server.url, TOKEN, "named")
    named = {"JUPYTER_CONV_URL": server.url, "JUPYTER_CONV_TOKEN": TOKEN}
    assert (await discover(environ=named)).server == found.server
    nobody = await discover(url=f"http://127.0.0.1:{free_port()}")
    assert nobody.server is None, "one that is named and does not answer is not replaced by another"
    assert "does not answer" in nobody.notes[0]
    assert "does not accept the token" in (await discover(url=server.url, token="x")).notes[0]


async def test_the_server_that_started_this_kernel(
    server: RunningServer, without: RunningServer, runtime: Path
) -> None:
    announce(without, runtime)
    pid = announce(server, runtime)
    found = await discover("any", environ={"JPY_PARENT_PID": str(pid)})
    assert found.server is not None
    assert found.server.url.rstrip("/").endswith(str(server.port))
    assert found.server.token == TOKEN
    assert found.server.root == server.root.resolve()
    assert TOKEN not in repr(found), "a token is not for logs"


async def test_the_server_whose_sessions_name_this_kernel(
    server: RunningServer, without: RunningServer, runtime: Path
) -> None:
    announce(server, runtime)
    announce(without, runtime)
    for home in (server, without):
        kernel = begin_session(home, "some/where.ipynb")
        found = await discover(kernel, environ={"JPY_PARENT_PID": "1"})
        assert found.server is not None
        assert found.server.url.rstrip("/").endswith(str(home.port))
        assert await notebook_path(found.server, kernel) == "some/where.ipynb"
    nobody = await discover("not-a-kernel-of-anyone", environ={})
    assert nobody.server is None, "never just the first"
    assert sum("no session with this kernel" in note for note in nobody.notes) == 2


async def test_of_several_the_one_around_the_working_directory(
    server: RunningServer,
    without: RunningServer,
    runtime: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    announce(server, runtime)
    only = await discover(environ={})
    assert only.server is not None
    announce(without, runtime)
    monkeypatch.chdir("/")
    several = await discover(environ={})
    assert several.server is None
    assert "Several servers run" in several.notes[-1]
    monkeypatch.chdir(without.root)
    around = await discover(environ={})
    assert around.server is not None
    assert around.server.root == without.root.resolve()


async def test_the_hub_environment(server: RunningServer, runtime: Path) -> None:
    hub = {
        "JUPYTERHUB_SERVICE_URL": f"http://0.0.0.0:{server.port}/",
        "JUPYTERHUB_SERVICE_PREFIX": "/",
        "JUPYTERHUB_API_TOKEN": TOKEN,
    }
    found = await discover("any", environ=hub)
    assert found.server is not None
    assert (found.server.url, found.server.how) == (server.url, "JupyterHub")


async def test_files_that_are_stale_broken_or_of_no_use(
    server: RunningServer, runtime: Path
) -> None:
    pid = announce(server, runtime, pid=1234567, url=f"http://127.0.0.1:{free_port()}/")
    (runtime / "jpserver-1.json").write_text("{")
    (runtime / "jpserver-2.json").write_text("[]")
    announce(server, runtime, pid=3, password=True, token="")
    announce(server, runtime, pid=4, sock="/tmp/some.sock")
    found = await discover("kernel", environ={"JPY_PARENT_PID": str(pid)})
    assert found.server is None
    for said in ("does not answer", "password", "Unix socket"):
        assert any(said in note for note in found.notes), said


async def test_the_way_in(server: RunningServer, runtime: Path) -> None:
    api = await connect(server.url, TOKEN)
    assert isinstance(api, ConversationClient)
    assert await api.count_conversations() >= 0
    await api.aclose()
    with pytest.raises(NoServerError, match="No server"):
        await connect(embedded=False)
    with pytest.raises((ForbiddenError, NoServerError)):
        await connect(server.url, "wrong")
    assert os.environ["JUPYTER_RUNTIME_DIR"] == str(runtime)
