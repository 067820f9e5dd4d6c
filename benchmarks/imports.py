"""What a kernel pays for us, beyond IPython and ipywidgets; each time in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from .bench import Bench
from .measure import Line, under
from .servers import environment

__all__ = ["measure"]

SCRIPT = """
from time import perf_counter
begun = perf_counter()
import IPython, ipywidgets
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
floor = perf_counter()
import jupyter_conv
imported = perf_counter()
shell.run_line_magic("load_ext", "jupyter_conv")
assert shell.find_cell_magic("task")
print([floor - begun, imported - floor, perf_counter() - floor])
"""


def measure(bench: Bench) -> Iterator[Line]:
    """Two lines; the floor is what IPython and ipywidgets take before."""
    home = bench.folder("imports")
    times = [_once(environment(home)) for _ in range(bench.size(11, 1))]
    floor, imported, loaded = map(median, zip(*times, strict=True))
    yield Line("import jupyter_conv", "s", imported, floor, under(0.1, "s"))
    yield Line("%load_ext jupyter_conv", "s", loaded, floor, under(0.3, "s"))


def _once(env: dict[str, str]) -> list[float]:
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    times: list[float] = json.loads(done.stdout.strip().splitlines()[-1])
    return times
