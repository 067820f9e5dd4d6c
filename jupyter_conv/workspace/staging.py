"""Files on their way into a workspace: they come in all together when all of them are whole, or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from uuid import uuid4

from ..errors import ConflictError, InvalidError, NotFoundError, TooLargeError
from ..models import FileInfo
from .info import describe
from .paths import (
    MAX_DEPTH,
    OPEN_DIRECTORY,
    RESERVED,
    Place,
    Root,
    check_new,
    missing,
    opened,
    parts,
    told,
)
from .quota import Ledger
from .tree import remove_tree

__all__ = ["Staging"]


class Staging:
    """One upload. `add` begins a file, `write` goes on with it; then `commit`, or `abort`. Each call blocks.

    The files are written into a directory of their own at the top of the workspace, locked for as long as this lives;
    what a dead process left there is removed when the next upload begins.
    """

    def __init__(self, root: Root, parent: str, ledger: Ledger, max_bytes: int) -> None:
        self._root, self._parent, self._ledger, self._max = root, parts(parent), ledger, max_bytes
        check_new(self._parent)
        self._taken = self._entries = self._number = 0
        self._files: dict[tuple[str, ...], str] = {}
        self._directories: set[tuple[str, ...]] = set()
        self._file: int | None = None
        self._name = uuid4().hex
        with told(RESERVED):
            self._root_fd, _ = root.open()
            try:
                self._top, self._fd = self._open()
            except BaseException:
                os.close(self._root_fd)
                raise
        self._open_still = True
        ledger.begin()

    def _open(self) -> tuple[int, int]:
        while True:
            with suppress(FileExistsError):
                os.mkdir(RESERVED, 0o700, dir_fd=self._root_fd)
            try:
                top = os.open(RESERVED, OPEN_DIRECTORY, dir_fd=self._root_fd)
            except FileNotFoundError:
                continue  # another upload has just taken it away
            try:
                fcntl.flock(top, fcntl.LOCK_EX)
                _sweep(top)
                os.mkdir(self._name, 0o700, dir_fd=top)
                own = os.open(self._name, OPEN_DIRECTORY, dir_fd=top)
                fcntl.flock(own, fcntl.LOCK_EX)
                fcntl.flock(top, fcntl.LOCK_UN)
                return top, own
            except FileNotFoundError:
                os.close(top)
            except BaseException:
                os.close(top)
                raise

    def add(self, path: str) -> None:
        """Begin a file; its path is relative to the parent. One that came before under this path is replaced."""
        names = (*self._parent, *parts(path))
        if len(names) == len(self._parent) or path.endswith("/"):
            raise InvalidError(f"{path[:200]!r} is not a file's name.", code="path")
        if len(names) > MAX_DEPTH or names[0] == RESERVED:
            raise InvalidError(f"{path[:200]!r} cannot be a path here.", code="path")
        check_new(names)
        self._end_file()
        entries = self._new(names)
        self._ledger.take(0, entries)
        self._entries += entries
        self._number += 1
        self._files[names] = staged = str(self._number)
        with told(path):
            self._file = os.open(
                staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=self._fd
            )

    def _new(self, names: tuple[str, ...]) -> int:
        """How many entries the workspace has more with this file, and with the directories that it needs."""
        lacking = missing(self._root, names)
        above = {names[:-up] for up in range(1, lacking)} - self._directories
        self._directories |= above
        return len(above) + (lacking > 0 and names not in self._files)

    def write(self, chunk: bytes | memoryview) -> None:
        """Go on with the file. Raises `TooLargeError`, `QuotaError`; then the upload is to be aborted."""
        assert self._file is not None
        size = len(chunk)
        if self._max and self._taken + size > self._max:
            raise TooLargeError(
                f"An upload may have {self._max:,} bytes; send the files in several, or fewer."
            )
        self._ledger.take(size, mine=self._taken)
        self._taken += size
        with told("The upload"):
            view = memoryview(chunk)
            while view:
                view = view[os.write(self._file, view) :]

    def commit(self) -> list[FileInfo]:
        """Bring the files to their places, in the order in which they came."""
        self._end_file()
        for names in self._files:
            self._check(names)
        found = []
        for names, staged in self._files.items():
            path = "/".join(names)
            with opened(self._root, names, make=True) as place, told(path):
                os.rename(staged, place.name, src_dir_fd=self._fd, dst_dir_fd=place.fd)
                found.append(describe(place.path, place.stat()))
        self._taken = self._entries = 0  # they are the workspace's now
        self._close()
        return found

    def _check(self, names: tuple[str, ...]) -> None:
        """Nothing must stand in the way of any file before the first is brought to its place."""
        for end in range(1, len(names)):
            if names[:end] in self._files:
                raise ConflictError(
                    f"{'/'.join(names[:end])!r} is both a file and a directory in this upload.",
                    code="not_a_directory",
                )
        with suppress(NotFoundError), opened(self._root, names, strict=True) as place:
            if _is_directory(place):
                raise ConflictError(
                    f"{place.path!r} is a directory; a file cannot take its place.",
                    code="is_directory",
                )

    def abort(self) -> None:
        """Leave nothing behind. Without effect once all is committed."""
        if self._open_still:
            self._ledger.take(-self._taken, -self._entries)
            self._close()

    def _end_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _close(self) -> None:
        self._open_still = False
        self._end_file()
        self._ledger.end()
        with suppress(OSError):  # the workspace may be gone
            remove_tree(self._top, self._name)
        with suppress(OSError):  # another upload may need it
            os.rmdir(RESERVED, dir_fd=self._root_fd)
        for fd in (self._fd, self._top, self._root_fd):
            os.close(fd)


def _is_directory(place: Place) -> bool:
    try:
        return stat.S_ISDIR(place.stat().st_mode)
    except FileNotFoundError:
        return False


def _sweep(top: int) -> None:
    """Remove what nobody holds any more."""
    for name in os.listdir(top):
        with suppress(OSError):
            fd = os.open(name, OPEN_DIRECTORY, dir_fd=top)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(top, name)
            finally:
                os.close(fd)
