"""Files between this machine and a workspace: whole folders too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from pathlib import Path, PurePosixPath
from uuid import UUID, uuid4

from ..errors import InvalidError
from ..interface import ConversationAPI
from ..models import DIRECTORY, FileFilter, FileInfo, PageQuery

__all__ = ["all_files", "download", "local_files", "size_in_words"]

LINK = "inode/symlink"


async def all_files(
    api: ConversationAPI, conversation_id: UUID, where: FileFilter
) -> AsyncIterator[FileInfo]:
    """What the workspace holds, on all pages."""
    page = PageQuery()
    while True:
        found = await api.list_files(conversation_id, where, page)
        for info in found.results:
            yield info
        if found.next_page_id is None:
            return
        page = PageQuery(page_id=found.next_page_id)


def local_files(paths: Iterable[Path]) -> dict[str, Path]:
    """The files that these are, or that lie in these folders, by the paths that they are to have."""
    found: dict[str, Path] = {}
    for path in paths:
        if path.is_dir():
            name = path.resolve().name
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    found[f"{name}/{file.relative_to(path).as_posix()}"] = file
        elif path.exists():
            found[path.name] = path
        else:
            raise InvalidError(f"There is no file {str(path)!r} here.")
    if not found:
        raise InvalidError("There are no files in what was named.")
    return found


async def download(
    api: ConversationAPI, conversation_id: UUID, path: str, target: Path
) -> AsyncIterator[Path]:
    """A file, or a folder with all that is in it but links, into `target`; each file is there when it is whole."""
    info = await api.get_file(conversation_id, path)
    inside = await asyncio.to_thread(target.is_dir)
    into = target / (PurePosixPath(info.path).name or ".") if inside else target
    if info.mime_type != DIRECTORY:
        yield await _one(api, conversation_id, path, into)
        return
    prefix = info.path.lstrip("/")
    where = FileFilter(path_prefix=prefix, path_delimiter="")
    async for found in all_files(api, conversation_id, where):
        inner = PurePosixPath(found.path[len(prefix) :])
        if inner.is_absolute() or ".." in inner.parts:
            raise InvalidError(f"{found.path!r} is no path to write to here.")
        if found.mime_type == DIRECTORY:
            into.joinpath(inner).mkdir(parents=True, exist_ok=True)
        elif found.mime_type != LINK:
            yield await _one(api, conversation_id, found.path, into / inner)


async def _one(api: ConversationAPI, conversation_id: UUID, path: str, target: Path) -> Path:
    part = target.with_name(f".{uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        async with aclosing(api.read_file(conversation_id, path)) as pieces:
            with part.open("wb") as file:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
        part.replace(target)
    except OSError as error:
        raise InvalidError(f"{str(target)!r} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
    return target


def size_in_words(size: int) -> str:
    """A number of bytes for people."""
    number, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while number >= 1000 and len(units) > 1:
        number /= 1000
        units.pop(0)
    return f"{number:.0f} {units[0]}" if units[0] == "B" else f"{number:.1f} {units[0]}"
