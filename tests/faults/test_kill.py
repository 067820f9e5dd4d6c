"""A server that is killed under load, again and again: nothing acknowledged or seen is lost, nothing is twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from ..serving import TOKEN, RunningServer

pytestmark = pytest.mark.asyncio
HEADERS = {"Authorization": f"token {TOKEN}"}
WRITERS, READERS, ROUNDS, ENOUGH = 6, 3, 3, 300
MARK = "jupyter-conv-flood"
FLOOD = f"exec -a {MARK} bash -c 'while :; do echo flood; done'"


class Load:
    """Writers, readers and a flood in one conversation, until the server is gone."""

    def __init__(self, server: RunningServer, id: str, begun: int, mark: str) -> None:
        self.server, self.id, self.begun, self.mark = server, id, begun, mark
        self.acknowledged: dict[int, Any] = {}
        self.seen: list[dict[int, Any]] = [{} for _ in range(READERS)]
        self.enough = asyncio.Event()

    async def write(self, writer: int) -> None:
        path = f"conversation/{self.id}/event"
        async with httpx.AsyncClient(base_url=self.server.url, headers=HEADERS) as http:
            with contextlib.suppress(httpx.TransportError):
                for n in range(1_000_000):
                    body = {"detail": {"type": "Note", "data": [self.begun, writer, n]}}
                    answer = await http.post(path, json=body)
                    assert answer.status_code == 201, answer.text
                    event = answer.json()
                    self.acknowledged[event["seq"]] = event
                    if len(self.acknowledged) >= ENOUGH:
                        self.enough.set()

    async def read(self, reader: int) -> None:
        url = f"ws{self.server.url.removeprefix('http')}conversation/{self.id}"
        with contextlib.suppress(ConnectionClosed):
            async with connect(
                f"{url}?after_seq={self.begun}", additional_headers=HEADERS, proxy=None
            ) as socket:
                async for frame in socket:
                    event = json.loads(frame)
                    assert event["seq"] not in self.seen[reader]
                    self.seen[reader][event["seq"]] = event

    async def until_killed(self) -> None:
        """Kill the server when enough was acknowledged."""
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for writer in range(WRITERS):
                group.create_task(self.write(writer))
            for reader in range(READERS):
                group.create_task(self.read(reader))
            await self.enough.wait()
            assert alive(self.mark)
            await asyncio.to_thread(self.server.kill)


async def everything(server: RunningServer, id: str) -> dict[int, Any]:
    """The whole log, page by page."""
    found: dict[int, Any] = {}
    query: dict[str, Any] = {}
    async with httpx.AsyncClient(base_url=server.url, headers=HEADERS, timeout=30) as http:
        while True:
            page = (await http.get(f"conversation/{id}/event", params=query)).json()
            for event in page["results"]:
                assert event["seq"] not in found
                found[event["seq"]] = event
            if page["next_page_id"] is None:
                return found
            query = {"page_id": page["next_page_id"]}


def alive(mark: str) -> list[int]:
    """The processes that carry the mark in their command line."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", "rb") as file:
            if file.read().startswith(mark.encode() + b"\0"):
                found.append(int(name))
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at /proc")
async def test_nothing_acknowledged_or_seen_is_lost(own_server: RunningServer) -> None:
    http = httpx.AsyncClient(base_url=own_server.url, headers=HEADERS, timeout=30)
    id = (await http.post("conversation", json={})).json()["id"]
    mark = f"{MARK}-{own_server.port}"
    kept: dict[int, Any] = {}
    for _ in range(ROUNDS):
        shell = {"runnable": {"type": "Shell", "command": FLOOD.replace(MARK, mark)}}
        task = (await http.post(f"conversation/{id}/task", json=shell)).json()
        load = Load(own_server, id, max(kept, default=0), mark)
        await load.until_killed()
        await asyncio.to_thread(own_server.start)

        assert alive(mark) == []
        found = (await http.get(f"conversation/{id}/task/{task['id']}")).json()
        assert (found["status"], found["code"]) == ("ERROR", "interrupted")

        log = await everything(own_server, id)
        assert sorted(log) == list(range(1, len(log) + 1))
        assert len({event["id"] for event in log.values()}) == len(log)
        for told in (kept, load.acknowledged, *load.seen):
            assert {seq: log[seq] for seq in told} == told
        ends = [
            event
            for event in log.values()
            if event["task_id"] == task["id"] and event["detail"].get("status") == "ERROR"
        ]
        assert len(ends) == 1
        assert any(
            event["detail"]["type"] == "Output" for seen in load.seen for event in seen.values()
        )
        kept = log
    await http.aclose()
