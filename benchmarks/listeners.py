"""Participants that count: a process with many WebSockets. `python -m benchmarks.listeners PORT PATH NUMBER MARKER`

Says `ready`; then, for each number on a line of its input, waits until every socket has had so many frames with the
marker since, and says when (`time.monotonic`, which all processes of a machine share) the first and the last came.
"""

from __future__ import annotations

import select
import subprocess
import sys
import time

from .wire import Socket

__all__ = ["Listeners"]


class Listeners:
    """The process, from the side of who measures."""

    def __init__(self, port: int, path: str, number: int, marker: bytes) -> None:
        command = [sys.executable, "-m", __spec__.name, str(port), path, str(number)]
        self._process = subprocess.Popen(
            [*command, marker.decode()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self._hear()

    def expect(self, number: int) -> None:
        """Begin to count."""
        print(number, file=self._input, flush=True)

    def arrived(self) -> tuple[float, float]:
        """When the first frame came, and when every socket had all."""
        first, last = self._hear().split()
        return float(first), float(last)

    def _hear(self) -> str:
        line = self._output.readline()
        if not line:
            raise RuntimeError("the listeners ended")
        return line

    def close(self) -> None:
        """Hang up."""
        self._input.close()
        self._output.close()
        self._process.wait()


def main(port: int, path: str, number: int, marker: bytes) -> None:
    """Listen until the input ends."""
    sockets = {s.raw.fileno(): s for s in (Socket(port, path) for _ in range(number))}
    tails = dict.fromkeys(sockets, b"")
    counts = dict.fromkeys(sockets, 0)
    poll = select.epoll()
    for fd in sockets:
        poll.register(fd, select.EPOLLIN)
    print("ready", flush=True)
    for line in sys.stdin:
        target, waiting, first = int(line), set(sockets), 0.0
        while waiting:
            for fd, _ in poll.poll():
                data = tails[fd] + sockets[fd].raw.recv(1 << 18)
                counts[fd] += data.count(marker)
                tails[fd] = data[1 - len(marker) :]
                first = first or (time.monotonic() if counts[fd] else 0.0)
                if counts[fd] >= target:
                    waiting.discard(fd)
        print(first, time.monotonic(), flush=True)
        counts = {fd: count - target for fd, count in counts.items()}


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4].encode())
