"""How much of a workspace is used, and how much is left."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass

from ..errors import QuotaError
from .paths import MAX_DEPTH, OPEN_DIRECTORY, RESERVED, Root

__all__ = ["Ledger", "Limits"]

TRUSTED = 5.0
"""Seconds for which a measure is believed: tasks write without asking."""


@dataclass(frozen=True)
class Limits:
    """Of a managed workspace, and of one upload; 0 is no limit. Directories count as files do."""

    max_bytes: int = 0
    max_files: int = 0
    max_upload_bytes: int = 0


class Ledger:
    """What is used of one workspace: measured on disk, then kept up with what is taken. For any thread."""

    def __init__(self, root: Root, limits: Limits) -> None:
        self._root, self._limits = root, limits
        self._lock = threading.Lock()
        self._measured = float("-inf")
        self._bytes = self._files = 0
        self._held = 0

    @property
    def idle(self) -> bool:
        """Whether nobody holds any of it, and the measure is too old to be believed."""
        return self._held == 0 and time.monotonic() - self._measured > TRUSTED

    def begin(self) -> None:
        """Somebody is going to take; measure, where that is needed."""
        with self._lock:
            if self.idle and (self._limits.max_bytes or self._limits.max_files):
                self._bytes, self._files = _measure(self._root)
                self._measured = time.monotonic()
            self._held += 1

    def end(self) -> None:
        """They have taken what they wanted."""
        with self._lock:
            self._held -= 1

    def take(self, size: int, files: int = 0, *, mine: int = 0) -> None:
        """Take so much; negative gives back. Raises `QuotaError`, with what is left; then nothing is taken.

        `mine`: so many bytes were taken for the same purpose before, and are left again when it fails.
        """
        limits = self._limits
        with self._lock:
            bytes_left = limits.max_bytes - self._bytes
            files_left = limits.max_files - self._files
            if limits.max_bytes and size > max(0, bytes_left):
                raise QuotaError(
                    f"The workspace may hold {limits.max_bytes:,} bytes, and {max(0, bytes_left + mine):,} are left; "
                    "remove files, or send less."
                )
            if limits.max_files and files > max(0, files_left):
                raise QuotaError(
                    f"The workspace may hold {limits.max_files:,} files and directories, and {max(0, files_left):,} "
                    "are left; remove some, or send fewer."
                )
            self._bytes += size
            self._files += files


def _measure(root: Root) -> tuple[int, int]:
    size = files = 0
    fds = [root.open()[0]]
    try:
        stack = [_entries(fds[0], top=True)]
        while stack:
            if not stack[-1]:
                stack.pop()
                os.close(fds.pop())
                continue
            name, is_directory = stack[-1].pop()
            files += 1
            try:
                if is_directory and len(fds) <= MAX_DEPTH:
                    fds.append(os.open(name, OPEN_DIRECTORY, dir_fd=fds[-1]))
                    stack.append(_entries(fds[-1]))
                elif not is_directory:
                    size += os.stat(name, dir_fd=fds[-1], follow_symlinks=False).st_size
            except OSError:
                continue  # gone meanwhile
    finally:
        for fd in fds:
            os.close(fd)
    return size, files


def _entries(fd: int, *, top: bool = False) -> list[tuple[str, bool]]:
    with os.scandir(fd) as found:
        return [
            (entry.name, entry.is_dir(follow_symlinks=False))
            for entry in found
            if not (top and entry.name == RESERVED)
        ]
