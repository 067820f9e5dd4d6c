"""The rules of files: who may change them, and how much there may be. The disk is touched in threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from ..errors import InvalidError
from ..interface import FileSource
from ..models import FileFilter, FileInfo, Page, PageQuery
from ..store import Store
from ..workspace import (
    Content,
    Ledger,
    Limits,
    Root,
    Staging,
    Workspaces,
    count,
    look,
    make_directory,
    missing,
    open_content,
    parts,
    remove,
    search,
    touch,
)
from .events import require_open
from .principal import Ref

__all__ = ["Files", "OpenFile", "Upload"]

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8
CHUNK = 1 << 20
"""So many bytes are read or written at once."""
LEDGERS = 1000


class Files:
    """Looks at, makes, takes in, gives out and removes the files of conversations."""

    def __init__(self, store: Store, workspaces: Workspaces, limits: Limits) -> None:
        self._store, self._workspaces, self._limits = store, workspaces, limits
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="jupyter-conv-files")
        self._ledgers: dict[UUID, Ledger] = {}
        self._owned: set[asyncio.Future[None]] = set()

    @property
    def max_upload_bytes(self) -> int:
        """So many bytes may come in one upload; 0 is no limit."""
        return self._limits.max_upload_bytes

    async def do(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what blocks in one of our threads."""
        work = partial(call, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def look(self, ref: Ref, path: str) -> FileInfo:
        """One entry."""
        return await self.do(look, await self._root(ref), path)

    async def page(self, ref: Ref, where: FileFilter, page: PageQuery) -> Page[FileInfo]:
        """A page of what is there."""
        return await self.do(search, await self._root(ref), where, page)

    async def count(self, ref: Ref, where: FileFilter) -> int:
        """How many entries that is."""
        return await self.do(count, await self._root(ref), where)

    async def make_directory(self, ref: Ref, path: str) -> tuple[FileInfo, bool]:
        """A directory; and whether it is new."""
        return await self._add(ref, path, make_directory)

    async def touch(self, ref: Ref, path: str) -> tuple[FileInfo, bool]:
        """A file; and whether it is new."""
        return await self._add(ref, path, touch)

    async def _add(
        self, ref: Ref, path: str, make: Callable[[Root, str], tuple[FileInfo, bool]]
    ) -> tuple[FileInfo, bool]:
        root = await self._writable(ref)
        ledger = self._ledger(ref, root)

        def add() -> tuple[FileInfo, bool]:
            lacking = missing(root, parts(path))
            if not lacking:
                return make(root, path)
            ledger.begin()
            try:
                ledger.take(0, lacking)
                return make(root, path)
            finally:
                ledger.end()

        return await self.do(add)

    async def remove(self, ref: Ref, path: str, *, recursive: bool) -> None:
        """Remove an entry."""
        await self.do(remove, await self._writable(ref), path, recursive=recursive)

    async def open(self, ref: Ref, path: str) -> OpenFile:
        """A file, open for reading. Close it."""
        work = self.do(open_content, await self._root(ref), path)
        return OpenFile(self, await self._held(work, Content.close))

    async def begin_upload(self, ref: Ref, parent: str) -> Upload:
        """Files that come in. Commit it, or abort it."""
        root = await self._writable(ref)
        ledger = self._ledger(ref, root)
        work = self.do(Staging, root, parent, ledger, self._limits.max_upload_bytes)
        return Upload(self, await self._held(work, Staging.abort))

    async def upload(
        self, ref: Ref, parent: str, files: Mapping[str, FileSource]
    ) -> tuple[FileInfo, ...]:
        """Take files in, all or none."""
        upload = await self.begin_upload(ref, parent)
        try:
            for path, source in files.items():
                await upload.do(upload.staging.add, path)
                async for chunk in chunks(self, source):
                    await upload.do(upload.staging.write, chunk)
            return tuple(await upload.do(upload.staging.commit))
        finally:
            await asyncio.shield(upload.abort())

    async def _held(self, opening: Coroutine[Any, Any, T], close: Callable[[T], None]) -> T:
        """What `opening` opens; closed where nobody waits for it any more."""
        work = asyncio.ensure_future(opening)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])
            if work.exception() is None:
                await self.do(close, work.result())
            raise

    async def _root(self, ref: Ref) -> Root:
        return await self.do(self._workspaces.root, ref.id, ref.workspace)

    async def _writable(self, ref: Ref) -> Root:
        await self._store.read(partial(require_open, ref=ref))
        return await self._root(ref)

    def _ledger(self, ref: Ref, root: Root) -> Ledger:
        # An attached directory is its owner's: what is in it is not ours to count.
        if ref.workspace.type == "attached":
            return Ledger(root, Limits())
        if len(self._ledgers) > LEDGERS:
            self._ledgers = {id: ledger for id, ledger in self._ledgers.items() if not ledger.idle}
        if ref.id not in self._ledgers:
            self._ledgers[ref.id] = Ledger(root, self._limits)
        return self._ledgers[ref.id]

    def own(self, work: asyncio.Future[None]) -> None:
        """See some work to its end."""
        self._owned.add(work)
        work.add_done_callback(self._owned.discard)

    async def aclose(self) -> None:
        """Wait for what is at work."""
        if self._owned:
            await asyncio.wait(list(self._owned))
        await asyncio.to_thread(self._pool.shutdown)


class OpenFile:
    """A file that is open for reading: what it is, and its bytes."""

    def __init__(self, files: Files, content: Content) -> None:
        self.content = content
        self._files = files

    def close(self) -> None:
        """Let it go, where its bytes are not read."""
        self.content.close()

    async def chunks(self, start: int, stop: int) -> AsyncGenerator[bytes]:
        """The bytes from `start` to before `stop`; each piece is read while the one before is used.

        Ends early where the file has become shorter. It closes the file.
        """
        ahead: asyncio.Future[bytes] | None = None
        try:
            while start < stop:
                length = min(CHUNK, stop - start)
                found = await (ahead or self._read(start, length))
                if not found:
                    return
                start += len(found)
                ahead = self._read(start, min(CHUNK, stop - start)) if start < stop else None
                yield found
        finally:
            if ahead is not None:
                await asyncio.wait([ahead])
            self.content.close()

    def _read(self, start: int, length: int) -> asyncio.Future[bytes]:
        return asyncio.ensure_future(self._files.do(self.content.read, start, length))


class Upload:
    """Files that come in. One thing is done at a time, off the event loop."""

    def __init__(self, files: Files, staging: Staging) -> None:
        self.staging = staging
        self._files = files
        self._turn = asyncio.Lock()

    async def do(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a step of it."""
        async with self._turn:
            work = asyncio.ensure_future(self._files.do(call, *args, **kwargs))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                # A step cannot be stopped midway; the next one, the abort, comes behind it.
                await asyncio.wait([work])
                raise

    async def abort(self) -> None:
        """Leave nothing behind. Without effect once all is committed."""
        await self.do(self.staging.abort)

    def drop(self) -> None:
        """The same for who cannot wait for it."""
        self._files.own(asyncio.ensure_future(self.abort()))


async def chunks(files: Files, source: FileSource) -> AsyncGenerator[bytes]:
    """The bytes of a source, piece by piece."""
    if isinstance(source, bytes):
        yield source
    elif isinstance(source, Path):
        try:
            file = await files.do(source.open, "rb")
        except OSError as error:
            raise InvalidError(f"{str(source)!r} cannot be read: {error.strerror}.") from None
        try:
            while chunk := await files.do(file.read, CHUNK):
                yield chunk
        finally:
            file.close()
    else:
        async for chunk in source:
            yield chunk
