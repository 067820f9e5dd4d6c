"""One browser for all of these tests, and a JupyterLab of its own for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from ..serving import RunningServer
from .lab import lab_server, launch

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Chromium."""
    with sync_playwright() as playwright:
        context = launch(playwright, tmp_path_factory.mktemp("profile"))
        yield context
        context.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A tab."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[RunningServer]:
    """JupyterLab in a copy of the notebooks."""
    server = lab_server(tmp_path)
    server.root.mkdir()
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(notebook, server.root)
    server.start()
    yield server
    server.stop()
