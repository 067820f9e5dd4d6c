"""HTTP and WebSocket by bare blocking sockets: what a client costs must not drown what a server costs."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from typing import Any

__all__ = ["HOST", "TOKEN", "Http", "Socket"]

TOKEN = "benchmarks"
HOST = "127.0.0.1"


class Http:
    """One kept connection to a server."""

    def __init__(self, port: int) -> None:
        self._socket = _connect(port)
        self._buffer = b""

    @staticmethod
    def prepare(method: str, path: str, body: Any = None) -> bytes:
        """A request's bytes."""
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: token {TOKEN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content

    def send(self, request: bytes) -> None:
        """Send a prepared request."""
        self._socket.sendall(request)

    def receive(self) -> bytes:
        """The body of the answer. Raises `RuntimeError` where it is not one of success."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._read()
        head, start = self._buffer[:end], end + 4
        place = head.find(b"Content-Length: ")
        size = int(head[place + 16 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        while len(self._buffer) < start + size:
            self._read()
        body = self._buffer[start : start + size]
        self._buffer = self._buffer[start + size :]
        if head[9:10] != b"2":
            raise RuntimeError(f"{head[:40]!r} {body[:500]!r}")
        return body

    def receive_chunks(self) -> bytes:
        """The same for an answer that comes in chunks, with the marks between them left in."""
        while not self._buffer.endswith(b"\r\n0\r\n\r\n"):
            self._read()
        head, body = self._buffer.split(b"\r\n\r\n", 1)
        self._buffer = b""
        if head[9:10] != b"2":
            raise RuntimeError(f"{head[:40]!r} {body[:500]!r}")
        return body

    def _read(self) -> None:
        data = self._socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server has gone")
        self._buffer += data

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask and wait for the answer, as JSON."""
        self.send(self.prepare(method, path, body))
        answer = self.receive()
        return json.loads(answer) if answer else None

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class Socket:
    """One WebSocket that reads text frames."""

    def __init__(self, port: int, path: str) -> None:
        self.raw = _connect(port)
        self.raw.sendall(_handshake(path))
        self._buffer = b""
        while b"\r\n\r\n" not in self._buffer:
            self._read()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        if b" 101 " not in head:
            raise RuntimeError(f"no socket at {path}: {head[:200]!r}")

    def frame(self) -> bytes:
        """The next text frame."""
        while True:
            opcode, size = self._header()
            while len(self._buffer) < size:
                self._read()
            payload, self._buffer = self._buffer[:size], self._buffer[size:]
            if opcode == 1:
                return payload

    def until(self, marker: bytes) -> bytes:
        """The next frame that holds the marker."""
        while marker not in (frame := self.frame()):
            pass
        return frame

    def count(self, marker: bytes, number: int) -> None:
        """Read until the marker has come so many times; what follows may be lost."""
        data, found = self._buffer, 0
        while (found := found + data.count(marker)) < number:
            received = self.raw.recv(1 << 20)
            if not received:
                raise ConnectionError("the server has gone")
            data = data[1 - len(marker) :] + received
        self._buffer = b""

    def _header(self) -> tuple[int, int]:
        while len(self._buffer) < 10:
            if len(self._buffer) >= 2 and (self._buffer[1] & 127) < 126:
                break
            self._read()
        opcode, size = self._buffer[0] & 15, self._buffer[1] & 127
        skip = 2
        if size == 126:
            size, skip = struct.unpack_from("!H", self._buffer, 2)[0], 4
        elif size == 127:
            size, skip = struct.unpack_from("!Q", self._buffer, 2)[0], 10
        self._buffer = self._buffer[skip:]
        return opcode, size

    def _read(self) -> None:
        data = self.raw.recv(1 << 20)
        if not data:
            raise ConnectionError("the server has gone")
        self._buffer += data

    def close(self) -> None:
        """Hang up."""
        self.raw.close()


def _connect(port: int) -> socket.socket:
    found = socket.create_connection((HOST, port), timeout=120)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def _handshake(path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: token {TOKEN}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
