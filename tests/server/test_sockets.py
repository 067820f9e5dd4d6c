"""Sockets: what they tell first, what they take, and what they make of bad frames."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from websockets.exceptions import InvalidStatus

from jupyter_conv.models import Event

from .conftest import Visitor, hear

TICKER = {"type": "Ticker", "message": "tick", "interval": 0, "iterations": 2}


def say(me: Visitor, id: str, *data: object) -> None:
    for one in data:
        body = {"detail": {"type": "Note", "data": one}}
        assert me.ask("POST", f"/conversation/{id}/event", json=body).status_code == 201


def numbers(events: list[dict[str, Any]]) -> list[int | None]:
    return [event["seq"] for event in events]


@pytest.mark.parametrize("path", ["/conversation", "/conversation/"])
def test_a_new_conversations_first_frame_is_ready(me: Visitor, path: str) -> None:
    with me.socket(path) as socket:
        first = hear(socket)
        assert (first["detail"]["type"], first["detail"]["status"]) == (
            "ConversationStatusUpdate",
            "READY",
        )
        assert first["detail"]["conversation_id"] == first["conversation_id"]
        found = me.ask("GET", f"/conversation/{first['conversation_id']}").json()
        assert found["status"] == "READY"


def test_the_first_example_of_the_seed(me: Visitor) -> None:
    """Begin by a socket, and run a ticker in what comes."""
    with me.socket("/conversation/") as socket:
        conversation_id = None
        ticks = 0
        while True:
            event = hear(socket)
            detail = event["detail"]
            if detail["type"] == "ConversationStatusUpdate" and detail["status"] == "READY":
                conversation_id = detail["conversation_id"]
                socket.send(json.dumps({"title": "Tickety Tock!", "runnable": TICKER}))
            ticks += detail["type"] == "TextReply"
            if detail["type"] == "TaskStatusUpdate" and detail["status"] == "COMPLETED":
                break
    assert ticks == 2
    assert event["conversation_id"] == conversation_id


def test_the_second_example_of_the_seed(me: Visitor) -> None:
    """Begin by REST, listen by a socket, ask by REST."""
    id = me.begin()
    with me.socket(f"/conversation/{id}") as socket:
        assert hear(socket)["detail"]["status"] == "READY"
        body = {"title": "Tickety Tock!", "runnable": TICKER}
        task = me.ask("POST", f"/conversation/{id}/task", json=body).json()
        told = []
        while told[-1:] != ["COMPLETED"]:
            detail = hear(socket)["detail"]
            told.append(detail.get("status", detail["type"]))
            assert detail.get("task_id", task["id"]) == task["id"]
    assert [word for word in told if word != "RUNNING"] == [
        "PENDING",
        "TextReply",
        "TextReply",
        "COMPLETED",
    ]


@pytest.mark.parametrize("shape", [str, lambda id: UUID(id).hex, str.upper])
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_newest_status_then_what_comes(me: Visitor, shape: Any, slash: str) -> None:
    id = me.begin()
    say(me, id, "before")
    with me.socket(f"/conversation/{shape(id)}{slash}") as socket:
        assert hear(socket)["detail"]["status"] == "READY"
        say(me, id, "after")
        assert hear(socket)["detail"]["data"] == "after"


@pytest.mark.parametrize(("after", "first"), [(0, [1, 2, 3, 4, 5]), (3, [4, 5]), (5, []), (7, [])])
def test_everything_after_a_number_then_what_comes(
    me: Visitor, after: int, first: list[int]
) -> None:
    id = me.begin()
    say(me, id, 3, 4, 5)
    with me.socket(f"/conversation/{id}?after_seq={after}") as socket:
        say(me, id, 6, 7, 8)
        rest = [n for n in (6, 7, 8) if n > after]
        assert numbers([hear(socket) for _ in [*first, *rest]]) == [*first, *rest]


@pytest.mark.parametrize(
    "query", ["after_seq=-1", "after_seq=x", "after_seq=", "after_seq=1&after_seq=2", "seq=1"]
)
def test_a_bad_query_is_refused_before_the_socket_opens(me: Visitor, query: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        me.socket(f"/conversation/{me.begin()}?{query}")
    assert refused.value.response.status_code == 422
    body = json.loads(refused.value.response.body or b"")
    assert body["detail"][0]["loc"] == [query.split("=")[0]]


@pytest.mark.parametrize("number", [10**12, 10**30])
def test_a_number_beyond_all_is_no_harm(me: Visitor, number: int) -> None:
    id = me.begin()
    with me.socket(f"/conversation/{id}?after_seq={number}") as socket:
        socket.send('{"request_id": "r"}')
        assert hear(socket)["detail"]["request_id"] == "r"


@pytest.mark.parametrize(
    "path",
    ["nonsense", "0" * 31 + "x", "٣" * 32, "+" + "0" * 31, "1_2" + "0" * 29, "-" * 4 + "0" * 32],
    ids=ascii,
)
def test_what_is_no_id(me: Visitor, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        me.socket(f"/conversation/{quote(path)}")
    assert refused.value.response.status_code == 422


BAD: list[tuple[str | bytes, str, str | None]] = [
    (b'{"runnable": {"type": "Ticker"}}', "malformed", None),
    (b"\xff\xfe", "malformed", None),
    ("", "malformed", None),
    ("{", "malformed", None),
    ("null", "invalid", None),
    ("[]", "invalid", None),
    ("{}", "invalid", None),
    ('"text"', "invalid", None),
    ("[" * 100_000, "malformed", None),
    ('{"a":' * 5000 + "1" + "}" * 5000, "malformed", None),
    ('{"request_id": "deep", "detail": ' + "[" * 400 + "]" * 400 + "}", "malformed", "deep"),
    (json.dumps({"detail": {"type": "Note", "data": "x" * (1 << 20)}}), "too_large", None),
    ('{"request_id": "k", "what": 1}', "invalid", "k"),
    ('{"request_id": "f", "runnable": {"type": "Wait"}, "more": 1}', "invalid", "f"),
    ('{"request_id": "n", "runnable": {"type": "Wait", "more": 1}}', "invalid", "n"),
    ('{"request_id": "t", "runnable": {"type": "Nope"}}', "unknown_runnable", "t"),
    ('{"request_id": "m", "runnable": {}}', "invalid", "m"),
    ('{"request_id": "2", "runnable": {"type": "Wait"}, "detail": {}}', "invalid", "2"),
    ('{"request_id": "s", "detail": {"type": "TaskStatusUpdate"}}', "invalid", "s"),
    ('{"request_id": "c", "cancel": "nothing"}', "invalid", "c"),
    ('{"request_id": "u", "cancel": "00000000-0000-4000-8000-000000000000"}', "not_found", "u"),
    ('{"request_id": 5, "detail": {"type": "Note", "data": 1}}', "invalid", None),
]


@pytest.mark.parametrize(("frame", "code", "request_id"), BAD, ids=lambda value: str(value)[:40])
def test_a_bad_frame_is_answered_and_the_socket_stays(
    me: Visitor, frame: str | bytes, code: str, request_id: str | None
) -> None:
    id = me.begin()
    with me.socket(f"/conversation/{id}?after_seq=2") as socket:
        socket.send(frame)
        answer = Event.model_validate(hear(socket))
        assert (answer.seq, str(answer.conversation_id), answer.source) == (None, id, "system")
        detail = answer.detail.model_dump()
        assert (detail["type"], detail["code"], detail["request_id"]) == (
            "Failure",
            code,
            request_id,
        )
        assert detail["message"]
        socket.send('{"detail": {"type": "Note", "data": "still here"}}')
        assert hear(socket)["detail"]["data"] == "still here"
    assert me.ask("GET", f"/conversation/{id}/event-count").json() == 3


def test_what_is_not_unicode_ends_that_socket_alone(me: Visitor) -> None:
    """RFC 6455, section 8.1: such a connection must be failed."""
    id = me.begin()
    with me.socket(f"/conversation/{id}?after_seq=2") as socket:
        socket.send(b"\xff\xfe", text=True)
        with pytest.raises(Exception, match="close"):
            hear(socket)
    with me.socket(f"/conversation/{id}?after_seq=2") as socket:
        say(me, id, "alive")
        assert hear(socket)["seq"] == 3
