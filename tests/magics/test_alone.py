"""The magics without a server: in a plain shell, and in a kernel that nobody watches."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from jupyter_conv.display import TASK_MIME


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.chdir(tmp_path)
    made = InteractiveShell()
    made.run_line_magic("load_ext", "jupyter_conv")
    yield made
    made.history_manager.end_session()


def run(shell: InteractiveShell, cell: str) -> tuple[bool, str, str]:
    """Whether the cell succeeded, and what it wrote."""
    with capture_output(display=False) as captured:
        result = shell.run_cell(cell)
    return bool(result.success), captured.stdout, captured.stderr


def test_a_plain_shell_prints_what_comes(shell: InteractiveShell) -> None:
    ok, out, err = run(shell, "%%task shell --title Both\necho out; echo err >&2")
    assert ok
    assert out.startswith("out\nBoth — COMPLETED · ")
    assert err == "err\n"
    ok, out, _ = run(shell, "%%task ticker --iterations 2 --interval 0\nhello")
    assert (ok, out.split("\n")[:2]) == (True, ["hello", "hello"])


def test_a_failed_task_fails_the_cell_in_one_sentence(shell: InteractiveShell) -> None:
    ok, out, err = run(shell, "%%task shell\nexit 4")
    assert not ok
    assert "TaskFailed: exit 4 — ERROR (exit_code)" in out + err
    assert "File" not in out + err
    ok, _, _ = run(shell, "%%task shell --no-check\nexit 4")
    assert ok


def test_it_says_where_it_works(shell: InteractiveShell, tmp_path: Path) -> None:
    _, out, _ = run(shell, "%%task shell\npwd")
    assert out.splitlines()[0] == str(tmp_path.resolve())
    _, out, _ = run(shell, "%conversation show")
    assert "this process" in out
    _, out, _ = run(shell, "%task shell --no-wait -o t 'echo a b'")
    assert "PENDING" in out or "RUNNING" in out or "COMPLETED" in out
    _, out, _ = run(shell, "t.wait(30); print(t.text)")
    assert out.endswith("a b\n")
    _, out, _ = run(shell, "%conversation attach last")
    assert out.endswith("a b\n")


def test_a_second_load_changes_nothing(shell: InteractiveShell) -> None:
    before = len(shell.input_transformers_cleanup)
    shell.run_line_magic("reload_ext", "jupyter_conv")
    assert len(shell.input_transformers_cleanup) == before


def notebook(*cells: str) -> nbformat.NotebookNode:
    made = [nbformat.v4.new_code_cell(cell) for cell in ("%load_ext jupyter_conv", *cells)]
    return nbformat.v4.new_notebook(cells=made)


def test_a_notebook_run_by_a_program_waits_and_is_readable(tmp_path: Path) -> None:
    node = notebook("%%task shell --title Work\necho one; sleep 0.3; echo two", "print('after')")
    NotebookClient(node, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = node.cells[1].outputs
    assert output.data["text/plain"].startswith("Work — COMPLETED")
    assert output.data["text/plain"].endswith("one\ntwo")
    assert "```text\none\ntwo\n```" in output.data["text/markdown"]
    assert TASK_MIME not in output.data, "no server holds it, so nobody could be asked"
    assert "widget" not in json.dumps(node.cells[1])
    nbformat.validate(node)


def test_a_notebook_run_by_a_program_fails_with_its_task(tmp_path: Path) -> None:
    node = notebook("%%task shell\nexit 5", "print('never')")
    client = NotebookClient(node, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    with pytest.raises(CellExecutionError, match="TaskFailed"):
        client.execute()
    assert node.cells[2].outputs == []


TIMES = """
import sys, time
import IPython, ipywidgets
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
began = time.perf_counter()
import jupyter_conv
imported = time.perf_counter()
shell.run_line_magic("load_ext", "jupyter_conv")
loaded = time.perf_counter()
heavy = "tornado.web jupyter_server sqlalchemy alembic httpx websockets anywidget nbclient".split()
print(imported - began, loaded - imported, [m for m in heavy if m in sys.modules])
import jupyter_conv.client
print([m for m in heavy if m in sys.modules])
shell.history_manager.end_session()
"""


def test_loading_costs_little(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TIMES], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    first, second = done.stdout.splitlines()
    importing, loading, heavy = first.split(" ", 2)
    assert float(importing) < 0.1
    assert float(loading) < 0.3
    assert (heavy, second) == ("[]", "[]")


def test_files_are_listed(shell: InteractiveShell, tmp_path: Path) -> None:
    assert "no such files" in run(shell, "%conversation files")[1]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_bytes(b"x" * 1500)
    _, out, _ = run(shell, "%conversation files")
    assert "data/" in out
    assert "x.csv" not in out
    _, out, _ = run(shell, "%conversation files data/ -r")
    assert "data/x.csv" in out
    assert "1.5 kB" in out
