"""A thousand events a second, and the browser still answers."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from ..serving import RunningServer
from .lab import DEADLINE, Notebook
from .test_widget import write

expect.set_options(timeout=DEADLINE * 1000)
EVENTS = 5000


def test_a_thousand_events_a_second_are_shown_whole(page: Page, lab: RunningServer) -> None:
    ticker = f"%%task ticker --interval 0.001 --iterations {EVENTS}\nA penguin dives."
    write(lab.root / "flood.ipynb", "%load_ext jupyter_conv", ticker, "6 * 7")
    notebook = Notebook.open(page, lab, "flood.ipynb")
    notebook.run(0)
    notebook.run(1)
    expect(notebook.view(1)).to_contain_text("A penguin dives.")
    # While they come, the page does what it is asked to.
    notebook.run(2)
    expect(notebook.cell(2)).to_contain_text("42")
    expect(notebook.view(1)).to_contain_text("Completed")
    button = notebook.view(1).get_by_role("button", name="Show all")
    if button.count():
        button.first.click()
    page.wait_for_function(
        "n => document.querySelector('.jpc-output').innerText.split('penguin dives').length > n",
        arg=1000,
    )
