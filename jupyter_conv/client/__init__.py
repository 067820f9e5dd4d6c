"""The wing: from Python to a server, or to a service in this process.

    from jupyter_conv import connect

    async def main():
        api = await connect()                       # the server found, or else this process
        conversation = await api.create_conversation(ConversationRequest(title="Penguins"))
        task = await api.create_task(conversation.id, TaskRequest(runnable=Shell(command="ls")))
        async for event in follow_task(api, conversation.id, task.id):
            print(event.detail)

It knows the words (models, errors, interface, routes) and the wire, and nothing else of the house.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import NoServerError
from ..interface import ConversationAPI
from .background import Background, background
from .blocking import BlockingAPI
from .bridge import Bridge
from .discovery import Discovery, ServerInfo, discover, this_kernel
from .follow import follow_conversation, follow_task, history, streaming
from .http import ConversationClient
from .stream import EventStream

__all__ = [
    "Background",
    "BlockingAPI",
    "Bridge",
    "ConversationClient",
    "Discovery",
    "EventStream",
    "ServerInfo",
    "background",
    "connect",
    "connect_blocking",
    "discover",
    "follow_conversation",
    "follow_task",
    "history",
    "no_server",
    "streaming",
    "this_kernel",
]


async def connect(
    url: str | None = None,
    token: str | None = None,
    *,
    embedded: bool | None = None,
    root: Path | None = None,
) -> ConversationAPI:
    """The way in: a `ConversationAPI` for this event loop.

    In: the server's base URL and token; without them the server is found (see `discover`). `embedded`: None falls back
    on a service in this process, True takes that at once, False never does. `root`: the directory it works in.
    Raises `NoServerError`, with what was looked at.
    """
    if embedded is not True:
        found = await discover(this_kernel(), url=url, token=token)
        if found.server is not None:
            return ConversationClient(found.server.url, found.server.token)
        if url is not None or embedded is False:
            raise no_server(found)
    import asyncio

    from .embedded import embedded as start

    held = await asyncio.to_thread(start, root)
    return Bridge(held.api, held.home)


def connect_blocking(
    url: str | None = None,
    token: str | None = None,
    *,
    embedded: bool | None = None,
    root: Path | None = None,
) -> BlockingAPI:
    """As `connect`, with verbs that block: for scripts and cells without `await`."""
    home = background()
    if embedded is not True:
        found = home.run(discover(this_kernel(), url=url, token=token))
        if found.server is not None:
            return BlockingAPI(ConversationClient(found.server.url, found.server.token), home)
        if url is not None or embedded is False:
            raise no_server(found)
    from .embedded import embedded as start

    return BlockingAPI(start(root).api, home)


def no_server(found: Discovery) -> NoServerError:
    """The error that says what was looked at."""
    looked = " ".join(found.notes)
    return NoServerError(
        f"No server with jupyter_conv was found. {looked} "
        "Start one (`jupyter lab`), or name it: JUPYTER_CONV_URL and JUPYTER_CONV_TOKEN."
    )
