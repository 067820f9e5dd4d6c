"""What is found, what is missing, what to do."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from .discovery import Discovery, discover, this_kernel

__all__ = ["Check", "examine", "healthy", "report"]

State = Literal["ok", "note", "missing"]
_DISTRIBUTION = "jupyter-conv"
_SHOWN = ("jupyter-server", "jupyterlab", "ipykernel", "ipywidgets", "anywidget")


@dataclass(frozen=True)
class Check:
    """One thing looked at. `missing`: it is needed; `note`: something works less well without it."""

    what: str
    state: State
    says: str
    remedy: str | None = None


async def examine(url: str | None = None, token: str | None = None) -> list[Check]:
    """Look at everything that the notebook, the server and the front end need."""
    found = await discover(this_kernel(), url=url, token=token)
    return [_versions(), _server(found, url), _extension(found), _panel(), _widget(), _kernels()]


def healthy(checks: Sequence[Check]) -> bool:
    """Whether nothing that is needed is missing."""
    return all(check.state != "missing" for check in checks)


def report(checks: Sequence[Check]) -> str:
    """For people: a line each, and below it what to do."""
    marks = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}
    lines = []
    for check in checks:
        lines.append(f"{marks[check.state]}  {check.what}: {check.says}")
        if check.remedy:
            lines.append(f"         → {check.remedy}")
    return "\n".join(lines)


def as_json(checks: Sequence[Check]) -> dict[str, Any]:
    """For programs."""
    return {"healthy": healthy(checks), "checks": [asdict(check) for check in checks]}


def _versions() -> Check:
    found = [f"Python {platform.python_version()}"]
    for name in (_DISTRIBUTION, *_SHOWN):
        version = _version(name)
        found.append(f"{name} {version}" if version else f"no {name}")
    return Check("versions", "ok", ", ".join(found))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _server(found: Discovery, url: str | None) -> Check:
    notes = " ".join(found.notes)
    if found.server is not None:
        return Check("server", "ok", f"{found.server.url}, found because {_how(found.server.how)}.")
    if url is not None:
        return Check(
            "server", "missing", notes, "Check the URL and the token (`jupyter server list`)."
        )
    return Check(
        "server",
        "note",
        f"none found. {notes}",
        "Tasks run in this process, and end with it. `jupyter lab` starts a server.",
    )


def _how(how: str) -> str:
    return {"named": "it was named", "JupyterHub": "JupyterHub's environment says so"}.get(how, how)


def _extension(found: Discovery) -> Check:
    """Whether the server has the extension; without one, whether a server that starts here would load it."""
    if found.server is not None:
        return Check("server extension", "ok", f"{found.server.url} has it.")
    from jupyter_core.paths import jupyter_config_path

    state: dict[str, bool] = {}
    for folder in reversed(jupyter_config_path()):
        for path in _config_files(Path(folder)):
            state |= _extensions_in(path)
    if state.get("jupyter_conv"):
        return Check("server extension", "ok", "enabled.")
    said = "switched off." if "jupyter_conv" in state else "not enabled in this environment."
    return Check(
        "server extension",
        "missing",
        said,
        "jupyter server extension enable jupyter_conv, where the server runs; then start it again.",
    )


def _config_files(folder: Path) -> list[Path]:
    single = [folder / "jupyter_server_config.json", folder / "jupyter_config.json"]
    return [*sorted((folder / "jupyter_server_config.d").glob("*.json")), *single]


def _extensions_in(path: Path) -> dict[str, bool]:
    try:
        told = json.loads(path.read_text("utf-8"))
        found = told.get("ServerApp", {}).get("jpserver_extensions", {})
        return {str(name): bool(on) for name, on in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _panel() -> Check:
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("labextensions"):
        package = Path(folder) / _DISTRIBUTION / "package.json"
        if package.is_file():
            return Check("JupyterLab extension", "ok", f"installed in {package.parent}.")
    return Check(
        "JupyterLab extension",
        "note",
        "not installed: it is built with the package, where Node is.",
        "Install Node 20 or newer, then jupyter-conv again. Without it outputs are a widget or text.",
    )


def _widget() -> Check:
    from importlib import resources

    script = resources.files("jupyter_conv") / "widgets" / "static" / "task_view.js"
    if not script.is_file():
        return Check(
            "widget",
            "note",
            "not built.",
            "As for the JupyterLab extension: Node, then install again.",
        )
    if _version("anywidget") is None:
        return Check("widget", "note", "anywidget is not installed.", "pip install anywidget")
    return Check("widget", "ok", "there, for VS Code, Colab and others.")


def _kernels() -> Check:
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        return Check(
            "kernels", "missing", "jupyter-client is not installed.", "pip install jupyter-client"
        )
    names = sorted(KernelSpecManager().find_kernel_specs())
    if names:
        return Check("kernels", "ok", ", ".join(names) + ".")
    return Check(
        "kernels",
        "missing",
        "none is installed.",
        "pip install ipykernel, or another kernel, where the server runs.",
    )
