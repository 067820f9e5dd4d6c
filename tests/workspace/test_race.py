"""A task swaps a directory for a link that leads out, while it is read, written and removed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from jupyter_conv.errors import ConversationError
from jupyter_conv.models import FileFilter, PageQuery
from jupyter_conv.workspace import (
    Ledger,
    Limits,
    Root,
    Staging,
    look,
    make_directory,
    open_content,
    remove,
    search,
    touch,
)

TURNS = 3000


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    found = tmp_path / "outside"
    (found / "deep").mkdir(parents=True)
    (found / "file").write_bytes(b"secret")
    (found / "deep" / "file").write_bytes(b"secret")
    return found


@pytest.fixture
def root(tmp_path: Path) -> Root:
    inside = tmp_path / "workspace"
    (inside / "d" / "deep").mkdir(parents=True)
    (inside / "d" / "file").write_bytes(b"inside")
    return Root(inside)


SWAP = """
import contextlib, os, sys
here, away, target = sys.argv[1:]
print("ready", flush=True)
while True:
    # What is tried meanwhile makes and moves things here too.
    with contextlib.suppress(OSError):
        os.rename(here, away)
    with contextlib.suppress(OSError):
        os.symlink(target, here)
    with contextlib.suppress(OSError):
        os.unlink(here)
    with contextlib.suppress(OSError):
        os.rename(away, here)
"""


@contextmanager
def swapping(root: Root, target: str) -> Iterator[None]:
    """`d` is now the directory, now a link, now nothing: in a process of its own, as tasks are."""
    line = [sys.executable, "-c", SWAP, str(root.base / "d"), str(root.base / ".away"), target]
    with subprocess.Popen(line, stdout=subprocess.PIPE) as swapper:
        assert swapper.stdout is not None
        assert swapper.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            swapper.kill()


def tried(call: Callable[[], object]) -> bool:
    """Whether it succeeded; what it may not do, it says in words."""
    try:
        call()
    except ConversationError:
        return False
    return True


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("absolute", [True, False])
def test_what_is_read_is_inside(root: Root, outside: Path, absolute: bool) -> None:
    def read() -> None:
        content = open_content(root, "d/file")
        try:
            assert content.read(0, 100) == b"inside"
        finally:
            content.close()

    with swapping(root, str(outside) if absolute else "../outside"):
        succeeded = sum(tried(read) for _ in range(TURNS))
        looked = sum(tried(lambda: look(root, "d/file")) for _ in range(TURNS))
    assert succeeded > 0
    assert looked > 0


def test_what_is_listed_is_inside(root: Root, outside: Path) -> None:
    (outside / "only-outside").touch()
    where = FileFilter(path_prefix="d/", path_delimiter="")
    with swapping(root, str(outside)):
        for _ in range(TURNS):
            with suppress(ConversationError):
                page = search(root, where, PageQuery())
                assert "d/only-outside" not in [info.path for info in page.results]


def test_nothing_is_written_or_removed_outside(root: Root, outside: Path) -> None:
    before = snapshot(outside)

    def upload() -> None:
        staging = Staging(root, "d", Ledger(root, Limits()), 0)
        try:
            staging.add("sent")
            staging.write(b"x")
            staging.commit()
        finally:
            staging.abort()

    with swapping(root, str(outside)):
        for turn in range(TURNS // 3):
            tried(lambda turn=turn: touch(root, f"d/touched-{turn}"))  # type: ignore[misc]
            tried(lambda turn=turn: make_directory(root, f"d/made-{turn}"))  # type: ignore[misc]
            tried(upload)
            tried(lambda: remove(root, "d/deep", recursive=True))
            tried(lambda: remove(root, "d/file", recursive=False))
    assert snapshot(outside) == before


def test_a_tree_that_is_removed_takes_nothing_else_along(root: Root, outside: Path) -> None:
    before = snapshot(outside)
    above = Root(root.base.parent)
    with swapping(root, str(outside)):
        for turn in range(TURNS // 3):
            # Around the directory that is swapped there is always one that is removed.
            tree = root.base / f"tree-{turn}"
            tree.mkdir()
            with suppress(OSError):
                os.rename(root.base / "d", tree / "d")
                os.symlink(outside, tree / "link")
                tried(lambda turn=turn: remove(above, f"workspace/tree-{turn}", recursive=True))  # type: ignore[misc]
                (root.base / "d").mkdir()
    assert snapshot(outside) == before
