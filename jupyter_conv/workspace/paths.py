"""Which texts are paths of a workspace, and where they lead: the one place where a path is resolved.

Nothing here asks the kernel to follow anything. A path is walked name by name, each directory opened in the one before
it and held open; so a directory that is swapped for a link meanwhile is met as a link, or not at all. Links are
followed by this code, within the workspace alone, and only for those who read.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)

__all__ = [
    "MAX_DEPTH",
    "OPEN_DIRECTORY",
    "RESERVED",
    "Place",
    "Root",
    "check_new",
    "missing",
    "opened",
    "parts",
    "resolve",
    "told",
]

MAX_DEPTH = 100
"""So many directories may lie in each other."""
MAX_NAME = 255
MAX_LINKS = 40
RESERVED = ".jupyter_conv-uploads"
"""Where uploads are until they are whole, at the top of each workspace. It is neither listed nor reached by a path."""

OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def parts(path: str) -> tuple[str, ...]:
    """The names of a path with `/`; none is the workspace itself. Raises `InvalidError` for what is no path in it."""
    if path.startswith("/") and path.strip("/"):
        raise _leaves(path)
    names = tuple(name for name in path.split("/") if name not in ("", "."))
    if any(name == ".." or ".." in name.split("\\") for name in names):
        raise _leaves(path)
    if "\0" in path or not _is_text(path):
        raise InvalidError("A path is text without NUL; give another one.", code="path")
    if len(names) > MAX_DEPTH or any(len(os.fsencode(name)) > MAX_NAME for name in names):
        raise InvalidError(
            f"The path is too long: at most {MAX_DEPTH} names of {MAX_NAME} bytes.", code="path"
        )
    if names[:1] == (RESERVED,):
        raise InvalidError(f"{RESERVED} is kept for uploads; give another path.", code="path")
    return names


def check_new(names: Sequence[str]) -> None:
    """Names for something new are those that mean the same on every system. Raises `InvalidError`."""
    for name in names:
        if "\\" in name:
            raise InvalidError(
                f"{name!r} has a backslash; separate the names of a path with `/`.", code="path"
            )


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _leaves(path: str) -> InvalidError:
    return InvalidError(f"{path[:200]!r} leaves the workspace; give a path inside it.", code="path")


class Place:
    """Where a path leads: a directory held open, and a name in it; without a name, that directory itself."""

    def __init__(self, fd: int, directories: tuple[str, ...], name: str) -> None:
        self.fd, self.directories, self.name = fd, directories, name

    @property
    def path(self) -> str:
        """The path without links; a directory's is without its slash."""
        return "/".join((*self.directories, self.name) if self.name else self.directories)

    def stat(self) -> os.stat_result:
        """What is there, links not followed. Raises `FileNotFoundError`."""
        if not self.name:
            return os.fstat(self.fd)
        return os.stat(self.name, dir_fd=self.fd, follow_symlinks=False)

    def open(self, flags: int, mode: int = 0o666) -> int:
        """A descriptor of what is there; never through a link, and never waiting for the other end of a pipe."""
        safe = flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        return os.open(self.name or ".", safe, mode, dir_fd=self.fd)


@dataclass(frozen=True)
class Root:
    """A workspace's directory, as it is found anew each time: by walking `names` from `base`, which nobody can swap."""

    base: Path
    names: tuple[str, ...] = ()
    follow: bool = False

    def open(self) -> tuple[int, Path]:
        """The directory, open, and its path without links."""
        base = self.base.resolve()
        walk = _Walk(
            os.open(base, OPEN_DIRECTORY), base, self.names, follow=self.follow, last=self.follow
        )
        try:
            place = walk.go()
            return place.open(os.O_RDONLY | os.O_DIRECTORY), base.joinpath(place.path)
        finally:
            walk.close()


@contextmanager
def opened(
    root: Root,
    names: Sequence[str],
    *,
    follow: bool = False,
    last: bool = False,
    make: bool = False,
    strict: bool = False,
) -> Iterator[Place]:
    """The place of a path, for as long as the block runs.

    `follow`: links on the way are followed, in the workspace; else one is a conflict. `last`: one at the end is
    followed too; else it is meant itself. `make`: directories on the way are made. `strict`: a file on the way is a
    conflict, as it is with `make`; else nothing is there.
    Raises `InvalidError`, `NotFoundError`, `ConflictError`, `ForbiddenError`.
    """
    with told("/".join(names), missing=not (make or strict)):
        walk = _Walk(*root.open(), names, follow=follow, last=last, make=make)
    try:
        with told("/".join(names), missing=not (make or strict)):
            place = walk.go()
        yield place
    finally:
        walk.close()


def missing(root: Root, names: Sequence[str]) -> int:
    """How many of the names, counted from the last, are not there. Raises as `opened` does."""
    with told("/".join(names)):
        walk = _Walk(*root.open(), names, follow=False, last=False)
        try:
            walk.go().stat()
        except FileNotFoundError:
            return len(walk.rest) + 1
        finally:
            walk.close()
    return 0


def resolve(base: Path, relative: str) -> Path:
    """The path of `relative` (with `/`) below `base`, links followed, whether or not it is there.

    For those who can use nothing but a path: where it leads may change before they do.
    Raises `InvalidError` if it leaves the workspace.
    """
    names = parts(relative)
    base = base.resolve()
    walk = _Walk(os.open(base, OPEN_DIRECTORY), base, names, follow=True, last=True)
    try:
        return base.joinpath(walk.go().path)
    except (FileNotFoundError, NotADirectoryError):
        return base.joinpath(*walk.directories, *parts("/".join((walk.name, *reversed(walk.rest)))))
    finally:
        walk.close()


class _Walk:
    """One walk from a directory: those open so far, and the names still to go (the next one last)."""

    def __init__(
        self,
        fd: int,
        root: Path,
        names: Sequence[str],
        *,
        follow: bool,
        last: bool,
        make: bool = False,
    ) -> None:
        self.rest = list(reversed(names))
        self.directories: list[str] = []
        self.name = ""
        self._root, self._follow, self._last, self._make = root, follow, last, make
        self._links = 0
        self._fds = [fd]

    def go(self) -> Place:
        while self.rest:
            self.name = self.rest.pop()
            if self.name == "..":
                self._up()
            elif (target := self._link()) is not None:
                self._take(target)
            elif self.rest:
                self._down()
            else:
                return Place(self._fds[-1], tuple(self.directories), self.name)
            self.name = ""
        return Place(self._fds[-1], tuple(self.directories), "")

    def _link(self) -> str | None:
        """Where the link of this name leads; None for what is no link, or is meant itself."""
        if not self.rest and not self._last:
            return None
        try:
            target = os.readlink(self.name, dir_fd=self._fds[-1])
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return None
            raise
        if not self._follow:
            raise ConflictError(
                f"{self.name!r} is a link: nothing is written through links. Name where it leads.",
                code="link",
            )
        return target

    def _take(self, target: str) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        found = PurePosixPath(target)
        if found.is_absolute():
            if not found.is_relative_to(self._root):
                raise self._outside()
            found = found.relative_to(self._root)
            while self.directories:
                self._up()
        self.rest += reversed(found.parts)

    def _up(self) -> None:
        # To a directory that we hold, not to whatever `..` is by now.
        if not self.directories:
            raise self._outside()
        self.directories.pop()
        os.close(self._fds.pop())

    def _down(self) -> None:
        if len(self._fds) > MAX_DEPTH:
            raise InvalidError(
                f"The path is too long: at most {MAX_DEPTH} directories.", code="path"
            )
        if self._make:
            with suppress(FileExistsError):
                os.mkdir(self.name, dir_fd=self._fds[-1])
        self._fds.append(os.open(self.name, OPEN_DIRECTORY, dir_fd=self._fds[-1]))
        self.directories.append(self.name)

    def _outside(self) -> InvalidError:
        return InvalidError(
            f"{self.name!r} is a link that leaves the workspace; give a path inside it.",
            code="path",
        )

    def close(self) -> None:
        for fd in self._fds:
            os.close(fd)


@contextmanager
def told(path: str, *, missing: bool = False) -> Iterator[None]:
    """What the file system refuses, in words. `missing`: what would lie below a file is not there."""
    try:
        yield
    except OSError as error:
        if (kind := _ERRORS.get(error.errno or 0)) is None:
            raise
        make, code, words = _NOT_THERE if missing and error.errno == errno.ENOTDIR else kind
        raise make(f"{path[:200] or '/'!r} {words}.", code=code) from None


_NOT_THERE = (NotFoundError, None, "is not in the workspace; file-search lists what is")
_CHANGED = (ConflictError, "link", "is a link, or became one; name where it leads")
_LONG = (InvalidError, "path", "is too long for this file system; give shorter names")
_DENIED = (ForbiddenError, None, "is closed to the server by its permissions")
_FULL = (
    UnavailableError,
    "disk_full",
    "could not be written: the disk is full; make room and try again",
)
_ERRORS = {
    errno.ENOENT: _NOT_THERE,
    errno.ESTALE: _NOT_THERE,
    errno.ENOTDIR: (ConflictError, "not_a_directory", "has a file where a directory must be"),
    errno.EISDIR: (ConflictError, "is_directory", "is a directory"),
    errno.EEXIST: (ConflictError, "exists", "is there already, and is something else"),
    errno.ENOTEMPTY: (ConflictError, "not_empty", "is not empty; use recursive=true"),
    errno.EBUSY: (ConflictError, "busy", "is in use by the system"),
    errno.EXDEV: (ConflictError, "busy", "is on another disk than its workspace"),
    errno.ENXIO: (ConflictError, "not_a_file", "is not a file that can be read"),
    errno.ELOOP: _CHANGED,
    errno.ENAMETOOLONG: _LONG,
    errno.EINVAL: (InvalidError, "path", "is not a name that this file system takes"),
    errno.EILSEQ: (InvalidError, "path", "is not a name that this file system takes"),
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: _DENIED,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
}
