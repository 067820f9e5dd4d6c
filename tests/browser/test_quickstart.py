"""The quickstart in JupyterLab, as its first user lives it."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from ..serving import RunningServer
from .lab import DEADLINE, Notebook, wait_until

LOAD, PENGUINS, FREE, SHELL, REPORT, TICKER = 1, 3, 5, 7, 9, 11
expect.set_options(timeout=DEADLINE * 1000)


def start(page: Page, lab: RunningServer, *cells: int) -> Notebook:
    notebook = Notebook.open(page, lab, "01_quickstart.ipynb")
    for index in (LOAD, *cells):
        notebook.run(index)
    return notebook


def see(notebook: Notebook, index: int, text: str) -> None:
    notebook.select(index)
    expect(notebook.view(index)).to_contain_text(text)


def test_output_and_plots_stream_while_the_kernel_is_free(page: Page, lab: RunningServer) -> None:
    notebook = start(page, lab, SHELL, PENGUINS, FREE, REPORT, TICKER)
    expect(notebook.cell(FREE)).to_contain_text("499999500000")
    see(notebook, SHELL, "Running")
    see(notebook, SHELL, "of 30")
    see(notebook, PENGUINS, "333 penguins on 3 islands")
    see(notebook, PENGUINS, "Completed")
    expect(notebook.view(PENGUINS).locator("img")).to_have_count(1)
    expect(notebook.view(PENGUINS).locator("table")).to_contain_text("Gentoo")
    see(notebook, REPORT, "Gentoo: 119 of 333 penguins")
    see(notebook, REPORT, "Completed")
    assert (lab.root / "gentoo_report.ipynb").is_file()
    see(notebook, TICKER, "Completed")
    see(notebook, SHELL, "all there")
    expect(page.get_by_text("Loading widget")).to_have_count(0)


def test_cancel_from_the_cell_while_the_kernel_is_busy(page: Page, lab: RunningServer) -> None:
    notebook = start(page, lab, SHELL)
    see(notebook, SHELL, "of 30")
    page.evaluate(
        """() => {
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          kernel.requestExecute({ code: 'import time; time.sleep(600)' });
        }"""
    )
    notebook.view(SHELL).get_by_role("button", name="Cancel").click()
    expect(notebook.view(SHELL)).to_contain_text("Cancelled")
    assert "all there" not in notebook.view(SHELL).inner_text()


def test_reload_and_kernel_restart_lose_and_double_nothing(page: Page, lab: RunningServer) -> None:
    notebook = start(page, lab, PENGUINS, SHELL)
    see(notebook, PENGUINS, "Completed")
    see(notebook, SHELL, "of 30")
    notebook.save()
    page.reload()
    notebook.ready()
    see(notebook, SHELL, "Running")
    notebook.restart_kernel()
    see(notebook, SHELL, "all there")
    see(notebook, SHELL, "Completed")
    assert notebook.view(SHELL).inner_text().count("all there") == 1
    see(notebook, PENGUINS, "333 penguins on 3 islands")
    expect(notebook.view(PENGUINS).locator("img")).to_have_count(1)


def test_a_server_killed_and_started_again(page: Page, lab: RunningServer) -> None:
    notebook = start(page, lab, PENGUINS, SHELL)
    see(notebook, PENGUINS, "Completed")
    see(notebook, SHELL, "of 30")
    notebook.save()
    lab.kill()
    lab.start()
    notebook = Notebook.open(page, lab, "01_quickstart.ipynb")
    see(notebook, PENGUINS, "333 penguins on 3 islands")
    expect(notebook.view(PENGUINS).locator("img")).to_have_count(1)
    see(notebook, SHELL, "The server stopped while the task ran")
    text = notebook.view(SHELL).inner_text()
    assert text.count("counting penguins") == 1
    assert "all there" not in text


def test_the_saved_notebook_can_be_read_without_us(page: Page, lab: RunningServer) -> None:
    notebook = start(page, lab, PENGUINS)
    see(notebook, PENGUINS, "Completed")

    def transcript() -> str:
        notebook.save()
        saved = json.loads((lab.root / "01_quickstart.ipynb").read_text())
        outputs = saved["cells"][PENGUINS]["outputs"]
        assert len(outputs) == 1
        return "".join(outputs[0]["data"]["text/plain"])

    text = wait_until(page, "the transcript", lambda: (t := transcript()) and "333" in t and t)
    assert "Penguins by species" in text.splitlines()[0]
    assert "COMPLETED" in text.splitlines()[0]
