"""What a workspace holds, in the order of its paths, page by page; as S3 means prefix and delimiter.

The order is that of the whole path, a directory's slash included: so it is known which entries come first without
looking into any. Of a directory only the names are read, and of those only a page's worth is kept and looked at.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from bisect import insort
from collections.abc import Generator, Iterator
from contextlib import closing

from ..errors import CursorError, NotFoundError
from ..models import FileFilter, FileInfo, Page, PageQuery
from .info import describe
from .paths import MAX_DEPTH, OPEN_DIRECTORY, RESERVED, Root, opened, parts, told
from .tree import leads_inside

__all__ = ["count", "search"]


def search(root: Root, where: FileFilter, page: PageQuery) -> Page[FileInfo]:
    """A page of what is there."""
    after = _decode(page.page_id)
    found: list[FileInfo] = []
    last = ""
    with closing(_Search(root, where, after, page.limit + 2).entries()) as entries:
        for path, fd, name in entries:
            if len(found) == page.limit:
                return Page[FileInfo].model_construct(
                    results=tuple(found), next_page_id=_encode(last)
                )
            try:
                seen = os.stat(name, dir_fd=fd, follow_symlinks=False)
            except FileNotFoundError:
                continue
            bare = path.removesuffix("/")
            inside = stat.S_ISLNK(seen.st_mode) and _leads_inside(root, bare)
            found.append(describe(bare, seen, readable_link=inside))
            last = path
    return Page[FileInfo].model_construct(results=tuple(found), next_page_id=None)


def count(root: Root, where: FileFilter) -> int:
    """How many entries all pages hold."""
    return sum(1 for _ in _Search(root, where, "", None).entries())


def _leads_inside(root: Root, path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return leads_inside(root, path)


Entry = tuple[str, int, str]
"""A path (a directory's ends in `/`), the directory that holds it, open, and the name in it."""


class _Search:
    """One walk. `after`: the path behind which it begins. `most`: so many entries are wanted; None is all."""

    def __init__(self, root: Root, where: FileFilter, after: str, most: int | None) -> None:
        self._root, self._after, self._most = root, after, most
        self._prefix, self._deep = where.path_prefix, not where.path_delimiter
        self._needle = (where.name__contains or "").lower()

    def entries(self) -> Generator[Entry]:
        """The entries in order. A prefix that leads nowhere begins no path."""
        above, slash, _ = self._prefix.rpartition("/")
        names = parts(above)
        if "/".join(names) != above or (slash and not above):
            return
        try:
            with (
                opened(self._root, names, follow=True, last=True) as place,
                told(above, missing=True),
            ):
                fd = place.open(os.O_RDONLY | os.O_DIRECTORY)
        except NotFoundError:
            return
        try:
            yield from self._below(above + slash, fd, len(names))
        finally:
            os.close(fd)

    def _below(self, base: str, fd: int, depth: int) -> Iterator[Entry]:
        after = self._after[len(base) :] if self._after.startswith(base) else ""
        if self._after > base and not after:
            return  # all of it lies before
        for key in self._keys(base, fd, after):
            name = key.removesuffix("/")
            path = base + key
            if path > self._after and self._needle in name.lower():
                yield path, fd, name
            if self._deep and key.endswith("/") and depth < MAX_DEPTH:
                yield from self._into(path, fd, name, depth)

    def _into(self, path: str, fd: int, name: str, depth: int) -> Iterator[Entry]:
        try:
            inner = os.open(name, OPEN_DIRECTORY, dir_fd=fd)
        except OSError:
            return  # gone, swapped for something else, or closed to us: there is nothing to list
        try:
            yield from self._below(path, inner, depth + 1)
        finally:
            os.close(inner)

    def _keys(self, base: str, fd: int, after: str) -> Iterator[str]:
        """The keys of a directory in order: those behind `after`, and the directory that it lies in."""
        begin = self._prefix[len(base) :] if self._prefix.startswith(base) else ""
        most, within = self._most, self._deep
        hidden = "" if base else f"{RESERVED}/"
        needle = "" if self._deep else self._needle
        while True:
            keys, more = _smallest(fd, begin, after, most, within)
            yield from (k for k in keys if k != hidden and needle in k.removesuffix("/").lower())
            if not more or most is None:
                return
            # What came was not enough: gone meanwhile, or not of the name that is looked for.
            after, most, within = keys[-1], most * 8, False


def _smallest(
    fd: int, begin: str, after: str, most: int | None, within: bool
) -> tuple[list[str], bool]:
    """At most so many keys of a directory, in order, that begin so and come behind `after`; and whether there are more.

    A directory's key is its name with `/`. `within`: the directory that `after` lies in is one of them.
    """
    found: list[str] = []
    bound, more = chr(0x10FFFF) * 2, False
    with os.scandir(fd) as entries:
        for entry in entries:
            key = entry.name
            if key > bound or (key < after and not after.startswith(key)):
                more = more or key > bound
                continue
            if not key.startswith(begin):
                continue
            if entry.is_dir(follow_symlinks=False):
                key += "/"
            if key <= after and not (within and after.startswith(key)):
                continue
            if most is None:
                found.append(key)
                continue
            insort(found, key)
            if len(found) > most:
                found.pop()
                bound, more = found[-1], True
    if most is None:
        found.sort()
    return found, more


def _encode(path: str) -> str:
    raw = b"f" + path.encode("utf-8", "surrogateescape")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(cursor: str | None) -> str:
    if cursor is None:
        return ""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        path = raw.decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        path = ""
    if not path.startswith("f") or len(path) < 2:
        raise CursorError(
            "page_id is not one that this list gave out; leave it out to begin at the first page."
        )
    return path[1:]
