"""What runs inside the measured server: the floor F3, a raw replay, and a watch on the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web, websocket

from .measure import percentile

__all__ = ["NoOp", "RawReplay", "Watch"]


class NoOp(APIHandler):
    """`/bench/noop`: floor F3."""

    auth_resource = "benchmarks"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Nothing."""
        self.finish(b"{}")

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Nothing."""
        self.finish(b"{}")


class RawReplay(websocket.WebSocketHandler, JupyterHandler):  # type: ignore[misc]
    """`/bench/replay?database=PATH&low=KEY&high=KEY`: rows read by sqlite3 and sent as they are, 1000 in one write."""

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Shake hands."""
        await super().get(*args, **kwargs)

    async def open(self, *args: Any, **kwargs: Any) -> None:
        """Send."""
        assert self.ws_connection is not None
        stream: Any = self.ws_connection.stream
        database = sqlite3.connect(self.get_argument("database"))
        rows = database.execute(
            "SELECT body FROM events WHERE key > ? AND key < ? ORDER BY key",
            (int(self.get_argument("low")), int(self.get_argument("high"))),
        )
        while page := rows.fetchmany(1000):
            await stream.write(
                b"".join([b"\x81\x7e%b%b" % (_size(row[0]), row[0]) for row in page])
            )
        database.close()


def _size(body: bytes) -> bytes:
    return len(body).to_bytes(2, "big")


class Watch(APIHandler):
    """`/bench/watch`: POST begins to sample how late the event loop is, DELETE ends it and tells, in ms."""

    auth_resource = "benchmarks"
    interval = 0.005

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Begin."""
        self.settings["bench_late"] = []
        self.settings["bench_watch"] = asyncio.create_task(self._watch(self.settings["bench_late"]))
        self.finish(b"{}")

    async def _watch(self, late: list[float]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self.interval
            await asyncio.sleep(self.interval)
            late.append((loop.time() - due) * 1000)

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        """End."""
        self.settings.pop("bench_watch").cancel()
        late = self.settings.pop("bench_late")
        self.finish({"max": max(late), "p999": percentile(late, 0.999), "samples": len(late)})


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    base = server.web_app.settings["base_url"]
    paths = {"noop": NoOp, "replay": RawReplay, "watch": Watch}
    handlers = [(url_path_join(base, "bench", path), handler) for path, handler in paths.items()]
    server.web_app.add_handlers(".*$", handlers)
    static = (
        url_path_join(base, "bench/static/(.*)"),
        web.StaticFileHandler,
        {"path": server.root_dir},
    )
    server.web_app.add_handlers(".*$", [static])
