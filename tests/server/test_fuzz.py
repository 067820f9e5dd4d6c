"""Fuzz: whatever comes, the answer is no 5xx, the socket stays, the server lives."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Visitor, hear

fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

text = st.text(max_size=20)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
NAMES = ["title", "id", "tags", "agent", "workspace", "delay", "timeout", "detail", "runnable"]
NAMES += ["cancel", "request_id", "parent_conversation_id"]
TYPES = ["Ticker", "Wait", "Python", "Notebook", "TextPrompt", "Note", "Message", "Odd", "known"]
FIELDS = ["type", "message", "interval", "iterations", "timeout", "path", "parameters", "text"]
FIELDS += ["data", "content", "role", "code", "kernel_name"]
inner = st.dictionaries(st.sampled_from(FIELDS), anything, max_size=4)
typed = st.builds(lambda kind, more: {**more, "type": kind}, st.sampled_from(TYPES), inner)
likely = st.dictionaries(st.sampled_from(NAMES), anything | typed, max_size=4)
bodies = likely | anything
raw = bodies.map(json.dumps) | st.text(max_size=60)


def harmless(body: Any) -> bool:
    """No code is run that hypothesis thought of."""
    runnable = body.get("runnable") if isinstance(body, dict) else None
    return not (isinstance(runnable, dict) and runnable.get("type") == "Python")


@pytest.mark.parametrize("below", ["", "/task", "/event"])
def test_bodies(me: Visitor, below: str) -> None:
    path = f"/conversation/{me.begin()}{below}" if below else "/conversation"

    @fuzz
    @given(bodies.filter(harmless))
    def post(body: Any) -> None:
        answer = me.ask("POST", path, content=json.dumps(body).encode())
        assert answer.status_code < 500, (body, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["code"]

    post()
    assert me.ask("GET", "/conversation-count").status_code == 200


def test_queries(me: Visitor) -> None:
    names = ["limit", "page_id", "seq__gt", "type__eq", "text__contains", "created_at__lt", "x"]

    @fuzz
    @given(st.dictionaries(st.sampled_from(names), text | st.integers().map(str), max_size=3))
    def get(query: dict[str, str]) -> None:
        answer = me.ask("GET", path, params=query)
        assert answer.status_code in (200, 400, 422), (query, answer.text)

    path = f"/conversation/{me.begin()}/event"
    get()


def test_frames(me: Visitor) -> None:
    id = me.begin()
    with me.socket(f"/conversation/{id}?after_seq=2") as socket:

        @fuzz
        @given(raw | st.binary(max_size=40))
        def send(frame: str | bytes) -> None:
            if isinstance(frame, str) and '"Python"' in frame:
                return
            socket.send(
                frame if isinstance(frame, bytes) else frame.encode("utf-8", "replace").decode()
            )
            socket.send('{"request_id": "marker"}')
            while (detail := hear(socket)["detail"]).get("request_id") != "marker":
                assert detail.get("code") != "internal", (frame, detail)

        send()
