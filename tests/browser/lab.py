"""JupyterLab in Chromium, driven as a person would: a page, a notebook, its cells."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, Playwright

from ..serving import TOKEN, RunningServer

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DEADLINE = 60.0

_READY = """() => {
  const app = window.jupyterapp;
  const context = app && app.shell.currentWidget && app.shell.currentWidget.sessionContext;
  if (!context || !context.isReady || !context.session || !context.session.kernel) return false;
  const kernel = context.session.kernel;
  return kernel.connectionStatus === 'connected' && kernel.status === 'idle';
}"""


def launch(playwright: Playwright, profile: Path) -> BrowserContext:
    """A browser with a profile of its own."""
    return playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=CHROMIUM,
        args=list(FLAGS),
        viewport={"width": 1280, "height": 1000},
    )


def lab_server(home: Path, **more: Any) -> RunningServer:
    """A server of JupyterLab that asks nothing of the network and opens no news."""
    news = home / "settings" / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    options = ("--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None")
    return RunningServer(home, app="jupyterlab", options=options, **more)


def wait_until(page: Page, what: str, is_so: Callable[[], Any], deadline: float = DEADLINE) -> Any:
    """Ask again and again until it is so; the browser's own events run in between."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if found := is_so():
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {deadline} s: {what}")


class Notebook:
    """An open notebook."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def open(cls, page: Page, server: RunningServer, path: str) -> Notebook:
        """Open a notebook and wait until its kernel is ready."""
        page.goto(f"{server.url}lab/tree/{path}?token={TOKEN}&reset")
        return cls(page).ready()

    def ready(self) -> Notebook:
        """Wait until the kernel is connected and idle."""
        wait_until(self.page, "an idle kernel", lambda: self.page.evaluate(_READY))
        return self

    def cell(self, index: int) -> Locator:
        """A cell, counted from 0."""
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{index}"]')

    def run(self, index: int) -> None:
        """Run one cell."""
        self.select(index)
        self.command("notebook:run-cell")

    def select(self, index: int) -> None:
        """Make a cell the active one, and bring it into view."""
        self.page.evaluate(
            """async index => {
              const { content } = window.jupyterapp.shell.currentWidget;
              content.activeCellIndex = index;
              await content.scrollToItem(index, 'center');
            }""",
            index,
        )

    def command(self, id: str, args: dict[str, Any] | None = None) -> None:
        """Run one of JupyterLab's commands, without waiting for what it promises."""
        self.page.evaluate(
            "([id, args]) => { void window.jupyterapp.commands.execute(id, args); }",
            [id, args or {}],
        )

    def restart_kernel(self) -> None:
        """Restart the kernel, without being asked whether one means it."""
        self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
        )
        self.ready()

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def view(self, index: int) -> Locator:
        """The task view under a cell."""
        return self.cell(index).locator(".jpc-output")
