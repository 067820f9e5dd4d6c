"""Servers in processes of their own, with folders of their own: the one that is measured, and floors F1 and F4."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from .plugin import install
from .wire import HOST, TOKEN, Http

__all__ = ["Fanout", "Jupyter", "Process"]

DEADLINE = 60.0
CHECKOUT = Path(__file__).parents[1]


class Process:
    """A server as its system sees it."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self.began = time.monotonic()
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command, stdout=output, stderr=output, env=environment, cwd=CHECKOUT
            )
        self._log = log
        self._process: Any = psutil.Process(self._popen.pid)

    def wait_for(self, port: int, path: str) -> float:
        """Wait until it answers this GET; the seconds since it was started."""
        while time.monotonic() < self.began + DEADLINE:
            try:
                Http(port).ask("GET", path)
                return time.monotonic() - self.began
            except (OSError, RuntimeError):
                if self._popen.poll() is not None:
                    break
                time.sleep(0.01)
        self._popen.kill()
        raise RuntimeError(f"no answer: {self._log.read_text()[-2000:]}")

    @property
    def cpu(self) -> float:
        """Seconds of CPU used so far, in all its threads."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    @property
    def memory(self) -> float:
        """Resident memory in MB."""
        return float(self._process.memory_info().rss) / 1e6

    @contextmanager
    def peak(self) -> Iterator[list[float]]:
        """Samples of the memory while the block runs, and one from before."""
        done, found = threading.Event(), [self.memory]

        def watch() -> None:
            while not done.wait(0.01):
                found.append(self.memory)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield found
        finally:
            done.set()
            watcher.join()

    def stop(self) -> None:
        """The orderly way."""
        self._popen.send_signal(signal.SIGTERM)
        self._popen.wait(DEADLINE)


class Jupyter:
    """`jupyter server`, with our extension and the one of this package, or with neither (F4)."""

    def __init__(self, home: Path, *, data_dir: Path | None = None, bare: bool = False) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home, self.port = home, free_port()
        self.data_dir = data_dir or home / "conversations"
        first = "api/status" if bare else "conversation-count"
        self.process = Process(
            self._command(bare), environment(home, install(home)), home / "server.log"
        )
        self.start_time = self.process.wait_for(self.port, f"/{first}")
        self.http = Http(self.port)

    def _command(self, bare: bool) -> list[str]:
        (root := self.home / "root").mkdir(exist_ok=True)
        ours = "False" if bare else "True"
        return [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={root}",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.jpserver_extensions=jupyter_conv={ours}",
            f"--ServerApp.jpserver_extensions=benchmarks.extension={ours}",
            f"--ConversationApp.data_dir={self.data_dir}",
        ]

    def conversation(self) -> str:
        """The id of a new conversation."""
        return str(self.http.ask("POST", "/conversation", {})["id"])

    def stop(self) -> None:
        """End it."""
        self.http.close()
        self.process.stop()


class Fanout:
    """Floor F1."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "benchmarks.fanout", str(self.port)]
        self.process = Process(command, dict(os.environ), home / "fanout.log")
        self.process.wait_for(self.port, "/send")
        self.http = Http(self.port)

    def send(self, payload: bytes, number: int) -> None:
        """To all clients, so many times."""
        head = f"POST /send?number={number} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(payload)}"
        self.http.send(head.encode() + b"\r\n\r\n" + payload)
        self.http.receive()

    def stop(self) -> None:
        """End it."""
        self.http.close()
        self.process.stop()


def free_port() -> int:
    """A port that nobody has now; below those that a system gives to clients."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as tried:
            if tried.connect_ex((HOST, port)) != 0:
                return port


def environment(home: Path, *path: Path) -> dict[str, str]:
    """An environment in which nothing of the person who measures is read or written."""
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    own = {name: str(home / folder) for name, folder in folders.items()}
    found = os.pathsep.join(map(str, (CHECKOUT, *path)))
    return {**os.environ, **own, "JUPYTER_PLATFORM_DIRS": "1", "PYTHONPATH": found}
