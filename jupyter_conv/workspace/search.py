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
from contextlib import closing, contextmanager

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
    return _Search(root, where, "", 0).count()


def _leads_inside(root: Root, path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return leads_inside(root, path)


Entry = tuple[str, int, str]
"""A path (a directory's ends in `/`), the directory that holds it, open, and the name in it."""


class _Search:
    """One walk. `after`: the path behind which it begins. `most`: so many entries are wanted."""

    def __init__(self, root: Root, where: FileFilter, after: str, most: int) -> None:
        self._root, self._after, self._most = root, after, most
        self._prefix, self._deep = where.path_prefix, not where.path_delimiter
        self._needle = (where.name__contains or "").lower()

    def entries(self) -> Generator[Entry]:
        """The entries in order."""
        with self._first() as (base, fd, depth):
            if fd >= 0:
                yield from self._below(base, fd, depth)

    def count(self) -> int:
        """How many there are."""
        with self._first() as (base, fd, depth):
            return self._count(base, fd, depth) if fd >= 0 else 0

    @contextmanager
    def _first(self) -> Iterator[tuple[str, int, int]]:
        """The directory in which the prefix ends: its path, open, how deep it is; -1 where there is none."""
        above, slash, _ = self._prefix.rpartition("/")
        names = parts(above)
        if "/".join(names) != above or (slash and not above):
            yield "", -1, 0
            return
        try:
            with (
                opened(self._root, names, follow=True, last=True) as place,
                told(above, missing=True),
            ):
                fd = place.open(os.O_RDONLY | os.O_DIRECTORY)
        except NotFoundError:
            yield "", -1, 0
            return
        try:
            yield above + slash, fd, len(names)
        finally:
            os.close(fd)

    def _count(self, base: str, fd: int, depth: int) -> int:
        begin, found = self._begin(base), 0
        with os.scandir(fd) as entries:
            for entry in entries:
                name = entry.name
                if not name.startswith(begin) or (not base and name == RESERVED):
                    continue
                if not self._needle or self._needle in name.lower():
                    found += 1
                if self._deep and depth < MAX_DEPTH and entry.is_dir(follow_symlinks=False):
                    with _inner(fd, name) as inner:
                        found += (
                            self._count(f"{base}{name}/", inner, depth + 1) if inner >= 0 else 0
                        )
        return found

    def _begin(self, base: str) -> str:
        """How the names of a directory must begin."""
        return self._prefix[len(base) :] if self._prefix.startswith(base) else ""

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
        with _inner(fd, name) as inner:
            if inner >= 0:
                yield from self._below(path, inner, depth + 1)

    def _keys(self, base: str, fd: int, after: str) -> Iterator[str]:
        """The keys of a directory in order: those behind `after`, and the directory that it lies in."""
        begin, most, within = self._begin(base), self._most, self._deep
        hidden = "" if base else f"{RESERVED}/"
        while True:
            keys, more = self._smallest(fd, begin, after, most, within)
            yield from (key for key in keys if key != hidden)
            if not more:
                return
            # Some of them were gone when they were looked at, or held nothing of what is looked for.
            after, most, within = keys[-1], most * 8, False

    def _smallest(
        self, fd: int, begin: str, after: str, most: int, within: bool
    ) -> tuple[list[str], bool]:
        """At most so many keys of a directory, in order, that begin so and come behind `after`; whether there are more.

        A directory's key is its name with `/`. `within`: the directory that `after` lies in is one of them.
        """
        found: list[str] = []
        bound, more = chr(0x10FFFF) * 2, False
        needle, deep = self._needle, self._deep
        with os.scandir(fd) as entries:
            for entry in entries:
                key = entry.name
                if key < after and not after.startswith(key):
                    continue
                if not key.startswith(begin) or (needle and not deep and needle not in key.lower()):
                    continue
                if key > bound:
                    more = True
                    continue
                if entry.is_dir(follow_symlinks=False):
                    key += "/"
                elif needle and deep and needle not in key.lower():
                    continue
                if key <= after and not (within and after.startswith(key)):
                    continue
                insort(found, key)
                if len(found) > most:
                    found.pop()
                    bound, more = found[-1], True
        return found, more


@contextmanager
def _inner(fd: int, name: str) -> Iterator[int]:
    """A directory in another, open; -1 where it is gone, swapped for something else, or closed to us."""
    try:
        inner = os.open(name, OPEN_DIRECTORY, dir_fd=fd)
    except OSError:
        inner = -1
    try:
        yield inner
    finally:
        if inner >= 0:
            os.close(inner)


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
