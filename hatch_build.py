"""Builds the browser's half: the JupyterLab extension, and the module that widgets load.

Built assets that are newer than their sources are used as they are (an sdist brings them), so that Node is needed in a
checkout only. Without Node and without assets everything but the browser's half is installed; an sdist is refused.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("package.json", "yarn.lock", "src/**/*.*", "style/**/*.*")
LAB = "jupyter_conv/labextension"
WIDGET = "jupyter_conv/widgets/static"
DATA = "share/jupyter/labextensions/jupyter-conv"


class BrowserBuildHook(BuildHookInterface[Any]):
    """Makes the assets where it can, and adds to the wheel those that are there."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build if need be; then name the assets to the builder."""
        source, lab = Path(self.root, "labextension"), Path(self.root, LAB)
        made = (lab / "package.json", Path(self.root, WIDGET, "task_view.js"))
        there = all(path.is_file() for path in made)
        if not there or _newest(source) > min(path.stat().st_mtime for path in made):
            if shutil.which("node") and shutil.which("jlpm"):
                for command in (["jlpm", "install", "--immutable"], ["jlpm", "build"]):
                    subprocess.run(command, cwd=source, check=True)
                there = True
            elif not there and self.target_name == "sdist":
                raise RuntimeError(
                    "An sdist brings the built browser assets: install Node.js ≥ 20 to make them."
                )
            else:
                have = "as built before" if there else "left out"
                self.app.display_warning(
                    f"jupyter-conv: Node.js was not found; the JupyterLab view is {have}, all else is installed. "
                    "To have it, install Node.js ≥ 20 and install again."
                )
        if there and self.target_name == "wheel":
            build_data["shared_data"] = {
                LAB: DATA,
                "labextension/install.json": f"{DATA}/install.json",
            }


def _newest(root: Path) -> float:
    return max(path.stat().st_mtime for pattern in SOURCES for path in root.glob(pattern))
