"""A real `jupyter server` in a process of its own, for tests that must see one from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

TOKEN = "test-token"
DEADLINE = 60.0


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class RunningServer:
    """A server with folders of its own below `home`. `start()`, `kill()`, `stop()`; it may be started again."""

    home: Path
    options: Sequence[str] = ()
    app: str = "jupyter_server"
    base_url: str = "/"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> Path:
        """The server's root directory."""
        return self.home / "root"

    @property
    def data_dir(self) -> Path:
        """Where conversations are kept."""
        return self.home / "conversations"

    @property
    def url(self) -> str:
        """The base URL, with a slash at its end."""
        return f"http://127.0.0.1:{self.port}{self.base_url}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment for the server and for who looks for it."""
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
            "MPLCONFIGDIR": "matplotlib",
        }
        own = {name: str(self.home / folder) for name, folder in folders.items()}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_CONV")}
        return {**kept, **own, "JUPYTER_PLATFORM_DIRS": "1"}

    def start(self) -> RunningServer:
        """Start it and wait until it answers."""
        self.root.mkdir(parents=True, exist_ok=True)
        command = [
            *(sys.executable, "-m", self.app, "--no-browser", "--allow-root"),
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.root}",
            f"--ServerApp.base_url={self.base_url}",
            f"--IdentityProvider.token={TOKEN}",
            "--ServerApp.allow_unauthenticated_access=False",
            "--ServerApp.jpserver_extensions=jupyter_conv=True",
            f"--ConversationApp.data_dir={self.data_dir}",
            *self.options,
        ]
        log = (self.home / "server.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self.environment, cwd=self.root
            )
        self._wait()
        return self

    def _wait(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log[-2000:]}")
            try:
                self.get("conversation-count")
                return
            except OSError:
                # The one place that polls: there is nothing to await before the port is open.
                time.sleep(0.05)
        raise TimeoutError(f"the server does not answer: {self.log[-2000:]}")

    @property
    def log(self) -> str:
        """What it has said so far."""
        return (self.home / "server.log").read_text(errors="replace")

    def get(self, path: str) -> object:
        """A GET, as JSON."""
        request = Request(self.url + path, headers={"Authorization": f"token {TOKEN}"})
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """The orderly way."""
        self._end(signal.SIGTERM)

    def _end(self, with_signal: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(with_signal)
            self.process.wait(DEADLINE)
            self.process = None
