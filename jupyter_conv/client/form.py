"""Files as a multipart form, made while it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from uuid import uuid4

from ..errors import InvalidError
from ..interface import FileSource

__all__ = ["Form"]

PIECE = 1 << 20


class Form:
    """A form of files, by their paths. Where every size is known, so is the form's."""

    def __init__(self, files: Mapping[str, FileSource]) -> None:
        self._boundary = uuid4().hex
        self._parts = [(self._head(path), source) for path, source in files.items()]
        self._tail = f"--{self._boundary}--\r\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        """What the request says of it."""
        found = {"Content-Type": f"multipart/form-data; boundary={self._boundary}"}
        sizes = [_size(source) for _, source in self._parts]
        if None not in sizes:
            around = sum(len(head) + 2 for head, _ in self._parts) + len(self._tail)
            found["Content-Length"] = str(around + sum(size or 0 for size in sizes))
        return found

    async def body(self) -> AsyncGenerator[bytes]:
        """The form, piece by piece."""
        for head, source in self._parts:
            yield head
            async for piece in pieces(source):
                yield piece
            yield b"\r\n"
        yield self._tail

    def _head(self, path: str) -> bytes:
        if "\\" in path or not path:
            raise InvalidError(f"{path!r} cannot be a file's path; use names and `/`.", code="path")
        # As browsers do it: https://html.spec.whatwg.org/#multipart/form-data-encoding-algorithm
        for character, escape in (('"', "%22"), ("\r", "%0D"), ("\n", "%0A")):
            path = path.replace(character, escape)
        head = (
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        try:
            return head.encode()
        except UnicodeEncodeError:
            raise InvalidError(f"{path!r} is not text; give another path.", code="path") from None


async def pieces(source: FileSource) -> AsyncGenerator[bytes]:
    """The bytes of a source. Raises `InvalidError` for a file that cannot be read."""
    if isinstance(source, bytes):
        yield source
        return
    if not isinstance(source, Path):
        async for piece in source:
            yield piece
        return
    try:
        file = await asyncio.to_thread(source.open, "rb")
    except OSError as error:
        raise _unreadable(source, error) from None
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def _size(source: FileSource) -> int | None:
    if isinstance(source, bytes):
        return len(source)
    if not isinstance(source, Path):
        return None
    try:
        return source.stat().st_size
    except OSError as error:
        raise _unreadable(source, error) from None


def _unreadable(source: Path, error: OSError) -> InvalidError:
    return InvalidError(f"{str(source)!r} cannot be read: {error.strerror}.")
