"""Who may: nobody unknown, nobody whom the authorizer refuses, nobody else's conversation. Counted from the routes."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import InvalidStatus

from jupyter_conv.models import event_id
from jupyter_conv.routes import ROUTES, SOCKETS, Route, Socket
from jupyter_conv.server import dispatch

from .conftest import Visitor, check_error, hear

BODIES: dict[str, Any] = {
    "EventRequest": {"detail": {"type": "Note", "data": 1}},
    "TaskRequest": {"runnable": {"type": "Ticker", "iterations": 0}},
}
OF_ONE = [route for route in ROUTES if "{conversation_id}" in route.path]
by_verb = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.verb)
by_path = pytest.mark.parametrize("socket", SOCKETS, ids=lambda socket: socket.path)


def url(of: Route | Socket, **ids: str) -> str:
    """The path with every place filled."""
    return re.sub(r"\{(\w+)\*?\}", lambda place: ids.get(place[1], str(uuid4())), of.path)


def request(route: Route, **ids: str) -> dict[str, Any]:
    """A request that the route takes, but for who sends it."""
    given: dict[str, Any] = {"method": route.method, "path": url(route, **ids)}
    if route.body is not None:
        given["json"] = BODIES.get(route.body.__name__, {})
    elif getattr(route, "takes", "") == "multipart/form-data":
        given["files"] = {"file": ("a.txt", b"x")}
    return given


def decorators(handler: type, method: str) -> list[str]:
    """The decorators that stand above a handler's method, wherever it is written."""
    for kind in handler.__mro__:
        if method in vars(kind):
            function = inspect.unwrap(vars(kind)[method])
            (found,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
            assert isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef))
            return [ast.unparse(decorator) for decorator in found.decorator_list]
    return []


def test_every_verb_of_every_handler_carries_its_guards() -> None:
    routes = {(route.path, route.method) for route in ROUTES}
    for path, handler in dispatch.HANDLERS.items():
        ours = [kind for kind in handler.__mro__ if kind.__module__.startswith("jupyter_conv")]
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            written = any(method.lower() in vars(kind) for kind in ours)
            if method != "HEAD":
                assert written == ((path, method) in routes), (path, method)
            if written:
                guards = decorators(handler, method.lower())
                assert guards == ["web.authenticated", "authorized"], (path, method)
    assert {route.path for route in ROUTES} == set(dispatch.HANDLERS)
    for route in ROUTES:
        assert dispatch.HANDLERS[route.path].auth_resource == route.auth_resource


def test_every_socket_carries_its_guards() -> None:
    assert {socket.path for socket in SOCKETS} == set(dispatch.SOCKETS)
    for socket in SOCKETS:
        handler = dispatch.SOCKETS[socket.path]
        assert decorators(handler, "get") == ["ws_authenticated"]
        assert handler.auth_resource == socket.auth_resource


@by_verb
@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_an_unknown_person_may_nothing(people: dict[str, Visitor], route: Route, who: str) -> None:
    assert check_error(people[who].ask(**request(route)), 403)["code"] == "forbidden"


@by_path
@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_an_unknown_person_opens_no_socket(
    people: dict[str, Visitor], socket: Socket, who: str
) -> None:
    assert refused(people[who], url(socket)) == 403


def refused(visitor: Visitor, path: str, **headers: str) -> int:
    """The status by which a socket is refused, with our body of errors."""
    with pytest.raises(InvalidStatus) as answer:
        visitor.socket(path, **headers)
    body = json.loads(answer.value.response.body or b"")
    assert set(body) == {"code", "message", "reason", "detail"}
    return answer.value.response.status_code


@by_verb
def test_the_authorizer_is_asked_and_heard(
    people: dict[str, Visitor], route: Route, asked: Path
) -> None:
    given = request(route)
    check_error(people["eve"].ask(**given), 403)
    heard = [json.loads(line) for line in asked.read_text().splitlines()]
    path = given["path"]
    assert [route.method, path, "eve", route.action, route.auth_resource] in heard


@by_path
def test_the_authorizer_is_asked_of_sockets_too(
    people: dict[str, Visitor], socket: Socket, asked: Path
) -> None:
    path = url(socket)
    assert refused(people["eve"], path) == 403
    heard = [json.loads(line) for line in asked.read_text().splitlines()]
    assert ["GET", path, "eve", "read", socket.auth_resource] in heard


@pytest.mark.parametrize("route", OF_ONE, ids=lambda route: route.verb)
def test_another_persons_conversation_is_not_there(
    people: dict[str, Visitor], route: Route
) -> None:
    mine = people["ada"].begin()
    ids = {"conversation_id": mine, "event_id": str(event_id(UUID(mine), 1)), "path": "a"}
    task = people["ada"].ask("POST", f"/conversation/{mine}/task", json=BODIES["TaskRequest"])
    ids["task_id"] = task.json()["id"]
    theirs = check_error(people["bob"].ask(**request(route, **ids)), 404)
    ids["conversation_id"] = str(uuid4())
    nobodys = check_error(people["bob"].ask(**request(route, **ids)), 404)
    assert theirs["message"].replace(mine, "") == nobodys["message"].replace(
        ids["conversation_id"], ""
    )


def test_another_persons_conversation_is_in_no_list_no_count_and_no_socket(
    people: dict[str, Visitor],
) -> None:
    mine = people["ada"].begin(title="only mine")
    for who, number in (("ada", 1), ("bob", 0), ("root", 1)):
        query = {"title__contains": "only mine"}
        assert people[who].ask("GET", "/conversation-count", params=query).json() == number
        page = people[who].ask("GET", "/conversation", params=query).json()
        assert [row["id"] for row in page["results"]] == [mine] * number
    query = {"owner__eq": "ada"}
    assert people["bob"].ask("GET", "/conversation-count", params=query).json() == 0
    assert refused(people["bob"], f"/conversation/{mine}") == 404
    check_error(
        people["bob"].ask("POST", "/conversation", json={"parent_conversation_id": mine}), 404
    )
    check_error(people["bob"].ask("POST", "/conversation", json={"id": mine}), 409)


def test_no_frame_reaches_another_persons_task(people: dict[str, Visitor]) -> None:
    mine, theirs = people["ada"].begin(), people["bob"].begin()
    task = {"runnable": {"type": "Ticker", "interval": 60}}
    id = people["ada"].ask("POST", f"/conversation/{mine}/task", json=task).json()["id"]
    with people["bob"].socket(f"/conversation/{theirs}") as socket:
        hear(socket)
        socket.send(json.dumps({"cancel": id, "request_id": "c"}))
        failure = hear(socket)["detail"]
    assert (failure["code"], failure["request_id"]) == ("not_found", "c")
    people["ada"].ask("DELETE", f"/conversation/{mine}")


def test_an_admin_sees_all_and_the_firehose(people: dict[str, Visitor]) -> None:
    mine = people["ada"].begin()
    assert people["root"].ask("GET", f"/conversation/{mine}").json()["owner"] == "ada"
    for who in ("ada", "ray"):
        assert refused(people[who], "/firehose/") == 403
    with people["root"].socket("/firehose/") as socket:
        note = {"detail": {"type": "Note", "data": "told"}}
        people["ada"].ask("POST", f"/conversation/{mine}/event", json=note)
        while (told := hear(socket))["conversation_id"] != mine:
            pass
        assert told["detail"]["data"] == "told"
        socket.send("{}")
        assert hear(socket)["detail"]["code"] == "forbidden"


def test_who_may_only_read_writes_nothing(people: dict[str, Visitor]) -> None:
    check_error(people["ray"].ask("POST", "/conversation", json={}), 403)
    assert refused(people["ray"], "/conversation/") == 403
    assert people["ray"].ask("GET", "/conversation-count").json() == 0
