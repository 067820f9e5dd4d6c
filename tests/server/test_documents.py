"""The documents say what the server does."""

from __future__ import annotations

from typing import Any, cast
from urllib.request import Request, urlopen

from openapi_spec_validator import validate

from jupyter_conv.documents import asyncapi, openapi
from jupyter_conv.routes import ROUTES, SOCKETS

from ..serving import TOKEN, RunningServer


def test_openapi_is_valid_and_has_every_route(server: RunningServer) -> None:
    document = cast(dict[str, Any], server.get("conversation/openapi.json"))
    validate(document)
    told = {
        operation["operationId"]: (method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert told == {route.verb: (route.method, route.path.replace("*}", "}")) for route in ROUTES}
    assert document["servers"] == [{"url": "/"}]


def test_asyncapi_has_every_socket(server: RunningServer) -> None:
    document = cast(dict[str, Any], server.get("conversation/asyncapi.json"))
    assert document == asyncapi()
    addresses = [channel["address"] for channel in document["channels"].values()]
    assert addresses == [socket.path for socket in SOCKETS]


def test_the_page_runs_nothing(server: RunningServer) -> None:
    request = Request(server.url + "conversation/docs", headers={"Authorization": f"token {TOKEN}"})
    with urlopen(request, timeout=10) as answer:
        html = answer.read().decode()
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy
    assert "<script" not in html
    for route in ROUTES:
        assert route.path.replace("*}", "}") in html
    for name in openapi()["components"]["schemas"]:
        assert f"id={name}>" in html
