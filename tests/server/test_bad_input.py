"""Bad input over REST: one clear error each, and good input at its edges."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from .conftest import Visitor, check_error

QUERIES: list[tuple[str, str, int]] = [
    ("/conversation", "limit=0", 422),
    ("/conversation", "limit=1", 200),
    ("/conversation", "limit=100", 200),
    ("/conversation", "limit=101", 422),
    ("/conversation", "limit=abc", 422),
    ("/conversation", "limit=", 422),
    ("/conversation", "limit=1&limit=2", 422),
    ("/conversation", "page_id=nonsense", 400),
    ("/conversation", "page_id=", 400),
    ("/conversation", "unknown=1", 422),
    ("/conversation", "1700000000000", 200),
    ("/conversation", "title__contains=%FF", 422),
    ("/conversation", "title__contains=%00", 200),
    ("/conversation", "sort_order=BY_HEART", 422),
    ("/conversation", "status__eq=READY", 200),
    ("/conversation", "status__eq=ready", 422),
    ("/conversation", "created_at__gte=2026-01-01T00:00:00", 422),
    ("/conversation", "created_at__gte=2026-01-01T00:00:00Z", 200),
    ("/conversation", "created_at__gte=0001-01-01T00:00:00%2B10:00", 422),
    ("/conversation", "created_at__lt=9999-12-31T23:59:59-10:00", 422),
    ("/conversation", "created_at__lt=9999-12-31T23:59:59Z", 200),
    ("/conversation-count", "limit=1", 422),
    ("/conversation-count", "include_sub_conversations=maybe", 422),
    ("/conversation/{id}/event", "limit=101", 422),
    ("/conversation/{id}/event", "seq__gt=-1", 422),
    ("/conversation/{id}/event", f"seq__gt={10**30}", 200),
    ("/conversation/{id}/event", f"seq__lt={10**30}", 200),
    ("/conversation/{id}/event", "seq__gt=1.5", 422),
    ("/conversation/{id}/event", "task_id__eq=x", 422),
    ("/conversation/{id}/event", f"task_id__eq={uuid4()}", 200),
    ("/conversation/{id}/event", "source__eq=nobody", 422),
    ("/conversation/{id}/event", "type__eq=Nothing", 200),
    ("/conversation/{id}/event", "page_id=WyJTRVFfREVTQyIsMV0", 400),
    ("/conversation/{id}/event-count", "sort_order=SEQ", 422),
    ("/conversation/{id}/task", "status__eq=DONE", 422),
    ("/conversation/{id}/task", "page_id=x", 400),
    ("/conversation/{id}/task-count", "type__eq=Wait", 200),
    ("/conversation/{id}", "verbose=1", 200),
]


@pytest.mark.parametrize(("path", "query", "status"), QUERIES)
def test_queries(me: Visitor, path: str, query: str, status: int) -> None:
    answer = me.ask("GET", f"{path.format(id=me.begin())}?{query}")
    if status == 200:
        assert answer.status_code == 200, answer.text
        return
    error = check_error(answer, status)
    if status == 422:
        assert error["detail"][0]["loc"][0] == query.split("=")[0]


NOTE = {"type": "Note", "data": 1}
TICKER = {"type": "Ticker", "iterations": 0}
BODIES: list[tuple[str, Any, int]] = [
    ("", {"title": "x", "more": 1}, 422),
    ("", {"title": ""}, 422),
    ("", {"title": "x" * 501}, 422),
    ("", {"title": 5}, 422),
    ("", {"id": "x"}, 422),
    ("", {"tags": {"a": 1}}, 422),
    ("", {"tags": {str(n): "" for n in range(101)}}, 422),
    ("", {"workspace": {"type": "managed", "path": "x"}}, 422),
    ("", {"workspace": {"type": "attached", "path": "../.."}}, 422),
    ("", {"workspace": {"type": "attached", "path": "/etc"}}, 422),
    ("", {"workspace": {"type": "attached", "path": "a\0b"}}, 422),
    ("", {"parent_conversation_id": str(uuid4())}, 404),
    ("", [], 422),
    ("/event", {"detail": NOTE, "source": "system"}, 422),
    ("/event", {"detail": {"type": "TaskStatusUpdate"}}, 422),
    ("/event", {"detail": {"type": "Nothing"}}, 422),
    ("/event", {"detail": {}}, 422),
    ("/event", {}, 422),
    ("/event", {"detail": {**NOTE, "more": 1}}, 422),
    ("/task", {"runnable": TICKER, "status": "COMPLETED"}, 422),
    ("/task", {"runnable": {"type": "Nothing"}}, 422),
    ("/task", {"runnable": {"type": "../x"}}, 422),
    ("/task", {"runnable": {"type": "TextPrompt", "text": "hello"}}, 422),
    ("/task", {"runnable": {**TICKER, "interval": -1}}, 422),
    ("/task", {"runnable": {**TICKER, "interval": 1e300}}, 422),
    ("/task", {"runnable": {"type": "Shell", "command": ""}}, 422),
    ("/task", {"runnable": {"type": "Python", "code": "1", "kernel_name": "../x"}}, 422),
    ("/task", {"runnable": {"type": "Notebook", "path": "x", "parameters": {"1 a": 1}}}, 422),
    ("/task", {"runnable": TICKER, "delay": -1}, 422),
    ("/task", {"runnable": TICKER, "timeout": 0}, 422),
    ("/task", {"runnable": "Ticker"}, 422),
    ("/task", {}, 422),
]


@pytest.mark.parametrize(("below", "body", "status"), BODIES, ids=lambda value: str(value)[:60])
def test_bodies(me: Visitor, below: str, body: Any, status: int) -> None:
    path = f"/conversation/{me.begin()}{below}" if below else "/conversation"
    error = check_error(me.ask("POST", path, json=body), status)
    assert error["message"]


RAW: list[tuple[bytes, int, str]] = [
    (b"", 400, "malformed"),
    (b"{", 400, "malformed"),
    (b"not json", 400, "malformed"),
    (b'{"title": "\xff"}', 400, "malformed"),
    (b'{"title": "\\ud800"}', 400, "malformed"),
    (b"[" * 100_000, 400, "malformed"),
    (b'{"title": "' + b"x" * (1 << 20) + b'"}', 413, "too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), RAW, ids=lambda value: str(value)[:30])
@pytest.mark.parametrize("below", ["", "/event", "/task"])
def test_what_is_not_json(me: Visitor, below: str, body: bytes, status: int, code: str) -> None:
    path = f"/conversation/{me.begin()}{below}" if below else "/conversation"
    assert check_error(me.ask("POST", path, content=body), status)["code"] == code


def test_what_json_can_say_and_python_cannot(me: Visitor) -> None:
    path = f"/conversation/{me.begin()}/event"
    for data in (b"NaN", b"1e999", b"1" * 5000, b"-" + b"9" * 400, b"[" * 150 + b"]" * 150):
        body = b'{"detail": {"type": "Note", "data": %s}}' % data
        answer = me.ask("POST", path, content=body)
        if answer.status_code != 201:
            check_error(answer, 400, 422)
    page = me.ask("GET", path)
    assert page.status_code == 200
    assert all(json.dumps(event) for event in page.json()["results"])


@pytest.mark.parametrize("path", ["/conversation/{id}", "/conversation/{id}/event/{id}"])
@pytest.mark.parametrize("id", ["x", "0" * 33, "g" * 32, "%00", quote("☃" * 32)], ids=ascii)
def test_ids_that_are_none(me: Visitor, path: str, id: str) -> None:
    whole = path.replace("{id}", me.begin(), path.count("{id}") - 1).replace("{id}", id)
    check_error(me.ask("GET", whole), 422)


@pytest.mark.parametrize("below", ["", "/event", "/task", "/event/{id}", "/task/{id}", "/nothing"])
def test_ids_of_nothing(me: Visitor, below: str) -> None:
    here = f"/conversation/{me.begin()}{below.format(id=uuid4())}"
    nowhere = f"/conversation/{uuid4()}{below.format(id=uuid4())}"
    check_error(me.ask("GET", nowhere), 404)
    if "{" in below or below == "/nothing":
        check_error(me.ask("GET", here), 404)


def test_methods_that_a_path_does_not_have(me: Visitor) -> None:
    for method, path in (
        ("PUT", "/conversation"),
        ("DELETE", "/conversation"),
        ("POST", "/firehose"),
    ):
        check_error(me.ask(method, path), 405, 404)
