"""Which server to speak to: told, or found, and never just the first that answers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from .transport import http_client

if TYPE_CHECKING:
    import httpx

__all__ = [
    "Discovery",
    "ServerInfo",
    "discover",
    "notebook_path",
    "running_servers",
    "this_kernel",
]


@dataclass(frozen=True)
class ServerInfo:
    """A server, and how it was found. `root`: its root directory, where it is known."""

    url: str
    token: str | None = field(repr=False)
    how: str
    root: Path | None = None


@dataclass(frozen=True)
class Discovery:
    """The server, or none; and what was looked at on the way, in sentences."""

    server: ServerInfo | None
    notes: tuple[str, ...] = ()


async def discover(
    kernel_id: str | None = None,
    *,
    url: str | None = None,
    token: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Discovery:
    """The server that this process belongs to, if it has jupyter_conv.

    In this order: the one that is named (`url`, or JUPYTER_CONV_URL and JUPYTER_CONV_TOKEN), and then no other;
    JupyterHub's environment; the server that started this kernel; the running server that knows `kernel_id`. Without a
    kernel: the one running server, or, of several, the one whose root holds the working directory.
    """
    notes: list[str] = []
    async with http_client() as http:
        url = url or environ.get("JUPYTER_CONV_URL")
        if url:
            named = ServerInfo(_slash(url), token or environ.get("JUPYTER_CONV_TOKEN"), "named")
            return Discovery(await _checked(http, named, notes), tuple(notes))
        parent = _number(environ.get("JPY_PARENT_PID"))
        async for server in _parents(environ, parent, notes):
            if await _checked(http, server, notes):
                return Discovery(server, tuple(notes))
        if kernel_id is not None:
            found = await _holder(http, kernel_id, parent, notes)
        else:
            found = await _only(http, notes)
    return Discovery(found, tuple(notes))


def this_kernel() -> str | None:
    """The id of the kernel that this process is, if it is one that a server could know."""
    app = sys.modules.get("ipykernel.kernelapp")
    if app is None or not app.IPKernelApp.initialized():
        return None
    name = Path(app.IPKernelApp.instance().connection_file).stem
    return name.removeprefix("kernel-") if name.startswith("kernel-") else None


def running_servers() -> list[dict[str, Any]]:
    """What the servers of this user wrote of themselves (jpserver-*.json), those that may be gone too."""
    from jupyter_core.paths import jupyter_runtime_dir

    servers = []
    for path in sorted(Path(jupyter_runtime_dir()).glob("jpserver-*.json")):
        try:
            told = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(told, dict) and isinstance(told.get("url"), str):
            servers.append(told)
    return servers


async def _parents(
    environ: Mapping[str, str], parent: int | None, notes: list[str]
) -> AsyncIterator[ServerInfo]:
    files = {told.get("pid"): told for told in running_servers()}
    root = _root(files.get(parent, {}))
    hub = environ.get("JUPYTERHUB_SERVICE_URL")
    hub_token = environ.get("JUPYTERHUB_API_TOKEN")
    if hub and hub_token:
        prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX", "/")
        yield ServerInfo(_hub_url(hub, prefix), hub_token, "JupyterHub", root)
    if parent is None:
        notes.append("No server started this process (JPY_PARENT_PID is not set).")
    elif parent not in files:
        notes.append(f"The process that started this one (pid {parent}) is not a Jupyter server.")
    elif (server := _from_file(files[parent], "it started this kernel", notes)) is not None:
        yield server


async def _holder(
    http: httpx.AsyncClient, kernel_id: str, parent: int | None, notes: list[str]
) -> ServerInfo | None:
    """The running server whose sessions name this kernel."""
    for told in running_servers():
        if told.get("pid") == parent:
            continue
        server = _from_file(told, "its sessions name this kernel", notes)
        if server is None:
            continue
        sessions = await sessions_of(http, server)
        if any(_kernel_of(session) == kernel_id for session in sessions):
            return await _checked(http, server, notes)
        notes.append(f"{server.url} has no session with this kernel.")
    return None


async def _only(http: httpx.AsyncClient, notes: list[str]) -> ServerInfo | None:
    good = []
    for told in running_servers():
        server = _from_file(told, "the one server that runs", notes)
        if server is not None and await _checked(http, server, notes):
            good.append(server)
    if len(good) > 1:
        here = Path.cwd()
        around = [s for s in good if s.root and here.is_relative_to(s.root)]
        if len(around) != 1:
            urls = ", ".join(server.url for server in good)
            notes.append(f"Several servers run: {urls}. Name one: --server URL.")
            return None
        good = around
    return good[0] if good else None


async def sessions_of(http: httpx.AsyncClient, server: ServerInfo) -> list[Any]:
    """What the server says of its sessions; nothing where it does not answer."""
    answer = await _get(http, server, "api/sessions")
    if isinstance(answer, str) or answer.status_code != 200:
        return []
    try:
        told = answer.json()
    except ValueError:
        return []
    return told if isinstance(told, list) else []


async def notebook_path(server: ServerInfo, kernel_id: str) -> str | None:
    """The path, below the server's root, of the notebook or console that the kernel runs."""
    async with http_client() as http:
        for session in await sessions_of(http, server):
            if _kernel_of(session) == kernel_id:
                return str(session.get("path") or "") or None
    return None


async def _checked(
    http: httpx.AsyncClient, server: ServerInfo, notes: list[str]
) -> ServerInfo | None:
    """The server, if it answers, lets us in, and has our extension."""
    answer = await _get(http, server, "conversation-count")
    if isinstance(answer, str):
        notes.append(f"{server.url} ({server.how}) does not answer: {answer}.")
    elif answer.status_code == 200 and answer.text.strip().isdigit():
        notes.append(f"{server.url} ({server.how}) has jupyter_conv.")
        return server
    elif answer.status_code in (301, 302, 307, 308, 401, 403):
        notes.append(f"{server.url} ({server.how}) does not accept the token.")
    else:
        notes.append(f"{server.url} ({server.how}) does not have the jupyter_conv extension.")
    return None


async def _get(http: httpx.AsyncClient, server: ServerInfo, path: str) -> httpx.Response | str:
    import httpx

    headers = {"Authorization": f"token {server.token}"} if server.token else {}
    try:
        return await http.get(server.url + path, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__


def _from_file(told: Mapping[str, Any], how: str, notes: list[str]) -> ServerInfo | None:
    url = _slash(str(told["url"]))
    if told.get("sock"):
        notes.append(f"{url} listens on a Unix socket, which is not supported: name it by URL.")
        return None
    if told.get("password") and not told.get("token"):
        notes.append(f"{url} asks for a password: give it a token too (IdentityProvider.token).")
        return None
    return ServerInfo(url, str(told.get("token") or "") or None, how, _root(told))


def _root(told: Mapping[str, Any]) -> Path | None:
    root = told.get("root_dir")
    return Path(root).resolve() if isinstance(root, str) and root else None


def _hub_url(url: str, prefix: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    # "Everywhere" is where a server listens, not where it is asked.
    host = parts.hostname if parts.hostname not in (None, "", "0.0.0.0", "::") else "127.0.0.1"
    path = parts.path if parts.path.strip("/") else prefix
    return _slash(urlunsplit((parts.scheme, f"{host}{port}", path, "", "")))


def _kernel_of(session: Any) -> Any:
    kernel = session.get("kernel") if isinstance(session, dict) else None
    return kernel.get("id") if isinstance(kernel, dict) else None


def _slash(url: str) -> str:
    return url.rstrip("/") + "/"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
