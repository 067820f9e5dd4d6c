"""Files: up and down against Tornado's own static handler in the same server; a list against `os.scandir`."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .bench import Bench
from .measure import Line, at_least, at_most, turns, under
from .servers import Jupyter
from .wire import HOST, TOKEN

__all__ = ["measure"]

PIECE = 1 << 20


def measure(bench: Bench) -> Iterator[Line]:
    """Bytes, then names."""
    server = bench.server
    workspace = server.data_dir / "workspaces"
    yield from _bytes(bench, server, workspace)
    yield from _names(bench, server, workspace)


def _bytes(bench: Bench, server: Jupyter, workspaces: Path) -> Iterator[Line]:
    id, size = server.conversation(), bench.size(1 << 30, 16 << 20)
    path = f"/conversation/{id}"
    _upload(server.port, f"{path}/upload/", size)
    static = server.home / "root" / "big"
    os.link(workspaces / id / "big", static)
    ways: list[Callable[[], float]] = [
        lambda: _download(server.port, f"{path}/file-content/big", size),
        lambda: _upload(server.port, f"{path}/upload/", size),
        lambda: _download(server.port, "/bench/static/big", size),
    ]
    ways.append(lambda: _written(server.home / "written", size))
    with server.process.peak() as memory:
        down, up, floor, written = turns(bench.size(5, 2), *ways)
    goal = at_least(0.7, "static")
    yield Line(f"download of {size >> 20:,} MiB", "MB/s", down, floor, goal)
    yield Line(f"upload of {size >> 20:,} MiB", "MB/s", up, floor, goal)
    yield Line("the same against a plain write", "MB/s", up, written, at_least(0.7, "write"))
    yield Line("memory meanwhile", "MB", max(memory) - memory[0], None, under(30, "MB"))
    static.unlink()
    (server.home / "written").unlink()
    server.http.ask("DELETE", f"{path}?purge=true")


def _names(bench: Bench, server: Jupyter, workspaces: Path) -> Iterator[Line]:
    id, number = server.conversation(), bench.size(100_000, 2_000)
    path = f"/conversation/{id}"
    server.http.ask("POST", f"{path}/dir/many")
    folder = workspaces / id / "many"
    for name in range(number):
        os.close(os.open(folder / f"{name * 7919 % number:06}.txt", os.O_CREAT, 0o600))
    page = f"{path}/file-search?path_prefix=many/"
    deep = f"{page}{number // 2:06}"[:-1]
    first = server.http.ask("GET", page)["next_page_id"]
    calls = {
        "file-search, first page": page,
        "file-search, second page": f"{page}&page_id={first}",
        "file-search, a narrow prefix": deep,
        "file-search, everything below": f"{page}&path_delimiter=",
        "file-search, by name": f"{page}&name__contains=999",
        "file-count": f"{path}/file-count?path_prefix=many/",
    }

    def asked(call: str) -> Callable[[], float]:
        return lambda: _timed(lambda: server.http.ask("GET", call))

    def scanned() -> None:
        with os.scandir(folder) as entries:
            for _ in entries:
                pass

    *ours, floor = turns(bench.size(15, 3), *map(asked, calls.values()), lambda: _timed(scanned))
    for what, value in zip(calls, ours, strict=True):
        yield Line(f"{what}, of {number:,}", "ms", value, floor, at_most(2, "os.scandir"))
    server.http.ask("DELETE", f"{path}?purge=true")


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _request(method: str, path: str, *headers: str) -> bytes:
    lines = (
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}",
        f"Authorization: token {TOKEN}",
        "Connection: close",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode()


def _download(port: int, path: str, size: int) -> float:
    """MB/s."""
    buffer = bytearray(PIECE)
    begun = time.perf_counter()
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(_request("GET", path))
        came = 0
        while part := connection.recv_into(buffer):
            came += part
    if came < size:
        raise RuntimeError(f"{path}: {came} of {size} bytes: {bytes(buffer[:200])!r}")
    return size / 1e6 / (time.perf_counter() - begun)


def _written(path: Path, size: int) -> float:
    """MB/s of this process, to the same disk, as a new file that takes the place of an old one."""
    piece = os.urandom(PIECE)
    begun = time.perf_counter()
    with path.with_suffix(".part").open("wb", buffering=0) as file:
        for _ in range(size // PIECE):
            file.write(piece)
    path.with_suffix(".part").replace(path)
    return size / 1e6 / (time.perf_counter() - begun)


def _upload(port: int, path: str, size: int) -> float:
    """MB/s."""
    head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="big"\r\n\r\n'
    tail = b"\r\n--b--\r\n"
    piece = os.urandom(PIECE)
    begun = time.perf_counter()
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(
            _request(
                "POST",
                path,
                "Content-Type: multipart/form-data; boundary=b",
                f"Content-Length: {len(head) + size + len(tail)}",
            )
            + head
        )
        for _ in range(size // PIECE):
            connection.sendall(piece)
        connection.sendall(tail)
        answer = connection.recv(1000)
    if b" 201 " not in answer[:20]:
        raise RuntimeError(f"{path}: {answer[:200]!r}")
    return size / 1e6 / (time.perf_counter() - begun)
