"""schemathesis, with all its checks, the stateful ones too, finds nothing against a live server."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from ..serving import TOKEN, RunningServer


def test_the_server_keeps_to_its_document(own_server: RunningServer) -> None:
    program = shutil.which("st", path=str(Path(sys.executable).parent))
    assert program is not None
    done = subprocess.run(
        [
            *(program, "--config-file", str(Path(__file__).parent / "schemathesis.toml")),
            *("run", own_server.url + "conversation/openapi.json", "--url", own_server.url),
            *("-H", f"Authorization: token {TOKEN}", "--checks", "all"),
            # The one wants 401 of who sends no token, where Jupyter Server answers 403, and so do we; the other
            # wants what is deleted to be gone, and a finished conversation stays readable.
            *("--exclude-checks", "missing_required_header,use_after_free"),
            *("--max-examples", "15", "--seed", "1", "--no-color"),
        ],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        cwd=own_server.home,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    assert own_server.get("conversation-count")
