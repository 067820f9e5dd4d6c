"""The floors: imports flow down only, and what a kernel loads is little."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "jupyter_conv"
WORDS = {"models", "errors", "interface", "routes"}
MAY = {
    "models": set(),
    "errors": {"models"},
    "interface": {"models"},
    "routes": {"models", "errors"},
    "schema": WORDS,
    "documents": WORDS,
    "store": WORDS,
    "workspace": WORDS,
    "bus": WORDS,
    "skills": {*WORDS, "workspace"},
    "runtimes": WORDS,
    "sandbox": {*WORDS, "workspace", "runtimes"},
    "service": {*WORDS, "store", "workspace", "bus", "skills", "runtimes", "sandbox"},
    "server": {*WORDS, "service", "documents"},
    "client": WORDS,
    "display": WORDS,
    "widgets": {*WORDS, "client", "display"},
    "magics": {*WORDS, "client", "display", "widgets"},
    "cli": {*WORDS, "client", "display"},
    "testing": {*WORDS, "workspace", "runtimes"},
}
"""Which rooms a room may name, besides itself."""

OUTSIDE = {
    "jupyter_server": {"server"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "tornado": {"server"},
    "anywidget": {"widgets"},
    "httpx": {"client"},
    "websockets": {"client"},
}
"""Which rooms may name a package of others."""

MEANT = {
    ("server/app.py", "jupyter_conv.runtimes"),  # the wiring: kernels are the server's own
    ("server/gate.py", "jupyter_conv.runtimes"),
    ("runtimes/handles.py", "tornado.web"),  # what the server's kernel manager raises
}


def imports() -> Iterator[tuple[str, str]]:
    """Every file of the package, and every module that it names."""
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE)
        home = ("jupyter_conv", *file.parts[:-1])
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((file.as_posix(), name.name) for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = home[: len(home) - node.level + 1] if node.level else ()
                module = ".".join((*base, *filter(None, [node.module])))
                names = node.names if module == "jupyter_conv" else ()
                yield from ((file.as_posix(), f"{module}.{name.name}") for name in names)
                yield file.as_posix(), module


def test_imports_flow_down() -> None:
    wrong = []
    for file, module in imports():
        room, (package, *below) = file.split("/")[0].removesuffix(".py"), module.split(".")
        if room == "__init__" or (file, module) in MEANT:
            continue
        if package == "jupyter_conv" and below and below[0] != "__version__":
            allowed = below[0] in MAY[room] | {room}
        else:
            allowed = room in OUTSIDE.get(package, {room}) or "migrations" in file
        if not allowed:
            wrong.append(f"{file} names {module}")
    assert wrong == []


def test_every_room_has_its_floor() -> None:
    rooms = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__"} == set(MAY)


@pytest.mark.parametrize("module", ["jupyter_conv", "jupyter_conv.client", "jupyter_conv.magics"])
def test_what_a_kernel_loads_brings_nothing_heavy(module: str) -> None:
    heavy = ("tornado.web", "jupyter_server", "sqlalchemy", "alembic", "anywidget", "httpx")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
