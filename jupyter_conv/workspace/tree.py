"""One workspace's files: looked at, made, removed, read. Everything here blocks; paths are walked by `paths`."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from uuid import uuid4

from ..errors import ConflictError, InvalidError, NotFoundError
from ..models import FileInfo
from .info import content_type, describe
from .paths import MAX_DEPTH, OPEN_DIRECTORY, Place, Root, check_new, opened, parts, told

__all__ = ["Content", "leads_inside", "look", "make_directory", "open_content", "remove", "touch"]


def look(root: Root, path: str) -> FileInfo:
    """What is told of one entry; of a link, the link itself. Raises `NotFoundError`."""
    with opened(root, parts(path), follow=True) as place, told(path, missing=True):
        found = place.stat()
        if path.endswith("/") and place.name and not stat.S_ISDIR(found.st_mode):
            raise NotFoundError(
                f"{path[:200]!r} is not a directory; leave the slash at its end out."
            )
        inside = stat.S_ISLNK(found.st_mode) and leads_inside(root, place.path)
        return describe(place.path, found, readable_link=inside)


def leads_inside(root: Root, path: str) -> bool:
    """Whether a link leads to something in the workspace."""
    try:
        with opened(root, parts(path), follow=True, last=True) as place:
            place.stat()
    except (OSError, InvalidError, NotFoundError, ConflictError):
        return False
    return True


def make_directory(root: Root, path: str) -> tuple[FileInfo, bool]:
    """A directory with those above it; and whether it is new. Raises `ConflictError` where a file is."""
    names = parts(path)
    check_new(names)
    with opened(root, names, make=True) as place, told(path):
        created = False
        if place.name:
            try:
                os.mkdir(place.name, dir_fd=place.fd)
                created = True
            except FileExistsError:
                if not stat.S_ISDIR(place.stat().st_mode):
                    raise
        return describe(place.path, place.stat()), created


def touch(root: Root, path: str) -> tuple[FileInfo, bool]:
    """A file, empty if it is new, else with the present time; and whether it is new."""
    names = parts(path)
    check_new(names)
    if not names or path.endswith("/"):
        raise ConflictError(f"{path[:200]!r} names a directory.", code="is_directory")
    with opened(root, names, make=True) as place, told(path):
        created = True
        try:
            fd = place.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            created, fd = False, _open_file(place, path, os.O_RDONLY)
        try:
            if not created:
                os.utime(fd)
            return describe(place.path, os.fstat(fd)), created
        finally:
            os.close(fd)


def _open_file(place: Place, path: str, flags: int) -> int:
    """A descriptor of a file, and of nothing else."""
    found = place.stat()
    if stat.S_ISDIR(found.st_mode):
        raise ConflictError(
            f"{path[:200] or '/'!r} is a directory: file-search lists what is in it.",
            code="is_directory",
        )
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
        raise ConflictError(f"{path[:200]!r} is not a file that can be read.", code="not_a_file")
    fd = place.open(flags)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise ConflictError(f"{path[:200]!r} is not a file that can be read.", code="not_a_file")
    return fd


@dataclass(frozen=True)
class Content:
    """A file that is open for reading: `size` bytes are told of it, however it changes. Close it."""

    file: FileIO
    name: str
    size: int
    modified: float
    etag: str
    mime_type: str

    def read(self, position: int, length: int) -> bytes:
        """At most so many bytes from there; fewer at the end."""
        return os.pread(self.file.fileno(), length, position)

    def close(self) -> None:
        """Let it go."""
        self.file.close()


def open_content(root: Root, path: str) -> Content:
    """A file's bytes, links in the workspace followed. Raises `NotFoundError`; `ConflictError` for what is no file."""
    with opened(root, parts(path), follow=True, last=True) as place, told(path, missing=True):
        fd = _open_file(place, path, os.O_RDONLY)
        found = os.fstat(fd)
        etag = f'"{found.st_mtime_ns:x}-{found.st_ctime_ns:x}-{found.st_size:x}-{found.st_ino:x}"'
        name = parts(path)[-1]
        file = FileIO(fd, "r")
        return Content(file, name, found.st_size, found.st_mtime, etag, content_type(name))


def remove(root: Root, path: str, *, recursive: bool) -> None:
    """Remove a file, a link (not what it leads to), or a directory; `ConflictError` for one that is not empty."""
    names = parts(path)
    if not names:
        raise InvalidError("The workspace itself stays; name what is in it.", code="path")
    with opened(root, names) as place, told(path, missing=True):
        if not stat.S_ISDIR(place.stat().st_mode):
            if path.endswith("/"):
                raise NotFoundError(f"{path[:200]!r} is not a directory.")
            os.unlink(place.name, dir_fd=place.fd)
        elif recursive:
            remove_tree(place.fd, place.name)
        else:
            os.rmdir(place.name, dir_fd=place.fd)


class _Level:
    """A directory that is being emptied, and the names still in it."""

    def __init__(self, parent: int, name: str) -> None:
        self.name = name
        self.fd = os.open(name, OPEN_DIRECTORY, dir_fd=parent)
        with os.scandir(self.fd) as entries:
            self.left = [(e.name, e.is_dir(follow_symlinks=False)) for e in entries]


def remove_tree(parent: int, name: str) -> None:
    """Remove a directory with all that is in it, however deep; no link is followed."""
    levels = [_Level(parent, name)]
    try:
        while levels:
            level = levels[-1]
            if not level.left:
                levels.pop()
                os.close(level.fd)
                os.rmdir(level.name, dir_fd=levels[-1].fd if levels else parent)
                continue
            entry, is_directory = level.left.pop()
            if not is_directory:
                with suppress(FileNotFoundError):
                    os.unlink(entry, dir_fd=level.fd)
            elif len(levels) < MAX_DEPTH:
                levels.append(_Level(level.fd, entry))
            else:
                # Brought up to the first level, so that no more than so many are open at a time.
                fresh = uuid4().hex
                os.rename(entry, fresh, src_dir_fd=level.fd, dst_dir_fd=levels[0].fd)
                levels[0].left.append((fresh, True))
    finally:
        for level in levels:
            os.close(level.fd)
