"""Floor F1: bare Tornado, one prepared payload to all. `python -m benchmarks.fanout PORT`"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, ClassVar

from tornado import web, websocket

__all__: list[str] = []


class Client(websocket.WebSocketHandler):
    """`/socket`"""

    all: ClassVar[set[Client]] = set()

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Listen."""
        self.set_nodelay(True)
        self.all.add(self)

    def on_close(self) -> None:
        """Gone."""
        self.all.discard(self)


class Send(web.RequestHandler):
    """`POST /send?number=N`: the body to all clients, N times."""

    def get(self) -> None:
        """It is there."""

    async def post(self) -> None:
        """Answer, then send. A payload has left to the last client before the next is begun."""
        self.finish()
        payload = self.request.body
        for _ in range(int(self.get_argument("number"))):
            written = [client.write_message(payload) for client in Client.all]
            await written[-1]


async def main(port: int) -> None:
    """Serve for ever."""
    web.Application([("/socket", Client), ("/send", Send)]).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
