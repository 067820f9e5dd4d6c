"""The ends that a command writes to: a pseudo-terminal each, or a pipe where there are none."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator

try:
    import fcntl
    import pty
    import struct
    import termios
    import tty
except ImportError:  # not POSIX
    _PTY = False
else:
    _PTY = True

__all__ = ["SIZE", "TERMINAL_ENVIRONMENT", "open_terminal", "read_chunks"]

SIZE = (24, 100)
"""Lines and columns."""

TERMINAL_ENVIRONMENT = {
    "TERM": "xterm-256color",
    "LINES": str(SIZE[0]),
    "COLUMNS": str(SIZE[1]),
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "MANPAGER": "cat",
    "PYTHONUNBUFFERED": "1",
}
"""What programs are told of the terminal: that nobody is there to turn pages."""

_CHUNK = 65536


def open_terminal() -> tuple[int, int]:
    """A pair of file descriptors, ours to read (non-blocking) and the command's to write.

    The terminal is raw: it changes nothing in what goes through. Both are the caller's to close.
    """
    if not _PTY:
        ours, theirs = os.pipe()
    else:
        ours, theirs = pty.openpty()
        tty.setraw(theirs, termios.TCSANOW)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    os.set_blocking(ours, False)
    return ours, theirs


async def read_chunks(fd: int) -> AsyncIterator[bytes]:
    """What comes, in pieces of up to 64 KiB, until every writer has closed its end.

    Nothing is read while the caller is busy with a piece, so a writer that is too fast waits.
    """
    while True:
        data, ended = _read_ready(fd)
        if data:
            yield data
            await asyncio.sleep(0)  # a command that never pauses must not keep the loop to itself
        elif not ended:
            await _readable(fd)
        if ended:
            return


def _read_ready(fd: int) -> tuple[bytes, bool]:
    """All that is there now, up to 64 KiB, and whether that was the end."""
    parts: list[bytes] = []
    size = 0
    while size < _CHUNK:
        try:
            part = os.read(fd, _CHUNK - size)
        except BlockingIOError:
            return b"".join(parts), False
        except OSError as error:
            if error.errno != errno.EIO:  # how Linux says that a terminal has no writer left
                raise
            part = b""
        if not part:
            return b"".join(parts), True
        parts.append(part)
        size += len(part)
    return b"".join(parts), False


async def _readable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)
