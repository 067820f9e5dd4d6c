"""What a run has: its sizes, its folder, and the servers that several groups share, started when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .archive import Archive, make_archive
from .measure import Line, say
from .servers import Fanout, Jupyter

__all__ = ["Bench", "Group"]


@dataclass
class Bench:
    """`quick`: smaller sizes, to see that everything works."""

    home: Path
    quick: bool
    closing: ExitStack = field(default_factory=ExitStack)

    def size(self, full: int, quick: int) -> int:
        """A size for this run."""
        return quick if self.quick else full

    def folder(self, name: str) -> Path:
        """A folder of the run."""
        found = self.home / name
        found.mkdir(parents=True, exist_ok=True)
        return found

    @cached_property
    def server(self) -> Jupyter:
        """A server that began empty."""
        found = Jupyter(self.folder("server"))
        self.closing.callback(found.stop)
        return found

    @cached_property
    def archive(self) -> Archive:
        """Where many conversations and events are on disk."""
        conversations, events = self.size(10_000, 300), self.size(1_000_000, 20_000)
        say(f"writing {conversations:,} conversations and {events:,} events")
        return make_archive(self.folder("archive"), conversations, events)

    @cached_property
    def full_server(self) -> Jupyter:
        """A server over the archive. Not while another one has it."""
        found = Jupyter(self.folder("full-server"), data_dir=self.archive.data_dir)
        self.closing.callback(found.stop)
        return found

    @cached_property
    def fanout(self) -> Fanout:
        """Floor F1."""
        found = Fanout(self.home)
        self.closing.callback(found.stop)
        return found

    def close(self) -> None:
        """Stop what was started."""
        self.closing.close()


Group = Callable[[Bench], Iterable[Line]]
