"""Browsers: a cookie alone makes nothing, and no other site speaks through it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from ..serving import TOKEN, RunningServer
from .conftest import Visitor, check_error, hear


@pytest.fixture
def browser(server: RunningServer) -> Iterator[httpx.Client]:
    """Logged in by cookie, with no token."""
    with httpx.Client(base_url=server.url, timeout=20) as client:
        client.get("login")
        form = {"password": TOKEN, "_xsrf": client.cookies["_xsrf"]}
        assert client.post("login", data=form).status_code == 302
        yield client


def cookies(browser: httpx.Client) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}


def test_a_cookie_alone_writes_nothing(browser: httpx.Client, me: Visitor) -> None:
    before = me.ask("GET", "/conversation-count").json()
    check_error(browser.post("conversation", json={}), 403)
    check_error(browser.post("conversation", json={}, headers={"X-XSRFToken": "wrong"}), 403)
    id = me.begin()
    check_error(browser.patch(f"conversation/{id}", json={"title": "x"}), 403)
    check_error(browser.delete(f"conversation/{id}"), 403)
    assert me.ask("GET", "/conversation-count").json() == before + 1
    assert me.ask("GET", f"/conversation/{id}").json()["title"] is None


def test_with_the_header_it_does(browser: httpx.Client) -> None:
    header = {"X-XSRFToken": browser.cookies["_xsrf"]}
    assert browser.post("conversation", json={}, headers=header).status_code == 201


@pytest.mark.parametrize("path", ["conversation/", "conversation/{id}", "firehose/"])
def test_another_site_opens_no_socket_and_makes_nothing(
    browser: httpx.Client, server: RunningServer, me: Visitor, path: str
) -> None:
    url = "ws" + server.url.removeprefix("http") + path.format(id=me.begin())
    before = me.ask("GET", "/conversation-count").json()
    foreign = {**cookies(browser), "Origin": "https://elsewhere.example"}
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers=foreign, proxy=None)
    assert refused.value.response.status_code == 403
    assert me.ask("GET", "/conversation-count").json() == before


def test_ones_own_site_does(browser: httpx.Client, server: RunningServer) -> None:
    url = "ws" + server.url.removeprefix("http") + "conversation/"
    own = {**cookies(browser), "Origin": server.url.rstrip("/")}
    with connect(url, additional_headers=own, proxy=None) as socket:
        assert hear(socket)["detail"]["status"] == "READY"
