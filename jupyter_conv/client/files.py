"""The verbs of files over HTTP. Bytes go through piece by piece, in both directions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ..errors import InvalidError, RangeError
from ..interface import FileSource
from ..models import FileFilter, FileInfo, Page, PageQuery
from ..routes import route
from .form import Form
from .transport import as_query, receive

if TYPE_CHECKING:
    import httpx

__all__ = ["FileVerbs"]

_ALL_FILES = FileFilter()
_FIRST_PAGE = PageQuery()


class FileVerbs:
    """Those of `ConversationAPI` that are about files."""

    base_url: str
    _headers: dict[str, str]

    if TYPE_CHECKING:

        async def _call(self, verb: str, query: Any = None, **more: Any) -> Any: ...

        def _client(self) -> httpx.AsyncClient: ...

    async def create_directory(self, conversation_id: UUID, path: str) -> FileInfo:
        return await self._call(  # type: ignore[no-any-return]
            "create_directory", conversation_id=conversation_id, path=path
        )

    async def touch_file(self, conversation_id: UUID, path: str) -> FileInfo:
        return await self._call(  # type: ignore[no-any-return]
            "touch_file", conversation_id=conversation_id, path=path
        )

    async def upload_files(
        self, conversation_id: UUID, files: Mapping[str, FileSource], parent_path: str = ""
    ) -> tuple[FileInfo, ...]:
        return await self._call(  # type: ignore[no-any-return]
            "upload_files",
            form=Form(files),
            repeatable=False,
            conversation_id=conversation_id,
            parent_path=parent_path,
        )

    async def delete_file(
        self, conversation_id: UUID, path: str, *, recursive: bool = False
    ) -> None:
        # Not sent again: where the first did it, the second would be told that nothing is there.
        await self._call(
            "delete_file",
            {"recursive": True} if recursive else {},
            repeatable=False,
            conversation_id=conversation_id,
            path=path,
        )

    async def get_file(self, conversation_id: UUID, path: str) -> FileInfo:
        return await self._call("get_file", conversation_id=conversation_id, path=path)  # type: ignore[no-any-return]

    async def read_file(
        self, conversation_id: UUID, path: str, *, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes]:
        if start < 0 or (stop is not None and stop < start):
            raise InvalidError("A range is from `start`, 0 or more, to `stop`, not before it.")
        headers = {"Accept-Encoding": "identity"}
        if start or stop is not None:
            # Of nothing there is no range to ask for; that the file is there is asked all the same.
            headers["Range"] = f"bytes={start}-{'' if stop is None else max(start, stop - 1)}"
        url = route("read_file").url(conversation_id=conversation_id, path=path)
        request = self._client().build_request(
            "GET", self.base_url + url, headers=self._headers | headers
        )
        async with aclosing(receive(self._client(), request)) as pieces:
            try:
                async for piece in pieces:
                    if start == stop:
                        return
                    yield piece
            except RangeError:
                return  # it begins behind the end

    async def list_files(
        self, conversation_id: UUID, where: FileFilter = _ALL_FILES, page: PageQuery = _FIRST_PAGE
    ) -> Page[FileInfo]:
        query = as_query(where, page)
        return await self._call("list_files", query, conversation_id=conversation_id)  # type: ignore[no-any-return]

    async def count_files(self, conversation_id: UUID, where: FileFilter = _ALL_FILES) -> int:
        return await self._call(  # type: ignore[no-any-return]
            "count_files", as_query(where), conversation_id=conversation_id
        )
