"""A participant that does not read is cut off, alone, and comes back by number."""

from __future__ import annotations

import json
import socket as sockets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from ..serving import RunningServer
from .conftest import TIMEOUT, Visitor, hear

CHUNK = "x" * 100_000
NOTES = 150


def deaf(me: Visitor, path: str) -> ClientConnection:
    """A socket that holds little and reads nothing until it is asked to."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", me.server.port))
    url = "ws" + me.server.url.removeprefix("http") + path.removeprefix("/")
    return connect(url, sock=raw, additional_headers=me.headers, max_queue=1, close_timeout=1)


def test_who_does_not_read_is_cut_off_and_comes_back_without_a_gap(me: Visitor) -> None:
    id = me.begin()
    last = 2 + NOTES
    with deaf(me, f"/conversation/{id}?after_seq=0") as slow:
        seen = [hear(slow)["seq"]]
        with ThreadPoolExecutor(1) as thread, me.socket(f"/conversation/{id}?after_seq=0") as quick:
            heard = thread.submit(lambda: [hear(quick)["seq"] for _ in range(last)])
            waited = []
            for n in range(NOTES):
                begun = time.perf_counter()
                note = {"detail": {"type": "Note", "data": [n, CHUNK]}}
                assert me.ask("POST", f"/conversation/{id}/event", json=note).status_code == 201
                waited.append(time.perf_counter() - begun)
            assert heard.result(TIMEOUT) == list(range(1, last + 1))
        # The writer was never made to wait for the one who does not read.
        assert sorted(waited)[len(waited) // 2] < 0.25
        with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012
            while True:
                seen.append(json.loads(slow.recv(timeout=TIMEOUT))["seq"])
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) < last
    with me.socket(f"/conversation/{id}?after_seq={seen[-1]}") as again:
        seen += [hear(again)["seq"] for _ in range(last - len(seen))]
    assert seen == list(range(1, last + 1))


def test_no_gap_and_no_double_however_often_one_comes_back(
    me: Visitor, server: RunningServer
) -> None:
    id = me.begin()
    body = {"runnable": {"type": "Ticker", "interval": 0.002, "iterations": 300}}
    task = me.ask("POST", f"/conversation/{id}/task", json=body).json()
    seen: list[int] = []
    ended = False
    while not ended:
        after = seen[-1] if seen else 0
        with me.socket(f"/conversation/{id}?after_seq={after}") as socket:
            for _ in range(17):
                event = hear(socket)
                seen.append(event["seq"])
                if event["detail"].get("status") == "COMPLETED":
                    ended = True
                    break
    assert seen == list(range(1, len(seen) + 1))
    assert me.ask("GET", f"/conversation/{id}/event-count").json() == len(seen)
    assert me.ask("GET", f"/conversation/{id}/task/{task['id']}").json()["status"] == "COMPLETED"
