"""`python -m benchmarks [NAME…] [--quick] [--keep FOLDER]`"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
from importlib import import_module
from pathlib import Path

from .bench import Bench
from .measure import Line, say, table

GROUPS = (
    *(
        "events",
        "delivery",
        "rest",
        "files",
        "starts",
        "replay",
        "cancel",
        "kernel",
        "startup",
        "imports",
    ),
)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: only to see it work")
    parser.add_argument("--keep", type=Path, help="a folder to work in, kept for the next run")
    given = parser.parse_args()
    if unknown := set(given.names) - set(GROUPS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    home = given.keep or Path(tempfile.mkdtemp(prefix="jupyter-conv-bench-"))
    bench = Bench(home.resolve(), given.quick)
    try:
        lines = measure(bench, [name for name in GROUPS if name in (given.names or GROUPS)])
    finally:
        bench.close()
        if given.keep is None:
            shutil.rmtree(home, ignore_errors=True)
    print(table(lines))
    print(f"\n{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}")


def measure(bench: Bench, names: list[str]) -> list[Line]:
    """The lines of these groups."""
    found: list[Line] = []
    for name in names:
        say(name)
        for line in import_module(f".{name}", __package__).measure(bench):
            say("  " + " | ".join(line.cells))
            found.append(line)
    return found


if __name__ == "__main__":
    main()
