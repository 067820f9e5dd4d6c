"""Handlers of files. Bytes go through piece by piece, in both directions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, cast
from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import iostream, web
from tornado.escape import utf8
from tornado.httputil import HTTPHeaders, HTTPServerRequest

from ..errors import ConversationError, RangeError, TooLargeError
from ..models import FileFilter, PageQuery
from ..routes import FileQuery, RemoveQuery
from ..service import OpenFile, Upload
from .base import ConversationHandler
from .multipart import OVERHEAD, Parts, boundary_of
from .ranges import http_date, requested_range, unchanged

__all__ = [
    "ContentHandler",
    "CountHandler",
    "DirectoryHandler",
    "OneHandler",
    "SearchHandler",
    "UploadHandler",
]

PIECE, GATHERED = 1 << 20, 4 << 20
"""So many bytes of an upload are read at once, and gathered while those before are written."""
LINGER = 5.0
"""Seconds for which an upload that is refused is still read, so that its sender comes to hear why."""
_UNLIMITED = 1 << 62


class FileHandler(ConversationHandler):
    """What all of them share."""

    auth_resource = "jupyter_conv:file"

    @property
    def path(self) -> str:
        """The path in the workspace; nothing is the workspace itself."""
        return self.path_kwargs["path"] or ""


class SearchHandler(FileHandler):
    """`/conversation/{conversation_id}/file-search`"""

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """List files."""
        id, query = self.id("conversation_id"), self.query(FileQuery)
        api = await self.participant()
        where = FileFilter.model_construct(**query.model_dump(exclude={"limit", "page_id"}))
        page = PageQuery(limit=query.limit, page_id=query.page_id)
        self.answer(await api.list_files(id, where, page))


class CountHandler(FileHandler):
    """`/conversation/{conversation_id}/file-count`"""

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """Count files."""
        id, where = self.id("conversation_id"), self.query(FileFilter)
        api = await self.participant()
        self.answer(await api.count_files(id, where))


class DirectoryHandler(FileHandler):
    """`/conversation/{conversation_id}/dir/{path*}`"""

    @web.authenticated
    @authorized
    async def post(self, **_: str) -> None:
        """Make a directory."""
        id = self.id("conversation_id")
        api = await self.participant()
        made, created = await api.make_directory(id, self.path)
        self.answer(made, 201 if created else 200)


class OneHandler(FileHandler):
    """`/conversation/{conversation_id}/file/{path*}`"""

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """What is told of a file."""
        id = self.id("conversation_id")
        api = await self.participant()
        self.answer(await api.get_file(id, self.path))

    @web.authenticated
    @authorized
    async def post(self, **_: str) -> None:
        """Touch a file."""
        id = self.id("conversation_id")
        api = await self.participant()
        made, created = await api.touch(id, self.path)
        self.answer(made, 201 if created else 200)

    @web.authenticated
    @authorized
    async def delete(self, **_: str) -> None:
        """Remove a file."""
        id, query = self.id("conversation_id"), self.query(RemoveQuery)
        api = await self.participant()
        await api.delete_file(id, self.path, recursive=query.recursive)
        self.set_status(204)
        self.finish()


class ContentHandler(FileHandler):
    """`/conversation/{conversation_id}/file-content/{path*}`: bytes to keep, never a page of this origin."""

    _size = 0

    @property
    def content_security_policy(self) -> str:
        """Were it shown after all: nothing in it runs, nothing is fetched, and it has no origin."""
        return f"{super().content_security_policy}; sandbox"

    def compute_etag(self) -> None:
        """The file's version is its tag, not what was written last."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Who asks for too much hears how much there is."""
        if isinstance(kwargs.get("exc_info", (None, None))[1], RangeError):
            self.set_header("Content-Range", f"bytes */{self._size}")
        super().write_error(status_code, **kwargs)

    @web.authenticated
    @authorized
    async def head(self, **_: str) -> None:
        """What GET would say, without the bytes."""
        file = await self._open()
        file.close()
        if not self._describe(file):
            self.set_header("Content-Length", file.content.size)
        self.finish(set_content_type=file.content.mime_type)

    @web.authenticated
    @authorized
    async def get(self, **_: str) -> None:
        """The bytes."""
        file = await self._open()
        try:
            if self._describe(file):
                self.finish(set_content_type=file.content.mime_type)
            else:
                await self._send(file, *self._range(file))
        finally:
            file.close()

    async def _open(self) -> OpenFile:
        id = self.id("conversation_id")
        api = await self.participant()
        return await api.open_file(id, self.path)

    def _describe(self, file: OpenFile) -> bool:
        """Write the headers. Out: whether who asks has it already (304)."""
        found = file.content
        plain = found.name.encode("ascii", "replace").decode()
        plain = "".join("_" if c in '"\\?%' or not c.isprintable() else c for c in plain)
        named = quote(found.name.encode("utf-8", "surrogateescape"), safe="")
        self.set_header(
            "Content-Disposition", f"attachment; filename=\"{plain}\"; filename*=UTF-8''{named}"
        )
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("ETag", found.etag)
        self.set_header("Last-Modified", http_date(found.modified))
        if known := unchanged(self.request.headers, found.etag, found.modified):
            self.set_status(304)
        return known

    def _range(self, file: OpenFile) -> tuple[int, int]:
        found, asked = file.content, self.request.headers
        self._size = found.size
        part = requested_range(asked, found.size, found.etag, found.modified)
        if part is None:
            return 0, found.size
        self.set_status(206)
        self.set_header("Content-Range", f"bytes {part[0]}-{part[1] - 1}/{found.size}")
        return part

    async def _send(self, file: OpenFile, start: int, stop: int) -> None:
        self._transforms = []  # bytes of a range are those of the file, not of a packed one
        self.set_header("Content-Length", stop - start)
        self.set_header("Content-Type", file.content.mime_type)
        left = stop - start
        chunks = file.chunks(start, stop)
        try:
            async for chunk in chunks:
                left -= len(chunk)
                self.write(chunk)
                await self.flush()
        except iostream.StreamClosedError:
            return
        finally:
            await chunks.aclose()
        if left:
            # The file has become shorter. What was promised cannot be sent, and that must be seen.
            _close(self.request)
            return
        self.finish(set_content_type=file.content.mime_type)


@web.stream_request_body
class UploadHandler(FileHandler):
    """`/conversation/{conversation_id}/upload/{parent_path*}`: files come in as they are sent, seen when whole."""

    _upload: Upload | None = None
    _parts: Parts
    _feeding: asyncio.Task[None] | None = None
    _refused = _gone = False

    async def prepare(self) -> None:  # type: ignore[override]  # as APIHandler's
        """All that can be refused is refused before the first byte is taken."""
        self._pieces: list[bytes] = []
        self._gathered = 0
        connection: Any = self.request.connection
        connection.set_max_body_size(_UNLIMITED)  # ours is checked by what is in it
        connection.params.chunk_size = connection.stream.read_chunk_size = PIECE
        await APIHandler.prepare(self)
        if self.request.method == "POST" and not self._refused:
            await cast("Awaitable[None]", self._begin())

    @web.authenticated
    @authorized
    async def _begin(self) -> None:
        id, headers = self.id("conversation_id"), self.request.headers
        boundary = boundary_of(headers.get("Content-Type", ""))
        api = await self.participant()
        most = api.max_upload_bytes
        if most and _length(headers) > most + OVERHEAD:
            raise TooLargeError(
                f"An upload may have {most:,} bytes; send the files in several, or fewer."
            )
        self._upload = await api.begin_upload(id, self.path_kwargs["parent_path"] or "")
        staging = self._upload.staging
        self._parts = Parts(boundary, staging.add, staging.write, most)

    async def data_received(self, chunk: bytes) -> None:
        """Gather a piece; write it while the next one comes."""
        if self._refused:
            return
        self._pieces.append(chunk)
        self._gathered += len(chunk)
        idle = self._feeding is None or self._feeding.done()
        if self._gathered >= (PIECE if idle else GATHERED):
            try:
                await self._feed()
            except (ConversationError, OSError) as error:
                self._refuse(error)

    async def _feed(self) -> None:
        assert self._upload is not None
        if self._feeding is not None:
            await self._feeding
        pieces, self._pieces, self._gathered = self._pieces, [], 0
        self._feeding = asyncio.create_task(self._upload.do(self._parts.feed, *pieces))

    def _refuse(self, error: BaseException) -> None:
        """Say so at once; the sender need not send the rest."""
        self._drop()
        self._handle_request_exception(error)

    @web.authenticated
    @authorized
    async def post(self, **_: str) -> None:
        """All has come."""
        if self._refused:
            return
        assert self._upload is not None
        try:
            await self._feed()
            assert self._feeding is not None
            await self._feeding
            self._parts.finish()
            found = await self._upload.do(self._upload.staging.commit)
        finally:
            self._drop()
        self.answer(b"[%s]" % b",".join(info.model_dump_json().encode() for info in found), 201)

    def _drop(self) -> None:
        if self._upload is not None:
            self._upload.drop()

    def on_connection_close(self) -> None:
        """The sender is gone."""
        self._gone = True
        super().on_connection_close()
        self._drop()

    def finish(self, *args: Any, **kwargs: Any) -> asyncio.Future[None]:
        """Answer. Who is refused before all has come hears it at once, and may send on for a moment, unheard.

        (Tornado closes a connection as soon as its answer ends; with bytes on their way the answer would be lost.)
        """
        body: asyncio.Future[None] = self.request._body_future
        if body.done():
            return super().finish(*args, **kwargs)
        if not self._refused:
            self._refused = True
            answer = utf8(args[0])
            self.set_header("Content-Length", len(answer))
            self.write(answer)
            self.flush()
            body.add_done_callback(self._end)
            asyncio.get_running_loop().call_later(LINGER, self._end)
        return body

    def _end(self, _: object = None) -> None:
        if not self._finished and not self._gone:
            super().finish()


def _close(request: HTTPServerRequest) -> None:
    connection: Any = request.connection
    connection.close()


def _length(headers: HTTPHeaders) -> int:
    said = headers.get("Content-Length", "")
    return int(said) if said.isdigit() else 0
