"""A multipart body as it comes: each part with a file name is a file; all else in it is passed over."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from ..errors import InvalidError, MalformedError, TooLargeError, UnsupportedError

__all__ = ["Parts", "boundary_of"]

MAX_HEADERS = 64 << 10
OVERHEAD = 16 << 20
"""So many bytes of a body may be no file's."""
# https://html.spec.whatwg.org/#escaping-a-string-for-multipart: a browser escapes these three, and nothing else.
_FILENAME = re.compile(r';[ \t]*filename="(.*?)"[ \t]*(?:;|$)', re.IGNORECASE | re.DOTALL)
_ESCAPES = (("%22", '"'), ("%0D", "\r"), ("%0A", "\n"))


def boundary_of(content_type: str) -> bytes:
    """The boundary that the type names. Raises `UnsupportedError` for another type, `MalformedError` without one."""
    message = Message()
    message["Content-Type"] = content_type
    if message.get_content_type() != "multipart/form-data":
        raise UnsupportedError("Files are sent as multipart/form-data.")
    boundary = message.get_boundary()
    if not boundary or len(boundary) > 200 or not boundary.isascii():
        raise MalformedError("The Content-Type names no boundary.")
    return boundary.encode()


class Parts:
    """Reads a body piece by piece. `add` is told a file's path, `write` its bytes; what they raise is raised by `feed`.

    `max_bytes`: so many may be the files'; 0 is no limit.
    """

    def __init__(
        self,
        boundary: bytes,
        add: Callable[[str], None],
        write: Callable[[memoryview], None],
        max_bytes: int,
    ) -> None:
        self._add, self._write, self._max = add, write, max_bytes
        self._name, self._value, self._size, self._total = b"", b"", 0, 0
        self._disposition = b""
        self._taken = self._ended = False
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)

    def feed(self, *pieces: bytes) -> None:
        """Go on. Raises `MalformedError`, `InvalidError`, `TooLargeError`, and what `add` and `write` raise."""
        for piece in pieces:
            self._total += len(piece)
            if self._max and self._total > self._max + OVERHEAD:
                raise TooLargeError(
                    f"An upload may have {self._max:,} bytes; send the files in several, or fewer."
                )
            try:
                self._parser.write(piece)
            except FormParserError as error:
                raise MalformedError(f"The body is not multipart: {error}.") from None

    def finish(self) -> None:
        """All has come. Raises `MalformedError` where that is not all."""
        if not self._ended:
            raise MalformedError("The body ends before its last boundary; send it whole.")

    def _begin(self) -> None:
        self._disposition, self._size, self._taken = b"", 0, False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += self._counted(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._counted(data[start:end])

    def _counted(self, piece: bytes) -> bytes:
        self._size += len(piece)
        if self._size > MAX_HEADERS:
            raise MalformedError("The headers of a part are too long.")
        return piece

    def _header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        path = _path(self._disposition)
        if path:
            self._taken = True
            self._add(path)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._taken:
            self._write(memoryview(data)[start:end])

    def _end(self) -> None:
        self._ended = True


def _path(disposition: bytes) -> str | None:
    """The file name of a part, which may be a path with `/`; none where the part is no file."""
    try:
        text = disposition.decode()
    except UnicodeDecodeError:
        raise InvalidError("A file name is not UTF-8.", code="path") from None
    found = _FILENAME.search(text)
    if found is None:
        if "filename" in text:
            raise MalformedError('A file is named by filename="…".')
        return None
    path = found[1].replace('\\"', '"').replace("\\\\", "\\")
    for escape, character in _ESCAPES:
        path = path.replace(escape, character)
    return path
