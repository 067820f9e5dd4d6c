"""Where a command works: on a server that is named or found, or in this process."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..client import (
    BlockingAPI,
    ConversationClient,
    ServerInfo,
    background,
    discover,
    no_server,
)
from ..client.printing import Printer

__all__ = ["Where"]


class Where:
    """The interface for a command, and the directory in which its tasks may run."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.server: ServerInfo | None = None
        home = background()
        if not options.embedded:
            found = home.run(discover(url=options.server, token=options.token))
            self.server = found.server
            if self.server is None and (options.server or _ambiguous(found.notes)):
                raise no_server(found)
        if self.server is not None:
            client = ConversationClient(self.server.url, self.server.token)
            home.at_exit(client.aclose)
            self.ask = BlockingAPI(client, home)
            return
        from ..client.embedded import embedded

        held = embedded()
        if held.notice and not options.json:
            Printer().note(held.notice)
        self.ask = BlockingAPI(held.api, home)

    @property
    def attached(self) -> str | None:
        """The working directory, relative to the root; None where it is not below it, or that is not known."""
        if self.server is None:
            return "."
        here, root = Path.cwd().resolve(), self.server.root
        return here.relative_to(root).as_posix() if root and here.is_relative_to(root) else None


def _ambiguous(notes: tuple[str, ...]) -> bool:
    return any(note.startswith("Several servers") for note in notes)
