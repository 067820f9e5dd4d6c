"""An output in a notebook that nobody here has run does nothing by itself."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Page, Request, expect

from ..serving import RunningServer
from .lab import DEADLINE, Notebook

expect.set_options(timeout=DEADLINE * 1000)
MIME = "application/vnd.jupyter-conv.task+json"


def write(path: Path, conversation_id: str, task_id: str) -> None:
    ids = {"version": 1, "conversation_id": conversation_id, "task_id": task_id, "title": "Theirs"}
    data = {MIME: ids, "text/plain": "Theirs — RUNNING\nwhat they saw"}
    cell = new_code_cell("%%task shell\necho", outputs=[new_output("display_data", data)])
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(new_notebook(cells=[cell], metadata={"kernelspec": kernel}), path)


def test_it_shows_its_transcript_and_asks_the_server_nothing(
    page: Page, lab: RunningServer
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/conversation" in request.url:
            asked.append(request.url)

    page.on("request", note)
    write(lab.root / "theirs.ipynb", str(uuid4()), str(uuid4()))
    notebook = Notebook.open(page, lab, "theirs.ipynb")
    expect(notebook.view(0)).to_contain_text("what they saw")
    assert asked == []
    notebook.view(0).get_by_role("button", name="Show the live task").click()
    # This server does not hold the task, and the transcript stays.
    expect(notebook.view(0)).to_contain_text("what they saw")
    expect(notebook.view(0)).not_to_contain_text("Show the live task")
    assert asked != []
