"""Every route is served, answers a status that it names, and a body of the model that it names."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from jupyter_conv.models import event_id
from jupyter_conv.routes import ROUTES, Route

from .conftest import Visitor
from .test_guards import request


@pytest.fixture
def ids(me: Visitor) -> dict[str, str]:
    """A conversation with a task, an event and a file."""
    conversation = me.begin(title="a", tags={"b": "c"})
    runnable = {"runnable": {"type": "Wait", "timeout": 0}, "delay": 600}
    task = me.ask("POST", f"/conversation/{conversation}/task", json=runnable).json()
    assert me.ask("POST", f"/conversation/{conversation}/file/a.txt").status_code == 201
    return {
        "conversation_id": conversation,
        "task_id": task["id"],
        "event_id": str(event_id(UUID(conversation), 1)),
        "path": "a.txt",
        "parent_path": "",
    }


UNIFIED = [route for route in ROUTES if route.path.startswith("/conversation")]


@pytest.mark.parametrize("route", UNIFIED, ids=lambda route: route.verb)
def test_it_answers_as_it_says(me: Visitor, route: Route, ids: dict[str, str]) -> None:
    if route.verb == "create_directory":
        ids["path"] = "directory"
    answer = me.ask(**request(route, **ids))
    assert answer.status_code in route.status, answer.text
    if route.gives != "application/json" or answer.status_code == 204:
        return
    assert answer.headers["content-type"].split(";")[0] == "application/json"
    adapter: TypeAdapter[Any] = TypeAdapter(route.response)
    read = adapter.validate_json(answer.content)
    # What the server writes is what the model would write: nothing more, nothing less.
    assert adapter.dump_python(read, mode="json") == answer.json()


@pytest.mark.parametrize("route", UNIFIED, ids=lambda route: route.verb)
def test_what_is_not_there_is_an_error_it_names(
    me: Visitor, route: Route, ids: dict[str, str]
) -> None:
    if not (places := re.findall(r"\{(\w+)\}", route.path)):
        return
    nobody = "00000000-0000-4000-8000-000000000000"
    answer = me.ask(**request(route, **{**ids, places[-1]: nobody}))
    assert answer.status_code == 404
    assert 404 in {error.status for error in route.errors}
