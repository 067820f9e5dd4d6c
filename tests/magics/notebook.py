"""A notebook that a front end has open: a kernel of a real server, and what its cells put out."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from jupyter_client.blocking.client import BlockingKernelClient

from ..serving import TOKEN, RunningServer

DEADLINE = 60.0
_SHOWN = {"stream", "display_data", "update_display_data", "execute_result", "error"}
_COMM = {"comm_open", "comm_msg"}


@dataclass
class Ran:
    """One cell that ran. `displays`: display id → its bundle as last updated, in the order first shown."""

    status: str
    msg_id: str
    text: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)
    displays: dict[str, dict[str, Any]] = field(default_factory=dict)
    comms: list[dict[str, Any]] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, Any]:
        """The one display of the cell."""
        (bundle,) = self.displays.values()
        return bundle

    @property
    def error(self) -> str:
        """What a person reads of the error: its traceback."""
        return "\n".join("\n".join(error["traceback"]) for error in self.errors)


class OpenNotebook:
    """Runs cells as a person's front end does (`stdin=True`) or as a program does."""

    def __init__(self, server: RunningServer, path: str) -> None:
        self.server = server
        (server.root / path).parent.mkdir(parents=True, exist_ok=True)
        told = self._post(
            "api/sessions",
            {
                "path": path,
                "type": "notebook",
                "name": Path(path).name,
                "kernel": {"name": "python3"},
            },
        )
        self.session_id: str = told["id"]
        self.kernel_id: str = told["kernel"]["id"]
        self._connect()
        assert self.run("%load_ext jupyter_conv").status == "ok"

    def _post(self, path: str, body: Any) -> Any:
        request = Request(
            self.server.url + path,
            data=json.dumps(body).encode(),
            headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=DEADLINE) as answer:
            return json.load(answer)

    def _connect(self) -> None:
        file = self.server.home / "runtime" / f"kernel-{self.kernel_id}.json"
        self._client = BlockingKernelClient(connection_file=str(file))
        self._client.load_connection_file()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=DEADLINE)

    def restart(self) -> None:
        """Restart the kernel and load the extension again."""
        self._client.stop_channels()
        self._post(f"api/kernels/{self.kernel_id}/restart", None)
        self._connect()
        assert self.run("%load_ext jupyter_conv").status == "ok"

    def close(self) -> None:
        """End the session, and the kernel with it."""
        self._client.stop_channels()
        request = Request(
            f"{self.server.url}api/sessions/{self.session_id}",
            method="DELETE",
            headers={"Authorization": f"token {TOKEN}"},
        )
        urlopen(request, timeout=DEADLINE).close()

    def run(self, code: str, *, stdin: bool = True, interrupt_after: str | None = None) -> Ran:
        """Run a cell to its end. `interrupt_after`: interrupt the kernel, once, when this is shown."""
        ran = Ran("", "")
        waiting = [interrupt_after] if interrupt_after else []
        pid = self.pid if interrupt_after else 0

        def heard(message: dict[str, Any]) -> None:
            self._note(ran, message)
            if waiting and waiting[0] in json.dumps(message["content"]):
                waiting.pop()
                os.kill(pid, signal.SIGINT)

        answer = self._client.execute_interactive(
            code,
            allow_stdin=stdin,
            timeout=DEADLINE,
            output_hook=heard,
            stdin_hook=lambda _: None,
        )
        ran.status = answer["content"]["status"]
        ran.msg_id = answer["parent_header"]["msg_id"]
        return ran

    def value(self, expression: str) -> Any:
        """What an expression is in the kernel, as JSON."""
        return json.loads(self.run(f"import json; print(json.dumps({expression}))").text)

    @property
    def pid(self) -> int:
        """The kernel's process id."""
        if not hasattr(self, "_pid"):
            self._pid = int(self.value("__import__('os').getpid()"))
        return self._pid

    def send_comm(self, comm_id: str, content: Any) -> None:
        """What a view of a widget sends."""
        data = {"method": "custom", "content": content}
        message = self._client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        self._client.shell_channel.send(message)

    def listen(self, ran: Ran, until: Any) -> list[dict[str, Any]]:
        """Note what comes after a cell has ended, for its displays, until `until(ran)`. Out: the messages."""
        end = time.monotonic() + DEADLINE
        seen: list[dict[str, Any]] = []
        while not until(ran):
            message = self._client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            seen.append(message)
            self._note(ran, message)
        return seen

    def _note(self, ran: Ran, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            ran.text += content["text"]
        elif kind == "error":
            ran.errors.append(content)
        elif kind in _SHOWN:
            id = content.get("transient", {}).get("display_id") or message["header"]["msg_id"]
            if kind != "update_display_data" or id in ran.displays:
                ran.displays[id] = content["data"]
        elif kind in _COMM:
            ran.comms.append(content)
