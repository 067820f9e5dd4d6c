"""The widget, for front ends that do not have our extension; here in JupyterLab, by hand."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

from ..serving import RunningServer
from .lab import DEADLINE, Notebook

expect.set_options(timeout=DEADLINE * 1000)
CELLS = (
    "%load_ext jupyter_conv",
    "%%task shell -o task --title Hour\necho begun; sleep 3600",
    "from jupyter_conv import TaskView\nTaskView(task)",
    "from jupyter_conv import ConversationView\n"
    "from jupyter_conv.client import connect_blocking\n"
    "api = connect_blocking()\n"
    "ConversationView(api.get_conversation(task.task.conversation_id), api)",
)
VIEW, CONVERSATION = 2, 3


def write(path: Path, *sources: str) -> None:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@pytest.fixture
def notebook(page: Page, lab: RunningServer) -> Notebook:
    write(lab.root / "widget.ipynb", *CELLS)
    notebook = Notebook.open(page, lab, "widget.ipynb")
    for index in range(len(CELLS)):
        notebook.run(index)
    return notebook


def test_a_task_and_its_conversation_are_shown_and_cancelled(notebook: Notebook) -> None:
    views = [
        notebook.cell(index).locator(".jp-OutputArea-output") for index in (VIEW, CONVERSATION)
    ]
    for view in views:
        expect(view).to_contain_text("begun")
        expect(view).to_contain_text("Hour")
        expect(view).to_contain_text("Running")
    views[1].get_by_role("button", name="Cancel").click()
    for view in views:
        expect(view).to_contain_text("Cancelled")
    expect(notebook.page.get_by_text("Loading widget")).to_have_count(0)
