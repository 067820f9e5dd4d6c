"""A TCP proxy that breaks lines on demand: what a bad network is to a socket."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit


class Proxy:
    """Between a client and a server. `cut(after=N)` breaks each line after N bytes of the server's have passed."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._lines: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.limits: list[int] = []
        self.lines = 0

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        self.lines += 1
        limit = self.limits.pop(0) if self.limits else None
        to_reader, to_writer = await asyncio.open_connection(*self._target)
        up = asyncio.create_task(self._pass(reader, to_writer, None))
        try:
            await self._pass(to_reader, writer, limit)
        except asyncio.CancelledError:
            pass
        finally:
            up.cancel()
            for end in (writer, to_writer):
                end.transport.abort()
            self._lines.discard(task)

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, limit: int | None
    ) -> None:
        with suppress(OSError):
            while limit is None or limit > 0:
                data = await source.read(65536 if limit is None else min(65536, limit))
                if not data:
                    return
                if limit is not None:
                    limit -= len(data)
                sink.write(data)
                await sink.drain()
